import { cpuMsPerJob, jobsPerSecond, median, percentile, type RunFigures } from '../measure/run-figures.js';
import { fetchShare, type MailboxesResults } from '../watch-mailboxes/mailboxes-results.js';
import { allIsWell, type BenchResults, classicTally, type LargeResults, type PrintingResults, suiteTally } from './bench-results.js';
import { judgeFigures } from './judge-figures.js';

/** The results as one JSON value: figures rounded to a tenth, and each run by itself. */
export function resultsJson(results: BenchResults): unknown {
  const { options, machine, printing, mailboxes, large } = results;
  return {
    ok: allIsWell(results),
    topology: options.topology,
    machine,
    ...(printing && { mails: options.mails, latencyMails: options.latencyMails, ...printingJson(printing) }),
    ...(mailboxes && { mailboxes: mailboxesJson(mailboxes) }),
    ...(large && { large: largeJson(large) }),
    goals: judgeFigures(results).map((figure) => ({ ...figure, measured: rounded(figure.measured) })),
    tookSeconds: rounded(results.tookSeconds),
  };
}

function printingJson(results: PrintingResults) {
  const { classic, held, printed, largeMail, latency } = results;
  return {
    classic: summary(classic),
    held: summary(held),
    printed: summary(printed),
    largeMailGrowthMiB: Object.fromEntries(largeMail.growths.map(({ name, growthMiB }) => [name, rounded(growthMiB)])),
    existsToHeld: latencyOf(latency.existsToHeld),
    existsToCode: latencyOf(latency.existsToCode),
    releaseToAccepted: latencyOf(latency.releaseToAccepted),
    documents: { suite: suiteTally(results), classic: classicTally(results) },
  };
}

function mailboxesJson({ mailboxes, raisedLimits, fetch, connect, memory, rest, announced }: MailboxesResults) {
  return {
    count: mailboxes,
    raisedLimits,
    connectedSeconds: { start: rounded(connect.startSeconds), serverAnew: rounded(connect.restartSeconds), stop: rounded(connect.stopSeconds) },
    memoryMiB: { without: rounded(memory.withoutMib), atRest: rounded(memory.atRestMib), peak: rounded(memory.peakMiB) },
    restCpuPercent: Object.fromEntries(Object.entries(rest.cpuPercent).map(([name, percent]) => [name, rounded(percent)])),
    mailsPerSecond: announced.perSecond,
    existsToDurable: latencyOf(announced.existsToDurable),
    mails: { came: announced.existsToDurable.length, takenIn: announced.takenIn },
    documents: announced.tally,
    fetch: fetch.map((round) => ({ mails: round.mails, bytes: round.bytes, bareMs: rounded(round.bareMs), sourceMs: rounded(round.sourceMs), sharePercent: rounded(100 * fetchShare(round)) })),
  };
}

function largeJson({ examination: { pages, sizeBytes, examinedMs, firstPeakMiB, lastPeakMiB }, codeCheck: { heldJobs, checkMs, cpuMsPerCheck } }: LargeResults) {
  return { examination: { pages, sizeBytes, ...latencyOf(examinedMs), firstPeakMiB: rounded(firstPeakMiB), lastPeakMiB: rounded(lastPeakMiB) }, codeCheck: { heldJobs, ...latencyOf(checkMs), cpuMsPerCheck: rounded(cpuMsPerCheck) } };
}

function latencyOf(values: readonly number[]) {
  return { p50Ms: rounded(percentile(values, 0.5)), p99Ms: rounded(percentile(values, 0.99)), maxMs: rounded(percentile(values, 1)) };
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
