import { setTimeout as pause } from 'node:timers/promises';
import type { DovecotServer } from '@inkpost/testkit/dovecot-server.js';
import { limits } from '../limits.js';
import { mixedMails } from '../make-mails/bench-mail.js';
import { fillMailboxes } from '../make-mails/fill-mailboxes.js';
import type { BenchSuite } from '../run-suite/bench-suite.js';
import type { CheckingPrinter } from '../take-output/checking-printer.js';
import type { PrintTally } from '../take-output/print-check.js';
import { within } from '../within.js';
import type { AnnouncingRelay } from './announcing-relay.js';
import type { WatchedMailboxes } from './watched-mailboxes.js';

export interface AnnouncedPlaces {
  readonly suite: BenchSuite;
  readonly dovecot: DovecotServer;
  readonly printer: CheckingPrinter;
  readonly relay: AnnouncingRelay;
  readonly watched: WatchedMailboxes;
}

export interface AnnouncedFigures {
  readonly perSecond: number;
  /** Milliseconds, one value per mail; NaN of one that wasn't announced or not marked as processed. */
  readonly existsToDurable: readonly number[];
  /** Mails that the mailboxes count as taken in. */
  readonly takenIn: number;
  readonly tally: PrintTally;
}

/** Brings a suite that was just started to its usual speed; not measured. */
export async function warmUp({ suite, dovecot, printer }: AnnouncedPlaces, recipient: string, count: number): Promise<void> {
  const mails = [...mixedMails('warm', count)];
  const check = printer.expect(mails.map(({ sha256 }) => sha256));
  await fillMailboxes(dovecot, [recipient], mails);
  await within(limits.runMs, Promise.race([check.allCame, suite.failed]), () => `${check.acceptedAt.size} of ${count} documents were printed`);
}

/** Mails for these mailboxes in turn, at a steady rate. */
export async function measureAnnounced({ suite, dovecot, printer, relay, watched }: AnnouncedPlaces, recipients: readonly string[], perSecond: number): Promise<AnnouncedFigures> {
  const check = printer.expect([...mixedMails('announced', recipients.length)].map(({ sha256 }) => sha256));
  const mails = mixedMails('announced', recipients.length);
  const takenInBefore = await countTakenIn(watched);
  const startedAt = performance.now();
  const deliveries: Promise<void>[] = [];
  for (const [index, recipient] of recipients.entries()) {
    const { value } = mails.next();
    await pause(Math.max(0, startedAt + (index * 1_000) / perSecond - performance.now()));
    if (value) deliveries.push(dovecot.deliver({ from: value.sender, to: [recipient], raw: value.raw }));
  }
  await Promise.all(deliveries);
  const isSettled = async (): Promise<void> => {
    while (relay.delaysMs.filter((ms) => !Number.isNaN(ms)).length < recipients.length) await pause(limits.pollMs);
  };
  await within(limits.singleMailMs, Promise.race([Promise.all([check.allCame, isSettled()]), suite.failed]), () => `${check.acceptedAt.size} of ${recipients.length} documents were printed, ${relay.delaysMs.length} mails announced`);
  await pause(limits.settleMs);
  return { perSecond, existsToDurable: relay.delaysMs, takenIn: (await countTakenIn(watched)) - takenInBefore, tally: check.tally };
}

async function countTakenIn(watched: WatchedMailboxes): Promise<number> {
  return (await watched.shown()).reduce((sum, { counts }) => sum + counts.received, 0);
}
