import { CauseDown, Failure } from '@inkpost/failure/failure.js';
import { FINDING_CHARACTERS_MAX } from './limits.js';
import { shownText } from './shown-text.js';

/** skipped: the settings give nothing to do. not-run: an earlier step failed. */
export type StepOutcome = 'passed' | 'failed' | 'skipped' | 'not-run';

export interface StepResult<Name extends string = string> {
  readonly step: Name;
  readonly outcome: StepOutcome;
  readonly durationMs: number;
  /** What was found; of a failed step what is wrong and what to do. Empty: not run. */
  readonly text: string;
}

export interface Finding {
  readonly outcome: 'passed' | 'skipped';
  readonly text: string;
}

export interface Step<Name extends string = string> {
  readonly name: Name;
  readonly withinMs: number;
  /** What it may mean when nothing answers, in a sentence. */
  readonly silence: string;
  /** Throws a `Failure` whose message an administrator can act on. */
  readonly run: (signal: AbortSignal) => Promise<Finding>;
}

export function passed(text: string): Finding {
  return { outcome: 'passed', text };
}

export function skipped(text: string): Finding {
  return { outcome: 'skipped', text };
}

/** Something is wrong with a server or the way to it, in a sentence to act on. */
export function fault(text: string, cause?: unknown): CauseDown {
  return new CauseDown('server.fault', text, { cause });
}

/**
 * Takes one step after the other until one fails. No step outlives its own time, nor `signal`. Throws what isn't a `Failure`:
 * our own mistake, which is not to be shown as the server's.
 */
export async function runSteps<Name extends string>(steps: readonly Step<Name>[], signal: AbortSignal): Promise<StepResult<Name>[]> {
  const results: StepResult<Name>[] = [];
  for (const step of steps) {
    const failed = results.some(({ outcome }) => outcome === 'failed');
    results.push(failed ? { step: step.name, outcome: 'not-run', durationMs: 0, text: '' } : await runStep(step, signal));
  }
  return results;
}

async function runStep<Name extends string>({ name, withinMs, silence, run }: Step<Name>, signal: AbortSignal): Promise<StepResult<Name>> {
  const startedAt = performance.now();
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(withinMs)]);
  const finding = await orAborted(run(bounded), bounded).catch((error: unknown) => {
    // Whatever an abort makes of the work under way, the abort is what happened.
    if (bounded.aborted) return { outcome: 'failed' as const, text: `No answer within ${Math.max(1, Math.round((performance.now() - startedAt) / 1_000))} s. ${silence}` };
    if (error instanceof Failure) return { outcome: 'failed' as const, text: error.message };
    throw error;
  });
  return { step: name, durationMs: Math.round(performance.now() - startedAt), outcome: finding.outcome, text: shownText(finding.text, FINDING_CHARACTERS_MAX) };
}

/** The work, or the reason of the abort as soon as there is one: name look-ups, for example, can't be cancelled. */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
    work.catch(() => undefined);
  }
}
