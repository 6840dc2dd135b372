import { setTimeout as pause } from 'node:timers/promises';
import { limits } from '../limits.js';
import type { MailAccount } from '../make-mails/mail-account.js';
import { ProcessMeter } from '../meter-processes/process-meter.js';
import type { BenchSuite } from '../run-suite/bench-suite.js';
import type { CheckingPrinter } from '../take-output/checking-printer.js';
import type { CodeMailbox } from '../take-output/code-mailbox.js';
import type { PrintTally } from '../take-output/print-check.js';
import { within } from '../within.js';
import type { RunFigures } from './run-figures.js';

export interface HeldPlaces {
  readonly suite: BenchSuite;
  readonly queueId: string;
  readonly codes: CodeMailbox;
  readonly printer: CheckingPrinter;
}

/**
 * Mailbox switched on -> last job held; the CPU time until all code mails have arrived. Afterwards, outside of the measured
 * time, every document is released with its owner's code and checked at the printer.
 */
export async function measureHeld(places: HeldPlaces, account: MailAccount, documents: ReadonlySet<string>): Promise<RunFigures> {
  const { suite, queueId, codes } = places;
  codes.clear();
  const meter = new ProcessMeter(suite.groups);
  const startedAt = performance.now();
  await suite.watch(account, queueId);
  let held = 0;
  const allHeld = suite.untilQueue(queueId, ({ jobsHeld }) => (held = jobsHeld) >= documents.size);
  await within(limits.runMs, Promise.race([allHeld, suite.failed]), () => `${held} of ${documents.size} jobs were held`);
  const seconds = (performance.now() - startedAt) / 1_000;
  const allMailed = codes.until((mails) => mails.length >= documents.size || undefined);
  await within(limits.runMs, Promise.race([allMailed, suite.failed]), () => `${codes.mails.length} of ${documents.size} code mails came, and ${codes.otherMails} others`);
  await pause(limits.settleMs);
  const usage = meter.stop();
  return { jobs: documents.size, seconds, ...usage, tally: await releaseAll(places, documents) };
}

/** One code of each owner opens all that waits for that owner. */
async function releaseAll({ suite, queueId, codes, printer }: HeldPlaces, documents: ReadonlySet<string>): Promise<PrintTally> {
  const check = printer.expect(documents);
  const codeOf = new Map(codes.mails.map(({ to, code }) => [to, code]));
  for (const code of codeOf.values()) await suite.rest.post('/api/v0/release', { code });
  await within(limits.runMs, Promise.race([check.allCame, suite.failed]), () => `${check.acceptedAt.size} of ${documents.size} released documents were printed`);
  await within(limits.runMs, suite.untilQueue(queueId, ({ jobsHeld, jobsWaiting }) => jobsHeld + jobsWaiting === 0), () => 'the queue was not empty after its last document');
  return check.tally;
}
