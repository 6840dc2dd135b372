import { invalidField } from '@inkpost/service/rpc-errors.js';
import { printLimits } from '../limits.js';
import type { GivenCode } from './job-release.js';

/** Throws the RPC error that says what is missing. */
export function checkGivenCode({ code, releasePoint }: GivenCode): GivenCode {
  if (code.trim() === '') throw invalidField('code', 'is missing: give the code from the mail');
  if (code.length > printLimits.codeLengthMax) throw invalidField('code', `must have at most ${printLimits.codeLengthMax} characters`);
  return { code, releasePoint: checkReleasePoint(releasePoint) };
}

export function checkReleasePoint(releasePoint: string): string {
  if (releasePoint === '') throw invalidField('releasePoint', 'is missing: give the address or name of the release point');
  if (releasePoint.length > printLimits.releasePointLengthMax) throw invalidField('releasePoint', `must have at most ${printLimits.releasePointLengthMax} characters`);
  return releasePoint;
}
