import { cpuMsPerJob, jobsPerSecond, median, percentile } from '../measure/run-figures.js';
import type { BenchResults } from './bench-results.js';

/** A figure beside what it should be. */
export interface JudgedFigure {
  readonly name: string;
  readonly measured: number;
  readonly unit: 'x' | 'ms';
  readonly goal: number;
  readonly aim: number;
  readonly verdict: 'aim reached' | 'goal reached' | 'falls short' | 'not measured';
}

/** The figures of the benchmark that have a goal. Ratios are to the classic pipeline of the same run. */
export function judgeFigures({ classic, held, printed, latency }: BenchResults): JudgedFigure[] {
  const classicSpeed = median(classic.map(jobsPerSecond));
  return [
    atLeast('Held, times the classic pipeline', median(held.map(jobsPerSecond)) / classicSpeed, 3, 5),
    atLeast('Printed, times the classic pipeline', median(printed.map(jobsPerSecond)) / classicSpeed, 2, 3.3),
    atMost('CPU per printed job', median(printed.map(cpuMsPerJob)), 22, 12),
    atMost('EXISTS to held, p99', percentile(latency.existsToHeld, 0.99), 250, 100),
    atMost('Release to accepted by the printer, p99', percentile(latency.releaseToAccepted, 0.99), 250, 100),
  ];
}

function atLeast(name: string, measured: number, goal: number, aim: number): JudgedFigure {
  return { name, measured, unit: 'x', goal, aim, verdict: verdict(measured, measured >= goal, measured >= aim) };
}

function atMost(name: string, measured: number, goal: number, aim: number): JudgedFigure {
  return { name, measured, unit: 'ms', goal, aim, verdict: verdict(measured, measured <= goal, measured <= aim) };
}

function verdict(measured: number, reachesGoal: boolean, reachesAim: boolean): JudgedFigure['verdict'] {
  if (!Number.isFinite(measured)) return 'not measured';
  if (reachesAim) return 'aim reached';
  return reachesGoal ? 'goal reached' : 'falls short';
}
