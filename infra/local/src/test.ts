import { ensureTestPackages, type SystemPackages } from './system-packages.js';
import { runStaticChecks } from './static-checks.js';
import { failedFirst, noTests, runVitest, summary, type TestCounts } from './vitest-run.js';
import { Steps } from '../steps.mjs';

// `npm test [-- arguments for vitest]`

const steps = new Steps();
const vitestArguments = process.argv.slice(2);
const isComplete = vitestArguments.length === 0;

await steps.run('Servers for the tests', async (explain) => {
  explain(describePackages(await ensureTestPackages()));
});
if (!isComplete) steps.line('  Static checks are left out: arguments ask for a part of the tests.');
const checks: TestCounts = isComplete ? await runStaticChecks(steps) : noTests;
const tests = await runVitest(vitestArguments);
const total = failedFirst([checks, tests], process.env['CI'] === 'true');
for (const skipped of total.skippedNames) steps.line(`  skipped: ${skipped}`);
steps.line(`  ${steps.elapsed()} in all`);
steps.line(summary(total));
process.exitCode = total.failed > 0 ? 1 : 0;

function describePackages({ installed, missing, reason }: SystemPackages): string {
  if (missing.length > 0) return `without ${missing.join(', ')} (${reason ?? 'unknown reason'})`;
  return installed.length > 0 ? `installed ${installed.join(', ')}` : 'all there';
}
