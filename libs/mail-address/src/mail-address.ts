import { domainToASCII } from 'node:url';

/** RFC 5321, 4.5.3.1: octets of a local part, of a domain, and of an address (a path without its angle brackets); RFC 1035: of a label. */
const LOCAL_PART_BYTES_MAX = 64;
const DOMAIN_LENGTH_MAX = 253;
const ADDRESS_BYTES_MAX = 254;

/** An address as it is compared: lower-cased, its domain in ASCII (RFC 5890). */
export interface MailAddress {
  /** `local@domain` */
  readonly text: string;
  readonly domain: string;
}

/** Letters, digits and hyphens, no hyphen at an end (RFC 1035, 2.3.1 as relaxed by RFC 1123, 2.1). */
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u;
/** RFC 5321, 4.1.2 "Dot-string", with the letters that RFC 6531 adds. */
const DOT_STRING = /^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u;
/** RFC 5321, 4.1.2 "Quoted-string". */
const QUOTED_STRING = /^"(?:[ !#-[\]-~]|\\[ -~])*"$/u;

/** A domain in lower-case ASCII (`Büro.example` gives `xn--bro-hoa.example`); undefined for what is no domain, an IP address too. */
export function parseDomain(text: string): string | undefined {
  // The URL parser behind domainToASCII would decode percent signs and read numbers as IP addresses.
  if (/[%\s/:@[\]]/u.test(text)) return undefined;
  const ascii = domainToASCII(text.toLowerCase());
  const labels = ascii.split('.');
  const isDomain = ascii.length <= DOMAIN_LENGTH_MAX && labels.every((label) => LABEL.test(label)) && !/^\d+$/u.test(labels.at(-1) ?? '');
  return isDomain ? ascii : undefined;
}

/** An address of one mailbox (RFC 5321, 4.1.2; RFC 6531, 3.3); undefined for anything else, lists and display names included. */
export function parseMailAddress(text: string): MailAddress | undefined {
  const at = text.lastIndexOf('@');
  const localPart = parseLocalPart(text.slice(0, Math.max(at, 0)).normalize('NFC').toLowerCase());
  const domain = parseDomain(text.slice(at + 1));
  if (at <= 0 || domain === undefined || localPart === undefined) return undefined;
  const address = `${localPart}@${domain}`;
  return Buffer.byteLength(address) <= ADDRESS_BYTES_MAX ? { text: address, domain } : undefined;
}

/** Quoted only where it must be: `"ada"` and `"a\\da"` are `ada` (RFC 5321, 4.1.2), or who is refused would come back in quotes. */
function parseLocalPart(text: string): string | undefined {
  if (Buffer.byteLength(text) > LOCAL_PART_BYTES_MAX) return undefined;
  if (DOT_STRING.test(text)) return text;
  if (!QUOTED_STRING.test(text)) return undefined;
  const meant = text.slice(1, -1).replaceAll(/\\(.)/gu, '$1');
  return DOT_STRING.test(meant) ? meant : `"${meant.replaceAll(/["\\]/gu, '\\$&')}"`;
}
