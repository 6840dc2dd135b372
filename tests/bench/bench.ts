import { cpus, release } from 'node:os';
import { Steps } from '@inkpost/local/steps.mjs';
import { BenchRun } from './bench-run.js';
import { readOptions, USAGE } from './read-options.js';
import { classicTally, isClean, suiteTally } from './report-figures/bench-results.js';
import { describeResults } from './report-figures/describe-results.js';
import { resultsJson } from './report-figures/results-json.js';

// npm run bench [-- options]: see README.md

/** 128 + 2, as a shell says of what SIGINT ended. */
const INTERRUPTED = 130;

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  const steps = new Steps(process.stderr);
  const run = new BenchRun(options, steps);
  const interrupted = Promise.withResolvers<undefined>();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.resolve(undefined));
  try {
    const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'unknown processor'}, Linux ${release()}, Node ${process.version}`;
    const figures = await Promise.race([run.measure(), interrupted.promise]);
    if (!figures) return INTERRUPTED;
    const results = { ...figures, options, machine };
    const lines = describeResults(results);
    if (options.json) {
      steps.line(['', ...lines].join('\n'));
      process.stdout.write(`${JSON.stringify(resultsJson(results))}\n`);
    } else process.stdout.write(`\n${lines.join('\n')}\n`);
    return isClean(suiteTally(results)) && isClean(classicTally(results)) ? 0 : 1;
  } catch (error) {
    for (const line of await run.lastWarnings()) steps.line(line);
    throw error;
  } finally {
    await steps.run('Stopping', () => run.stop());
  }
}

if (process.argv.includes('--help')) {
  process.stdout.write(`${USAGE}\n`);
} else {
  const code = await main(process.argv.slice(2)).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  });
  // Everything is stopped: what a measurement that was given up still waits for must not keep this process.
  process.stdout.write('', () => process.exit(code));
}
