import { domainToUnicode } from 'node:url';
import { parseMailAddress } from '@inkpost/mail-address/mail-address.js';
import { ADDRESSES_OF_PERSON_MAX } from '../limits.js';

/** In normal form, each once: of each place first what it calls the main address (`SMTP:`), then the others. */
export function normalAddresses(places: readonly (readonly string[])[]): string[] {
  const texts = places.flatMap((values) => values.toSorted((one, other) => Number(other.startsWith('SMTP:')) - Number(one.startsWith('SMTP:'))));
  const addresses = texts.map((text) => parseMailAddress(text.trim().replace(/^smtp:/i, ''))?.text).filter((address) => address !== undefined);
  return [...new Set(addresses)].slice(0, ADDRESSES_OF_PERSON_MAX);
}

/** An address in normal form as directories may hold it: `büro.example` as well as `xn--bro-hoa.example`. */
export function spellings(address: string): string[] {
  const at = address.lastIndexOf('@');
  const readable = `${address.slice(0, at)}@${domainToUnicode(address.slice(at + 1))}`;
  return readable === address ? [address] : [address, readable];
}
