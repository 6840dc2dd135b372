import { limits } from '../limits.js';
import type { MailAccount } from '../make-mails/mail-account.js';
import { ProcessMeter } from '../meter-processes/process-meter.js';
import type { ClassicPipeline } from '../run-classic/classic-pipeline.js';
import type { CheckingPrinter } from '../take-output/checking-printer.js';
import { within } from '../within.js';
import type { RunFigures } from './run-figures.js';

/** fetchmail's start -> last document at the printer. */
export async function measureClassic(classic: ClassicPipeline, printer: CheckingPrinter, account: MailAccount, documents: ReadonlySet<string>): Promise<RunFigures> {
  const check = printer.expect(documents);
  const startedAt = performance.now();
  const fetching = await classic.run(account);
  const meter = new ProcessMeter([
    { name: 'fetchmail, ripmime, lp', rootPid: fetching.pid },
    { name: 'cupsd', rootPid: classic.cups.pid },
  ]);
  try {
    await within(limits.runMs, Promise.all([fetching.fetched, check.allCame]), () => `the classic pipeline printed ${check.acceptedAt.size} of ${documents.size} documents`);
    return { jobs: documents.size, seconds: (check.lastAcceptedAt - startedAt) / 1_000, ...meter.stop(), tally: check.tally };
  } finally {
    await fetching.leave();
  }
}
