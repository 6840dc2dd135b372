import { PermanentFailure } from '@inkpost/failure/failure.js';

/** Beyond that, certificates, logs and statistics of two servers would not fit together. */
export const CLOCK_DIFFERENCE_MAX_MS = 300_000;

/** DOM-004: the same version, but for the last number, which changes nothing of what servers say to each other. */
export function supportsVersion(one: string, other: string): boolean {
  const series = (version: string) => version.split(/[-+]/)[0]?.split('.').slice(0, 2).join('.');
  return one === other || series(one) === series(other);
}

/** Throws the PermanentFailure `admission.other-version`. */
export function checkVersions(master: string, slave: string): void {
  if (!supportsVersion(master, slave)) {
    throw new PermanentFailure('admission.other-version', `The master has version ${master}, the server that joins has ${slave}: bring both to the same version.`);
  }
}

/** `one`, `other`: what the two clocks showed at the same time. Throws the PermanentFailure `admission.clock`. */
export function checkClocks(one: Date, other: Date): void {
  const problem = clockProblem(other.getTime() - one.getTime());
  if (problem !== undefined) throw new PermanentFailure('admission.clock', problem);
}

/** Why clocks that differ so much will not do, in words for an administrator; undefined: they will. */
export function clockProblem(differenceMs: number): string | undefined {
  if (Math.abs(differenceMs) <= CLOCK_DIFFERENCE_MAX_MS) return undefined;
  return `The clocks of the two servers differ by ${inWords(Math.abs(differenceMs))}: set them by the same time server.`;
}

function inWords(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 120) return `${minutes} minutes`;
  return minutes < 2_880 ? `${Math.round(minutes / 60)} hours` : `${Math.round(minutes / 1_440)} days`;
}
