import { setTimeout as pause } from 'node:timers/promises';
import type { DovecotServer } from '@inkpost/testkit/dovecot-server.js';
import { limits } from '../limits.js';
import { type BenchMail, mixedMails } from '../make-mails/bench-mail.js';
import type { MailAccount } from '../make-mails/mail-account.js';
import type { PrintTally } from '../take-output/print-check.js';
import { within } from '../within.js';
import type { HeldPlaces } from './measure-held.js';
import { ImapRelay } from './imap-relay.js';

/** All in milliseconds, one value per mail. */
export interface LatencyFigures {
  /** The mail server announces the mail -> the journey says that its job is held. */
  readonly existsToHeld: readonly number[];
  /** The same beginning -> the code mail is at the recipient's mail server. */
  readonly existsToCode: readonly number[];
  /** The code is given -> the printer has the document. */
  readonly releaseToAccepted: readonly number[];
  /** The way of the mail that took longest to be held: each step with its milliseconds after EXISTS. */
  readonly slowest: readonly { readonly step: string; readonly afterMs: number }[];
  readonly tally: PrintTally;
}

interface JourneyStep {
  readonly at: string;
  readonly step: string;
}

interface Released {
  readonly sha256: string;
  /** Date.now() */
  readonly codeAt: number;
  /** performance.now() */
  readonly releasedAt: number;
}

/** One mail a second; each is released as soon as its code has come. */
export async function measureLatency(places: HeldPlaces, dovecot: DovecotServer, account: MailAccount, count: number): Promise<LatencyFigures> {
  const { suite, codes, printer } = places;
  const mails = [...mixedMails('latency', count)];
  const check = printer.expect(mails.map(({ sha256 }) => sha256));
  codes.clear();
  const relay = await ImapRelay.start(account.imapPort);
  try {
    await suite.watch({ ...account, imapPort: relay.port }, places.queueId);
    await pause(1_000);
    const startedAt = performance.now();
    const releases: Promise<Released>[] = [];
    for (const [index, mail] of mails.entries()) {
      await pause(Math.max(0, startedAt + index * 1_000 - performance.now()));
      await dovecot.deliver({ from: mail.sender, to: [account.address], raw: mail.raw });
      const released = release(places, mail);
      released.catch(() => undefined); // looked at when all mails are on their way
      releases.push(released);
    }
    const released = await Promise.race([Promise.all(releases), suite.failed]);
    await within(limits.singleMailMs, Promise.race([check.allCame, suite.failed]), () => `${check.acceptedAt.size} of ${count} documents were printed`);
    const journeys = await readJourneys(places, mails);
    const announcedAt = (index: number): number => relay.announcedAt[index] ?? Number.NaN;
    const existsToHeld = journeys.map((steps, index) => timeOf(steps, 'held') - announcedAt(index));
    const slowest = existsToHeld.indexOf(Math.max(...existsToHeld));
    return {
      existsToHeld,
      slowest: (journeys[slowest] ?? []).map(({ step, at }) => ({ step, afterMs: Date.parse(at) - announcedAt(slowest) })),
      existsToCode: released.map(({ codeAt }, index) => codeAt - announcedAt(index)),
      releaseToAccepted: released.map(({ sha256, releasedAt }) => (check.acceptedAt.get(sha256) ?? Number.NaN) - releasedAt),
      tally: check.tally,
    };
  } finally {
    await relay.stop();
  }
}

/** Its sender's next mail comes only when all the other senders had theirs. */
async function release({ codes, suite }: HeldPlaces, { sender, sha256, internetMessageId }: BenchMail): Promise<Released> {
  const known = codes.mails.length;
  const arrived = codes.until((mails) => mails.slice(known).find(({ to }) => to === sender));
  const { code } = await within(limits.singleMailMs, arrived, () => `no code came for ${internetMessageId}`);
  const codeAt = Date.now();
  const releasedAt = performance.now();
  await suite.rest.post('/api/v0/release', { code });
  return { sha256, codeAt, releasedAt };
}

async function readJourneys({ suite }: HeldPlaces, mails: readonly BenchMail[]): Promise<(readonly JourneyStep[])[]> {
  const journeys: (readonly JourneyStep[])[] = [];
  for (const { internetMessageId } of mails) {
    const { messages } = await suite.rest.get<{ messages: readonly { steps: readonly JourneyStep[] }[] }>(`/api/v0/journey?messageId=${encodeURIComponent(internetMessageId)}`);
    journeys.push(messages[0]?.steps ?? []);
  }
  return journeys;
}

/** Date.now() of a step; NaN when the journey lacks it. */
function timeOf(steps: readonly JourneyStep[], wanted: string): number {
  return Date.parse(steps.find(({ step }) => step === wanted)?.at ?? '');
}
