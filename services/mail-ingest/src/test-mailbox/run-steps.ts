import { CauseDown, Failure } from '@inkpost/failure/failure.js';
import { TEST_TEXT_CHARACTERS_MAX } from '../limits.js';
import { safeText } from '../receive-message/safe-text.js';

/** In the order in which they are taken; a kind of mailbox has some of them. */
export const STEP_NAMES = ['listener', 'address', 'dns', 'tcp', 'tls', 'token', 'login', 'folder', 'permissions'] as const;
export type StepName = (typeof STEP_NAMES)[number];

/** skipped: the settings give nothing to do. not-run: an earlier step failed. */
export type StepOutcome = 'passed' | 'failed' | 'skipped' | 'not-run';

export interface StepResult {
  readonly step: StepName;
  readonly outcome: StepOutcome;
  readonly durationMs: number;
  /** What was found; of a failed step what is wrong and what to do. Empty: not run. */
  readonly text: string;
}

export interface Finding {
  readonly outcome: 'passed' | 'skipped';
  readonly text: string;
}

export interface Step {
  readonly name: StepName;
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

/** What a step throws that found something wrong. */
export function fault(text: string, cause?: unknown): Failure {
  return new CauseDown('mailbox.test-failed', text, { cause });
}

/**
 * Takes one step after the other until one fails. No step outlives its own time, nor `signal`. Throws what isn't a `Failure`:
 * our own mistake, which is not to be shown as the mail server's.
 */
export async function runSteps(steps: readonly Step[], signal: AbortSignal): Promise<StepResult[]> {
  const results: StepResult[] = [];
  for (const step of steps) {
    const failed = results.some(({ outcome }) => outcome === 'failed');
    results.push(failed ? { step: step.name, outcome: 'not-run', durationMs: 0, text: '' } : await runStep(step, signal));
  }
  return results;
}

async function runStep({ name, withinMs, silence, run }: Step, signal: AbortSignal): Promise<StepResult> {
  const startedAt = performance.now();
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(withinMs)]);
  const finding = await orAborted(run(bounded), bounded).catch((error: unknown) => {
    // Whatever an abort makes of the work under way, the abort is what happened.
    if (bounded.aborted) return { outcome: 'failed' as const, text: `No answer within ${Math.round((performance.now() - startedAt) / 1_000)} seconds. ${silence}` };
    if (error instanceof Failure) return { outcome: 'failed' as const, text: error.message };
    throw error;
  });
  // Servers are quoted in it.
  return { step: name, durationMs: Math.round(performance.now() - startedAt), outcome: finding.outcome, text: safeText(finding.text, TEST_TEXT_CHARACTERS_MAX) };
}

/** Name look-ups, for example, can't be cancelled: then nobody waits for them any more. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
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
