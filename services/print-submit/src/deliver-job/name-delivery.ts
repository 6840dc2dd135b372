import { deliveryLimits } from '../limits.js';

/** What a delivery is known by at the printer. */
interface NamedDelivery {
  readonly jobId: string;
  readonly attempt: number;
  readonly fileName: string;
}

/**
 * The job-name at the printer: the file's name for the people who stand there, and job and attempt, by which the printer is asked
 * after a cut. Each attempt has its own, so that what an earlier one left behind is never taken for this one. At most 255 octets
 * (RFC 8011 section 5.1.3).
 */
export function nameDelivery({ jobId, attempt, fileName }: NamedDelivery): string {
  return `${shorten(fileName)} [inkpost ${jobId}.${attempt}]`.trimStart();
}

/** Without control characters, which printers refuse, and cut at a whole character. */
export function shorten(fileName: string): string {
  let kept = '';
  for (const character of fileName.replaceAll(/[\p{Cc}\p{Cs}]/gu, ' ').trim()) {
    if (Buffer.byteLength(kept) + Buffer.byteLength(character) > deliveryLimits.fileNameBytesMax) break;
    kept += character;
  }
  return kept.trimEnd();
}
