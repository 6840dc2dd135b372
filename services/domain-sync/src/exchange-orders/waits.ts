import { PATIENCE_MAX } from '../limits.js';

/** How a slave in mailbox mode paces its requests (DOM-028 to DOM-030), in seconds. */
export interface Waits {
  readonly waitMinSeconds: number;
  readonly waitMaxSeconds: number;
  /** Up to so much is added, at random. */
  readonly waitJitterSeconds: number;
}

/** How long the master may keep a request that it has nothing to say to: the longest time between two, and some at random, so that slaves spread. `random`: 0 to 1. */
export function holdMs({ waitMaxSeconds, waitJitterSeconds }: Waits, random: number): number {
  return Math.round((waitMaxSeconds + waitJitterSeconds * random) * 1_000);
}

/**
 * The pause before the next request. Two requests begin the shortest waiting time apart at least; who was given something has an answer to it,
 * and so has everybody else who was given the same: these spread over the random time. Who waited in vain asks again at once and misses nothing.
 */
export function pauseMs({ waitMinSeconds, waitJitterSeconds }: Waits, since: { readonly beganMs: number; readonly now: number; readonly wasGivenSomething: boolean }, random: number): number {
  const apart = Math.max(0, since.beganMs + waitMinSeconds * 1_000 - since.now);
  return Math.round(apart + (since.wasGivenSomething ? waitJitterSeconds * 1_000 * random : 0));
}

const FAILED_PAUSE_MS_MIN = 1_000;
const FAILED_PAUSE_MS_MAX = 30_000;

/**
 * The pause after so many failures in a row: somewhere in a window that doubles, so that a thousand slaves whose master restarted do not come back in the
 * same second, and all are back within the longest window and the random time.
 */
export function failedPauseMs({ waitMinSeconds, waitMaxSeconds, waitJitterSeconds }: Waits, failures: number, random: number): number {
  const longest = Math.min(FAILED_PAUSE_MS_MAX, Math.max(FAILED_PAUSE_MS_MIN, waitMaxSeconds * 1_000));
  const window = Math.min(longest, Math.max(FAILED_PAUSE_MS_MIN, waitMinSeconds * 1_000) * 2 ** (Math.min(failures, 16) - 1)) + waitJitterSeconds * 1_000;
  return Math.round(window * random);
}

/** A call that came too late to its end has twice the time the next time; as long as there is something to be given, it is no less. */
export function nextPatience(patience: number, outcome: 'given' | 'at-rest' | 'too-late' | 'failed'): number {
  if (outcome === 'too-late') return Math.min(patience * 2, PATIENCE_MAX);
  return outcome === 'at-rest' ? 1 : patience;
}
