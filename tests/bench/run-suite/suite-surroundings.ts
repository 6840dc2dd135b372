import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Steps } from '@inkpost/local/steps.mjs';
import type { BenchOptions } from '../read-options.js';
import type { RunningParts } from '../running-parts.js';
import { CheckingPrinter } from '../take-output/checking-printer.js';
import { CodeMailbox } from '../take-output/code-mailbox.js';
import { type SpanCollector, startSpanCollector } from '../take-output/span-collector.js';
import { BenchSuite } from './bench-suite.js';

/** The suite, and what takes all that it gives. */
export interface SuiteSurroundings {
  readonly suite: BenchSuite;
  readonly printer: CheckingPrinter;
  readonly codes: CodeMailbox;
  readonly spans: SpanCollector;
}

/** A new folder of the run's own. */
export async function makeRunFolder(running: RunningParts): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'inkpost-bench-'));
  running.add(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o711); // servers that drop their root rights pass through it
  return folder;
}

export function logFileIn(folder: string): string {
  return join(folder, 'inkpost.log');
}

export async function startSuiteWithSurroundings(folder: string, { topology, profileFolder }: BenchOptions, steps: Steps, running: RunningParts): Promise<SuiteSurroundings> {
  const [printer, codes, spans] = await Promise.all([CheckingPrinter.start(), CodeMailbox.start(), startSpanCollector()]);
  running.add(() => printer.stop(), () => codes.stop(), () => spans.stop());
  const suite = await BenchSuite.start({
    topology,
    folder: join(folder, 'suite'),
    logFile: logFileIn(folder),
    codeMailPort: codes.port,
    otlpUrl: spans.url,
    profileFolder,
    runStep: (title, act) => steps.run(title, () => act()),
    onStarted: running.add,
  });
  return { suite, printer, codes, spans };
}
