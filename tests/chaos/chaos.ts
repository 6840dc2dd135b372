import { copyFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Steps } from '@inkpost/local/steps.mjs';
import { type ChaosResult, ChaosRun } from './chaos-run.js';
import { readOptions, USAGE } from './read-options.js';

// npm run chaos [-- options]: see README.md

/** 128 + 2, as a shell says of what SIGINT ended. */
const INTERRUPTED = 130;

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  const { seed, json } = options;
  const steps = new Steps(process.stderr);
  const interrupted = Promise.withResolvers<'interrupted'>();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.resolve('interrupted'));
  steps.line(`Seed ${seed}: "npm run chaos -- --seed ${seed}" draws the same again`);
  const run = new ChaosRun(options, (title, act) => steps.run(title, act));
  try {
    const result = await Promise.race([run.run(), interrupted.promise]);
    if (result === 'interrupted') return INTERRUPTED;
    for (const line of describe(result)) steps.line(line);
    if (json) process.stdout.write(`${JSON.stringify({ seed, jobs: result.jobs, faults: result.faults, lost: result.lost.length, doubled: result.doubled.length, leftBehind: result.leftBehind.length, ended: result.ended.length })}\n`);
    if (isWell(result)) return 0;
    steps.line(`The log: ${await keepLog(run, seed)}`);
    return 1;
  } catch (error) {
    steps.line(`The log: ${await keepLog(run, seed)}`);
    throw error;
  } finally {
    await steps.run('Stopping', () => run.stop());
  }
}

function isWell({ lost, doubled, altered, leftBehind, ended }: ChaosResult): boolean {
  return lost.length + doubled.length + altered + leftBehind.length + ended.length === 0;
}

function describe({ jobs, faults, missedMoments, uncertain, lost, doubled, altered, leftBehind, ended, stories }: ChaosResult): string[] {
  return [
    '',
    `${jobs} jobs, ${faults} faults${missedMoments === 0 ? '' : ` (${missedMoments} without their moment)`}: ${lost.length} lost, ${doubled.length} doubled${altered === 0 ? '' : `, ${altered} ALTERED`}`,
    ...(uncertain === 0 ? [] : [`${uncertain} uncertain: a person looked at the paper and said what became of them`]),
    ...leftBehind.map((each) => `LEFT BEHIND: ${each}`),
    ...ended.map((each) => `ENDED BY ITSELF, and was started again: ${each}`),
    ...stories.flatMap((story) => ['', story]),
  ];
}

/** Of a run that failed, beside the folder that is removed. */
async function keepLog({ logFile }: ChaosRun, seed: number): Promise<string> {
  if (logFile === undefined) return 'there is none yet';
  const kept = join(tmpdir(), `inkpost-chaos-${seed}.log`);
  await copyFile(logFile, kept);
  return kept;
}

if (process.argv.includes('--help')) {
  process.stdout.write(`${USAGE}\n`);
} else {
  const code = await main(process.argv.slice(2)).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return 1;
  });
  // Everything is stopped: what a run that was given up still waits for must not keep this process.
  process.stdout.write('', () => process.exit(code));
}
