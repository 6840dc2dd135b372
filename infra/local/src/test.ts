import { runStaticChecks } from './static-checks.js';
import { ensureTestPackages, type SystemPackages } from './system-packages.js';
import { addCounts, summaryLine, type TestCounts } from './test-counts.js';
import { runVitest } from './vitest-run.js';
import { Steps } from '../steps.mjs';

// npm test [-- arguments for vitest]

const steps = new Steps();
const vitestArguments = process.argv.slice(2);
const skipFails = process.env['CI'] === 'true';

await steps
  .run('Servers for the tests', async (explain) => {
    explain(describePackages(await ensureTestPackages()));
  })
  // The tests that need them say so by themselves, each with its reason.
  .catch((error: Error) => steps.line(error.message));

const counts: TestCounts[] = [];
if (vitestArguments.length === 0) counts.push(await runStaticChecks(steps));
else steps.line('Only a part of the tests was asked for: static checks are left out.');
counts.push(await runVitest(vitestArguments));

const total = addCounts(counts, skipFails);
for (const name of total.skipped) steps.line(`skipped: ${name}`);
if (skipFails && total.skipped.length > 0) steps.line('CI=true: what was skipped counts as failed.');
steps.line(`Done in ${steps.elapsed()}`);
steps.line(summaryLine(total, skipFails));
process.exitCode = total.failed > 0 ? 1 : 0;

function describePackages({ installed, missing, reason }: SystemPackages): string {
  if (missing.length > 0) return `without ${missing.join(', ')}${reason === undefined ? '' : ` (${reason})`}`;
  return installed.length > 0 ? `installed ${installed.join(', ')}` : 'all there';
}
