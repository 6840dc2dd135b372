import { cpuMsPerJob, jobsPerSecond, median, percentile, type RunFigures } from '../measure/run-figures.js';
import type { BenchOptions } from '../read-options.js';
import type { PrintingResults } from './bench-results.js';
import { tableRow } from './table-row.js';

/** The main job's figures as lines for people. */
export function describePrinting(options: BenchOptions, results: PrintingResults): string[] {
  const { classic, held, printed, largeMail, traceBytes } = results;
  return [
    `Topology "${options.topology}", ${options.mails} mails a run, medians of ${options.rounds} round${options.rounds === 1 ? '' : 's'}; durable database, code mails and traces on (${Math.round(traceBytes / 1024)} KiB of spans)`,
    '',
    tableRow('', 'jobs/s', 'ms CPU per job', 'of which'),
    ...[['Classic pipeline', classic], ['Inkpost, held', held], ['Inkpost, printed', printed]].flatMap(([name, runs]) => runLine(name as string, runs as readonly RunFigures[])),
    '',
    'Peak memory of one process, MiB',
    ...peakLines([...held, ...printed]),
    'Growth while one 25 MB mail is printed, MiB',
    ...largeMail.growths.map(({ name, beforeMiB, growthMiB }) => tableRow(`  ${name}`, `+${growthMiB.toFixed(0)}`, `on ${beforeMiB.toFixed(0)}`)),
    '',
    ...latencyLines(results),
  ];
}

function runLine(name: string, runs: readonly RunFigures[]): string[] {
  if (runs.length === 0) return [];
  const parts = Object.keys(runs[0]?.cpuMsByPart ?? {}).map((part) => ({ part, ms: median(runs.map(({ cpuMsByPart, jobs }) => (cpuMsByPart[part] ?? 0) / jobs)) }));
  const split = parts.filter(({ ms }) => ms >= 0.05).toSorted((a, b) => b.ms - a.ms).map(({ part, ms }) => `${part} ${ms.toFixed(1)}`);
  return [tableRow(name, median(runs.map(jobsPerSecond)).toFixed(1), median(runs.map(cpuMsPerJob)).toFixed(1), split.join(', '))];
}

function peakLines(runs: readonly RunFigures[]): string[] {
  const peaks = new Map<string, number>();
  for (const { name, peakMiB } of runs.flatMap((run) => run.peaks)) peaks.set(name, Math.max(peaks.get(name) ?? 0, peakMiB));
  // What came and went in a moment (a shell, a limiter) was small.
  const shown = [...peaks].filter(([, peakMiB]) => peakMiB >= 5).toSorted(([, a], [, b]) => b - a);
  return shown.map(([name, peakMiB]) => tableRow(`  ${name}`, peakMiB.toFixed(0)));
}

function latencyLines({ latency }: PrintingResults): string[] {
  const line = (name: string, values: readonly number[]): string =>
    tableRow(name, ...[0.5, 0.99, 1].map((share) => percentile(values, share).toFixed(0)));
  return [
    tableRow('One mail a second, ms', 'p50', 'p99', 'max'),
    line('  EXISTS to held', latency.existsToHeld),
    line('  EXISTS to the code mail', latency.existsToCode),
    line('  release to accepted', latency.releaseToAccepted),
    `  The slowest: EXISTS, ${latency.slowest.map(({ step, afterMs }) => `${step} +${afterMs}`).join(', ')}`,
  ];
}
