import type { AnnouncedFigures } from './measure-announced.js';
import type { FetchRound } from './measure-fetch-rate.js';
import type { RestFigures } from './measure-rest.js';

export interface ConnectFigures {
  /** Start of the suite's process -> all mailboxes connected. */
  readonly startSeconds: number;
  /** Start of the mail server, which was away -> all connected again. */
  readonly restartSeconds: number;
  /** All connections closed in good order, and the suite ended. */
  readonly stopSeconds: number;
}

/** Of the process that watches. */
export interface MemoryFigures {
  /** Ready, before there was a mailbox. */
  readonly withoutMib: number;
  /** All connected, and nothing came for a while. */
  readonly atRestMib: number;
  /** Since its start with all mailboxes, the mails and the server's restart included. */
  readonly peakMiB: number;
}

export interface MailboxesResults {
  readonly mailboxes: number;
  readonly raisedLimits: readonly string[];
  readonly fetch: readonly FetchRound[];
  readonly connect: ConnectFigures;
  readonly memory: MemoryFigures;
  readonly rest: RestFigures;
  readonly announced: AnnouncedFigures;
}

/** Of imapflow's own rate. */
export function fetchShare({ bareMs, sourceMs }: FetchRound): number {
  return bareMs / sourceMs;
}
