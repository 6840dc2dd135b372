import type { Usage } from '../meter-processes/process-meter.js';
import type { PrintTally } from '../take-output/print-check.js';

/** What one throughput run gave. */
export interface RunFigures extends Usage {
  readonly jobs: number;
  readonly seconds: number;
  readonly tally: PrintTally;
}

export function jobsPerSecond({ jobs, seconds }: RunFigures): number {
  return jobs / seconds;
}

export function cpuMsPerJob({ cpuMs, jobs }: RunFigures): number {
  return cpuMs / jobs;
}

/** The value that this share of the values does not exceed (nearest rank); NaN of none. What is missing (NaN) counts as the slowest. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = sort(values);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** The middle one, or the mean of the two in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = sort(values);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return (upper + lower) / 2;
}

/** A typed array sorts by number, NaN last. */
function sort(values: readonly number[]): Float64Array {
  return Float64Array.from(values).sort();
}
