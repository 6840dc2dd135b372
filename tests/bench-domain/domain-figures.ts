import { percentile } from '../bench/measure/run-figures.js';

/** In milliseconds, over all slaves and changes. */
export interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface ChangeFigures {
  /** From the administrator's request until a slave has it. */
  readonly effective: Spread;
  /** Until the slave has told its master so. */
  readonly acknowledged: Spread;
}

export interface RestFigures {
  readonly seconds: number;
  readonly requestsPerSecond: number;
  readonly peakRequestsPerSecond: number;
  /** Of one processor, in per cent, by process. */
  readonly cpuPercent: Readonly<Record<string, number>>;
}

export interface RestartFigures {
  /** From kill -9 until both processes are ready again. */
  readonly readySeconds: number;
  /** From kill -9 until the master has heard of all slaves that they have everything. */
  readonly backSeconds: number;
  readonly peakRequestsPerSecond: number;
}

export interface DomainFigures {
  readonly slaves: number;
  readonly machine: string;
  /** One-minute load average when it began, of everything on the machine. */
  readonly loadBefore: number;
  readonly withoutSlaves: RestFigures;
  readonly bidirectional: ChangeFigures;
  readonly bidirectionalRestart: RestartFigures;
  /** From the administrator's request until all slaves know that the mode is another one. */
  readonly modeSeconds: number;
  /** Questions of an administrator that the master answered with 503 in the whole run, of some that were asked twice a second. */
  readonly busyAnswers: number;
  readonly mailbox: ChangeFigures;
  readonly mailboxRest: RestFigures;
  readonly mailboxRestart: RestartFigures;
  /** Changes made while all slaves were cut off, before kill -9 of the master: afterwards on how many slaves, and how many had to be asked for all that they have. */
  readonly waiting: { readonly changes: number; readonly slavesWithAll: number; readonly healed: number };
}

export function spreadOf(values: readonly number[]): Spread {
  return { p50: percentile(values, 0.5), p99: percentile(values, 0.99), max: percentile(values, 1) };
}

export function cpuPercentOf({ cpuPercent }: RestFigures): number {
  return Object.values(cpuPercent).reduce((sum, percent) => sum + percent, 0);
}

/** The aims that were set before anything was built. */
export const GOALS = { effectiveMs: 10_000, requestsPerSecond: 40, cpuPercent: 5, backSeconds: 120 } as const;

export interface JudgedFigure {
  readonly what: string;
  readonly found: string;
  readonly goal: string;
  readonly reached: boolean;
}

export function judge(figures: DomainFigures): JudgedFigure[] {
  const { slaves, mailboxRest, withoutSlaves, waiting } = figures;
  const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`;
  const change = (mode: string, { effective, acknowledged }: ChangeFigures): JudgedFigure => ({
    what: `a change on all slaves, ${mode}`, goal: `< ${GOALS.effectiveMs / 1_000} s`, reached: effective.max < GOALS.effectiveMs,
    found: `p50 ${seconds(effective.p50)}, p99 ${seconds(effective.p99)}, max ${seconds(effective.max)}; told to the master: max ${seconds(acknowledged.max)}`,
  });
  const restart = (mode: string, { readySeconds, backSeconds, peakRequestsPerSecond }: RestartFigures): JudgedFigure => ({
    what: `all back after kill -9 of the master, ${mode}`, goal: `< ${GOALS.backSeconds} s`, reached: backSeconds < GOALS.backSeconds,
    found: `${backSeconds.toFixed(0)} s (ready again after ${readySeconds.toFixed(0)} s), at most ${peakRequestsPerSecond} requests/s`,
  });
  const added = cpuPercentOf(mailboxRest) - cpuPercentOf(withoutSlaves);
  return [
    change('bidirectional', figures.bidirectional),
    change('mailbox', figures.mailbox),
    { what: 'requests at rest, mailbox', found: `${mailboxRest.requestsPerSecond.toFixed(1)}/s, at most ${mailboxRest.peakRequestsPerSecond} in one second`, goal: `<= ${GOALS.requestsPerSecond}/s`, reached: mailboxRest.requestsPerSecond <= GOALS.requestsPerSecond },
    {
      what: 'CPU of the slaves at rest, mailbox', goal: `< ${GOALS.cpuPercent} % of a processor`, reached: added < GOALS.cpuPercent,
      found: `${added.toFixed(1)} % (${Object.entries(mailboxRest.cpuPercent).map(([name, percent]) => `${name} ${percent.toFixed(1)} %, ${(withoutSlaves.cpuPercent[name] ?? 0).toFixed(1)} % without slaves`).join('; ')})`,
    },
    restart('bidirectional', figures.bidirectionalRestart),
    restart('mailbox', figures.mailboxRestart),
    {
      what: `${waiting.changes} changes that waited on disk over kill -9`, goal: `on all ${slaves}, in the log's order`, reached: waiting.slavesWithAll === slaves && waiting.healed === 0,
      found: `on ${waiting.slavesWithAll}, ${waiting.healed} had to be compared`,
    },
  ];
}
