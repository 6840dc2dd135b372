import { readFile } from 'node:fs/promises';

const WARNINGS_SHOWN = 20;

/** What the suite's log last said that is more than information: for a run that failed. */
export async function lastWarnings(logFile: string | undefined): Promise<string[]> {
  const log = logFile === undefined ? '' : await readFile(logFile, 'utf8').catch(() => '');
  return log.split('\n').filter((line) => /^\{"level":"(?:warning|error|fatal)"/.test(line)).slice(-WARNINGS_SHOWN);
}
