import { cpuMsPerJob, jobsPerSecond, median, percentile, type RunFigures } from '../measure/run-figures.js';
import { type BenchResults, classicTally, isClean, suiteTally } from './bench-results.js';
import { judgeFigures } from './judge-figures.js';

/** The results as one JSON value: figures rounded to a tenth, and each run by itself. */
export function resultsJson(results: BenchResults): unknown {
  const { options, machine, classic, held, printed, largeMail, latency } = results;
  const latencyOf = (values: readonly number[]) => ({ p50Ms: rounded(percentile(values, 0.5)), p99Ms: rounded(percentile(values, 0.99)), maxMs: rounded(percentile(values, 1)) });
  return {
    ok: isClean(suiteTally(results)) && isClean(classicTally(results)),
    topology: options.topology,
    machine,
    mails: options.mails,
    latencyMails: options.latencyMails,
    classic: summary(classic),
    held: summary(held),
    printed: summary(printed),
    largeMailGrowthMiB: Object.fromEntries(largeMail.growths.map(({ name, growthMiB }) => [name, rounded(growthMiB)])),
    existsToHeld: latencyOf(latency.existsToHeld),
    existsToCode: latencyOf(latency.existsToCode),
    releaseToAccepted: latencyOf(latency.releaseToAccepted),
    goals: judgeFigures(results).map((figure) => ({ ...figure, measured: rounded(figure.measured) })),
    documents: { suite: suiteTally(results), classic: classicTally(results) },
    tookSeconds: rounded(results.tookSeconds),
  };
}

function summary(runs: readonly RunFigures[]) {
  return {
    jobsPerSecond: rounded(median(runs.map(jobsPerSecond))),
    cpuMsPerJob: rounded(median(runs.map(cpuMsPerJob))),
    runs: runs.map((run) => ({
      jobsPerSecond: rounded(jobsPerSecond(run)),
      cpuMsPerJob: rounded(cpuMsPerJob(run)),
      cpuMsByPart: run.cpuMsByPart,
      peakMiB: Object.fromEntries(run.peaks.map(({ name, peakMiB }) => [name, rounded(peakMiB)])),
    })),
  };
}

/** JSON has no NaN: null says that it was not measured. */
function rounded(value: number): number | null {
  return Number.isFinite(value) ? Math.round(value * 10) / 10 : null;
}
