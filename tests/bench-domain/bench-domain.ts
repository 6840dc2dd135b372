import { Steps } from '@inkpost/local/steps.mjs';
import { type DomainFigures, judge } from './domain-figures.js';
import { DomainRun } from './domain-run.js';
import { readOptions, USAGE } from './read-options.js';

// npm run bench:domain [-- options]: see README.md

/** 128 + 2, as a shell says of what SIGINT ended. */
const INTERRUPTED = 130;

class Interrupted extends Error {}

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  const steps = new Steps(process.stderr);
  const run = new DomainRun(options, steps);
  const interrupted = Promise.withResolvers<never>();
  interrupted.promise.catch(() => undefined);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.reject(new Interrupted()));
  try {
    const figures = await Promise.race([run.measure(), interrupted.promise]);
    const lines = describe(figures);
    if (options.json) {
      steps.line(['', ...lines].join('\n'));
      process.stdout.write(`${JSON.stringify({ ...figures, goals: judge(figures) })}\n`);
    } else process.stdout.write(`\n${lines.join('\n')}\n`);
    // A slow machine fails nothing; what was lost does.
    return figures.waiting.slavesWithAll === figures.slaves ? 0 : 1;
  } catch (error) {
    if (error instanceof Interrupted) return INTERRUPTED;
    for (const line of await run.lastWarnings()) steps.line(line);
    throw error;
  } finally {
    await steps.run('Stopping', () => run.stop());
  }
}

function describe(figures: DomainFigures): string[] {
  return [
    `${figures.slaves} simulated slaves around one master; ${figures.machine}; load before: ${figures.loadBefore.toFixed(1)}`, '',
    ...judge(figures).map(({ what, found, goal, reached }) => `${reached ? '✓' : '✗'} ${what}: ${found}; aim ${goal}`),
    `  all slaves know of another mode: ${figures.modeSeconds.toFixed(1)} s; times that the master told an administrator to try again (503): ${figures.busyAnswers}`,
  ];
}

if (process.argv.includes('--help')) {
  process.stdout.write(`${USAGE}\n`);
} else {
  const code = await main(process.argv.slice(2)).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  });
  process.stdout.write('', () => process.exit(code));
}
