import { PermanentFailure } from '@inkpost/failure/failure.js';

/** The bytes are not an IPP message, or one past our limits: `ipp.malformed-message` with the reason and the offset. */
export function malformedMessage(reason: string, offset: number): PermanentFailure {
  return new PermanentFailure('ipp.malformed-message', `not a readable IPP message: ${reason} at byte ${offset}`, {
    fields: { reason, offset },
  });
}
