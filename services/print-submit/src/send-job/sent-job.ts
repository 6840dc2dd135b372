import type { Job } from '../print-job/job.js';
import type { Submitter } from '../ports/print-server.port.js';

/** The state reason of a job that another server has, or is getting (SKY-123 calls it SendingPrintApi). */
export const SENDING_REASON = 'sending-print-api';

/** Why a job waits for the other server; its `problem` says more. */
export type WaitReason = 'server-unreachable' | 'server-refuses' | 'server-unset' | 'location-unknown';

/** A job that another server prints, and what was done about it. */
export interface SentJob {
  readonly job: Job;
  /** Of its mailbox: the queue there, where the settings name none. */
  readonly mailboxQueueId: string;
  /** Who has it or may have it. */
  readonly submitter: Submitter;
  /** Undefined: no answer came yet. */
  readonly thereJobId: string | undefined;
  /** No other server can have anything of it: it was not sent before, or the answer said so. */
  readonly isNowhere: boolean;
}

/** Keys by which jobs are taken in once hold for both together. */
export function isSameSubmitter(one: Submitter, other: Submitter): boolean {
  return one.serverId === other.serverId && one.account === other.account;
}
