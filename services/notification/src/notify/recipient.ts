import { type MailAddress, parseMailAddress } from '@inkpost/mail-address/mail-address.js';

/** One address that is written the same in an envelope and in a header: without the quoted local part that hardly anybody has (RFC 5321, 4.1.2). */
function mailable(text: string): MailAddress | undefined {
  return text.startsWith('"') ? undefined : parseMailAddress(text);
}

export function isMailable(text: string): boolean {
  return mailable(text) !== undefined;
}

/** Why nobody is written to at an address; undefined: somebody may be. Never Inkpost itself: its own mail would come back as one to print. */
export function whyNotMailable(text: string, ownAddress: string): string | undefined {
  if (text === '') return 'no-address';
  const address = mailable(text);
  if (!address) return 'address-unusable';
  return address.text === mailable(ownAddress)?.text ? 'own-address' : undefined;
}
