import type { Steps } from '@inkpost/local/steps.mjs';
import type { BenchRun } from './bench-run.js';
import { measureCodeCheck } from './measure/measure-code-check.js';
import { measureExamination } from './measure/measure-examination.js';
import { percentile } from './measure/run-figures.js';
import type { BenchOptions } from './read-options.js';
import type { LargeResults } from './report-figures/bench-results.js';
import { lastWarnings } from './run-suite/last-warnings.js';
import { logFileIn, makeRunFolder, startSuiteWithSurroundings } from './run-suite/suite-surroundings.js';
import { RunningParts } from './running-parts.js';

const QUEUE = 'desk';
const PAGES = 100;

/** What is large: a document of many pages, and a database in which many documents are held. */
export class LargeRun implements BenchRun<LargeResults> {
  private readonly running = new RunningParts();
  private logFile: string | undefined;

  constructor(
    private readonly options: BenchOptions,
    private readonly steps: Steps,
  ) {}

  async measure(): Promise<LargeResults> {
    const { options, steps, running } = this;
    const examination = await steps.run(`Documents of ${PAGES} pages examined`, async (explain) => {
      const figures = await measureExamination(PAGES);
      explain(`at most ${Math.max(...figures.examinedMs).toFixed(0)} ms and ${figures.firstPeakMiB.toFixed(0)} MiB`);
      return figures;
    });
    const folder = await makeRunFolder(running);
    this.logFile = logFileIn(folder);
    const { suite, printer } = await startSuiteWithSurroundings(folder, options, steps, running);
    await suite.createQueue(QUEUE, printer.uri, true);
    const codeCheck = await steps.run(`${options.codeChecks} of ${options.heldJobs} codes`, async (explain) => {
      const figures = await measureCodeCheck(suite, QUEUE, options.heldJobs, options.codeChecks);
      explain(`p99 ${percentile(figures.checkMs, 0.99).toFixed(1)} ms`);
      return figures;
    });
    return { examination, codeCheck };
  }

  lastWarnings(): Promise<string[]> {
    return lastWarnings(this.logFile);
  }

  stop(): Promise<void> {
    return this.running.stopAll();
  }
}
