import { cpus, release } from 'node:os';
import { Steps } from '@inkpost/local/steps.mjs';
import type { BenchRun } from './bench-run.js';
import { LargeRun } from './large-run.js';
import { PrintingRun } from './printing-run.js';
import { readOptions, USAGE } from './read-options.js';
import { allIsWell } from './report-figures/bench-results.js';
import { describeResults } from './report-figures/describe-results.js';
import { resultsJson } from './report-figures/results-json.js';
import { MailboxesRun } from './watch-mailboxes/mailboxes-run.js';

// npm run bench [-- options]: see README.md

/** 128 + 2, as a shell says of what SIGINT ended. */
const INTERRUPTED = 130;

class Interrupted extends Error {}

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  const steps = new Steps(process.stderr);
  const startedAt = performance.now();
  const interrupted = Promise.withResolvers<never>();
  interrupted.promise.catch(() => undefined);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.reject(new Interrupted()));
  const measured = <Results>(run: BenchRun<Results>): Promise<Results> => measureAndStop(run, steps, interrupted.promise);
  try {
    const printing = options.parts.includes('printing') ? await measured(new PrintingRun(options, steps)) : undefined;
    const mailboxes = options.parts.includes('mailboxes') ? await measured(new MailboxesRun(options, steps)) : undefined;
    const large = options.parts.includes('large') ? await measured(new LargeRun(options, steps)) : undefined;
    const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'unknown processor'}, Linux ${release()}, Node ${process.version}`;
    const results = { options, machine, printing, mailboxes, large, tookSeconds: (performance.now() - startedAt) / 1_000 };
    const lines = describeResults(results);
    if (options.json) {
      steps.line(['', ...lines].join('\n'));
      process.stdout.write(`${JSON.stringify(resultsJson(results))}\n`);
    } else process.stdout.write(`\n${lines.join('\n')}\n`);
    return allIsWell(results) ? 0 : 1;
  } catch (error) {
    if (error instanceof Interrupted) return INTERRUPTED;
    throw error;
  }
}

async function measureAndStop<Results>(run: BenchRun<Results>, steps: Steps, interrupted: Promise<never>): Promise<Results> {
  try {
    return await Promise.race([run.measure(), interrupted]);
  } catch (error) {
    if (!(error instanceof Interrupted)) for (const line of await run.lastWarnings()) steps.line(line);
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
