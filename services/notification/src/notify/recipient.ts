import { ADDRESS_LENGTH_MAX } from '../limits.js';

/**
 * One address that can stand in an envelope and a header as it is: no quoted local part (RFC 5321, 4.1.2), no comment, no list, no
 * line break. Letters of other scripts are allowed (RFC 6531).
 */
const MAILABLE = /^[^\s<>()[\]\\,;:"@\p{Cc}]+@[^\s<>()[\]\\,;:"@\p{Cc}]+$/u;

export function isMailable(address: string): boolean {
  return address.length <= ADDRESS_LENGTH_MAX && MAILABLE.test(address);
}

/** Why nobody is written to at an address; undefined: somebody may be. Never Inkpost itself: its own mail would come back as one to print. */
export function whyNotMailable(address: string, ownAddress: string): string | undefined {
  if (address === '') return 'no-address';
  if (!isMailable(address)) return 'address-unusable';
  return address.toLowerCase() === ownAddress.toLowerCase() ? 'own-address' : undefined;
}
