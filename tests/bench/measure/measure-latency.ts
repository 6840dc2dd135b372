import { setTimeout as pause } from 'node:timers/promises';
import type { DovecotServer } from '@inkpost/testkit/dovecot-server.js';
import { limits } from '../limits.js';
import { type BenchMail, mixedMails } from '../make-mails/bench-mail.js';
import type { MailAccount } from '../make-mails/mail-account.js';
import type { PrintTally } from '../take-output/print-check.js';
import { within } from '../within.js';
import type { HeldPlaces } from './measure-held.js';
import { ExistsWatch } from './watch-exists.js';

/** All in milliseconds, one value per mail. */
export interface LatencyFigures {
  /** The mail server announces the mail -> the journey says that its job is held. */
  readonly existsToHeld: readonly number[];
  /** The same beginning -> the code mail is at the recipient's mail server. */
  readonly existsToCode: readonly number[];
  /** The code is given -> the printer has the document. */
  readonly releaseToAccepted: readonly number[];
  readonly tally: PrintTally;
}

interface Journey {
  readonly messages: readonly { readonly steps: readonly { readonly at: string; readonly step: string }[] }[];
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
  const watch = await ExistsWatch.open(account);
  try {
    await suite.watch(account, places.queueId);
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
    const heldAt = await heldTimes(places, mails);
    const announcedAt = (index: number): number => watch.announcedAt[index] ?? Number.NaN;
    return {
      existsToHeld: heldAt.map((at, index) => at - announcedAt(index)),
      existsToCode: released.map(({ codeAt }, index) => codeAt - announcedAt(index)),
      releaseToAccepted: released.map(({ sha256, releasedAt }) => (check.acceptedAt.get(sha256) ?? Number.NaN) - releasedAt),
      tally: check.tally,
    };
  } finally {
    await watch.close();
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

async function heldTimes({ suite }: HeldPlaces, mails: readonly BenchMail[]): Promise<number[]> {
  const times: number[] = [];
  for (const { internetMessageId } of mails) {
    const { messages } = await suite.rest.get<Journey>(`/api/v0/journey?messageId=${encodeURIComponent(internetMessageId)}`);
    const held = messages[0]?.steps.find(({ step }) => step === 'held');
    if (!held) throw new Error(`The journey of ${internetMessageId} does not say that it was held.`);
    times.push(Date.parse(held.at));
  }
  return times;
}
