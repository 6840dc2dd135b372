import { setTimeout as pause } from 'node:timers/promises';
import { limits } from '../limits.js';
import type { MailAccount } from '../make-mails/mail-account.js';
import { ProcessMeter } from '../meter-processes/process-meter.js';
import type { BenchSuite } from '../run-suite/bench-suite.js';
import type { CheckingPrinter } from '../take-output/checking-printer.js';
import { within } from '../within.js';
import type { RunFigures } from './run-figures.js';

export interface PrintedPlaces {
  readonly suite: BenchSuite;
  /** Without validation. */
  readonly queueId: string;
  readonly printer: CheckingPrinter;
}

/** Mailbox switched on -> last document at the printer; the CPU time until the suite knows that all are printed. */
export async function measurePrinted({ suite, queueId, printer }: PrintedPlaces, account: MailAccount, documents: ReadonlySet<string>): Promise<RunFigures> {
  const check = printer.expect(documents);
  const meter = new ProcessMeter(suite.groups);
  const startedAt = performance.now();
  await suite.watch(account, queueId);
  await within(limits.runMs, Promise.race([check.allCame, suite.failed]), () => `${check.acceptedAt.size} of ${documents.size} documents were printed`);
  await within(limits.runMs, suite.untilQueue(queueId, ({ jobsWaiting }) => jobsWaiting === 0), () => 'the queue was not empty after its last document');
  await pause(limits.settleMs);
  return { jobs: documents.size, seconds: (check.lastAcceptedAt - startedAt) / 1_000, ...meter.stop(), tally: check.tally };
}
