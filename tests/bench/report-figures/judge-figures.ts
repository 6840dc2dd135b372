import { cpuMsPerJob, jobsPerSecond, median, percentile } from '../measure/run-figures.js';
import { fetchShare, type MailboxesResults } from '../watch-mailboxes/mailboxes-results.js';
import type { BenchResults, LargeResults, PrintingResults } from './bench-results.js';

/** A figure beside what it should be. */
export interface JudgedFigure {
  readonly name: string;
  readonly measured: number;
  readonly unit: 'x' | 'ms' | 's' | 'MB' | '%';
  readonly best: 'high' | 'low';
  readonly goal: number;
  readonly aim: number;
  readonly verdict: 'aim reached' | 'goal reached' | 'falls short' | 'not measured';
}

const MB_PER_MIB = 1.048576;

/** The figures of the benchmark that have a goal. Ratios are to what ran beside it in the same run. */
export function judgeFigures({ printing, mailboxes, large }: BenchResults): JudgedFigure[] {
  return [...(printing ? judgePrinting(printing) : []), ...(mailboxes ? judgeMailboxes(mailboxes) : []), ...(large ? judgeLarge(large) : [])];
}

function judgePrinting({ classic, held, printed, latency }: PrintingResults): JudgedFigure[] {
  const classicSpeed = median(classic.map(jobsPerSecond));
  return [
    atLeast('Held, times the classic pipeline', median(held.map(jobsPerSecond)) / classicSpeed, 'x', 3, 5),
    atLeast('Printed, times the classic pipeline', median(printed.map(jobsPerSecond)) / classicSpeed, 'x', 2, 3.3),
    atMost('CPU per printed job', median(printed.map(cpuMsPerJob)), 'ms', 22, 12),
    atMost('EXISTS to held, p99', percentile(latency.existsToHeld, 0.99), 'ms', 250, 100),
    atMost('Release to accepted by the printer, p99', percentile(latency.releaseToAccepted, 0.99), 'ms', 250, 100),
  ];
}

function judgeMailboxes({ mailboxes, connect, memory, announced, fetch }: MailboxesResults): JudgedFigure[] {
  return [
    atMost(`${mailboxes} mailboxes connected`, connect.startSeconds, 's', 60, 15),
    atMost('  after the server was away', connect.restartSeconds, 's', 60, 15),
    atMost(`Memory with ${mailboxes} mailboxes`, memory.atRestMib * MB_PER_MIB, 'MB', 600, 350),
    atMost(`EXISTS to durable with ${mailboxes}, p99`, percentile(announced.existsToDurable, 0.99), 'ms', 250, 100),
    atLeast('Fetch rate, share of bare imapflow', 100 * median(fetch.map(fetchShare)), '%', 60, 80),
  ];
}

function judgeLarge({ examination, codeCheck }: LargeResults): JudgedFigure[] {
  return [
    atMost(`A code checked, ${codeCheck.heldJobs} jobs held, p99`, percentile(codeCheck.checkMs, 0.99), 'ms', 20, 10),
    atMost(`A PDF of ${examination.pages} pages examined, slowest`, percentile(examination.examinedMs, 1), 'ms', 1_000, 250),
    atMost('  memory of the child', examination.firstPeakMiB * MB_PER_MIB, 'MB', 150, 100),
  ];
}

function atLeast(name: string, measured: number, unit: JudgedFigure['unit'], goal: number, aim: number): JudgedFigure {
  return { name, measured, unit, best: 'high', goal, aim, verdict: verdict(measured, measured >= goal, measured >= aim) };
}

function atMost(name: string, measured: number, unit: JudgedFigure['unit'], goal: number, aim: number): JudgedFigure {
  return { name, measured, unit, best: 'low', goal, aim, verdict: verdict(measured, measured <= goal, measured <= aim) };
}

function verdict(measured: number, reachesGoal: boolean, reachesAim: boolean): JudgedFigure['verdict'] {
  if (!Number.isFinite(measured)) return 'not measured';
  if (reachesAim) return 'aim reached';
  return reachesGoal ? 'goal reached' : 'falls short';
}
