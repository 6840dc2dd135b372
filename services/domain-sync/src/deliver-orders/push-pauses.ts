const FIRST_MS = 2_000;
const LONGEST_MS = 30_000;

/** The pause after so many calls in a row that failed: it doubles, with some at random, so that slaves that were cut off together do not come back together. */
export function pushAgainMs(failures: number, random: number): number {
  return Math.round(Math.min(LONGEST_MS, FIRST_MS * 2 ** (Math.min(failures, 16) - 1)) * (0.5 + 0.5 * random));
}
