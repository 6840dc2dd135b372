import { guessingLimits } from '../limits.js';

/** Wrong codes so far, at one release point, or at all trusted or all untrusted ones together. */
export interface WrongCodes {
  readonly inARow: number;
  readonly inWindow: number;
  readonly windowBeganAt: Date;
  readonly lockedUntil: Date | null;
  readonly lastRightAt: Date | null;
}

type Attempt = { readonly kind: 'allowed' } | { readonly kind: 'locked-out'; readonly retryAfterSeconds: number };

const WINDOW_MS = guessingLimits.windowMinutes * 60_000;

/**
 * Whether a code may be tried at a release point now. Locked: after wrong codes in a row, after too many in an hour whatever right
 * ones were given between (a guesser may hold a code of his own), or while too many are wrong at all points like it, which is
 * what bounds a guesser with many networks.
 *
 * @param alike the count of all trusted points for a trusted one, of all untrusted points for any other.
 */
export function decideAttempt(point: WrongCodes, alike: WrongCodes, now: Date): Attempt {
  const locks = [
    point.lockedUntil?.getTime() ?? 0,
    wrongInWindow(point, now) >= guessingLimits.inWindowMax ? windowEnd(point) : 0,
    isTrusted(point, now) ? trustedLock(alike, now) : untrustedLock(point, alike, now),
  ];
  const waitMs = Math.max(...locks) - now.getTime();
  return waitMs > 0 ? { kind: 'locked-out', retryAfterSeconds: Math.ceil(waitMs / 1_000) } : { kind: 'allowed' };
}

/** Whether a point gave a right code lately. */
export function isTrusted(point: WrongCodes, now: Date): boolean {
  return point.lastRightAt !== null && now.getTime() - point.lastRightAt.getTime() < guessingLimits.trustedHours * 3_600_000;
}

/** The count after one more wrong code. */
export function countWrong(count: WrongCodes, now: Date): WrongCodes {
  const inARow = count.inARow + 1;
  const fresh = wrongInWindow(count, now) === 0;
  return {
    ...count,
    inARow,
    inWindow: fresh ? 1 : count.inWindow + 1,
    windowBeganAt: fresh ? now : count.windowBeganAt,
    lockedUntil: inARow < guessingLimits.inARowMax ? count.lockedUntil : new Date(now.getTime() + lockSeconds(inARow) * 1_000),
  };
}

/** The count after a right code: no longer in a row, but what was wrong within the hour stays. */
export function countRight(count: WrongCodes, now: Date): WrongCodes {
  return { ...count, inARow: 0, lockedUntil: null, lastRightAt: now };
}

function lockSeconds(inARow: number): number {
  return Math.min(guessingLimits.lockSecondsFirst * 2 ** (inARow - guessingLimits.inARowMax), guessingLimits.lockSecondsMax);
}

function wrongInWindow(count: WrongCodes, now: Date): number {
  return now.getTime() < windowEnd(count) ? count.inWindow : 0;
}

function windowEnd(count: WrongCodes): number {
  return count.windowBeganAt.getTime() + WINDOW_MS;
}

function trustedLock(alike: WrongCodes, now: Date): number {
  return wrongInWindow(alike, now) >= guessingLimits.trustedInWindowMax ? windowEnd(alike) : 0;
}

/** A point without a wrong code of its own doesn't pay for the others' until there are very many. */
function untrustedLock(point: WrongCodes, alike: WrongCodes, now: Date): number {
  const wrong = wrongInWindow(alike, now);
  if (wrong >= guessingLimits.untrustedInWindowHardMax) return windowEnd(alike);
  if (wrong < guessingLimits.untrustedInWindowMax || wrongInWindow(point, now) === 0) return 0;
  return Math.min(windowEnd(alike), windowEnd(point));
}
