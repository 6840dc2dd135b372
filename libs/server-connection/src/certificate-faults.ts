import type { X509Certificate } from 'node:crypto';
import { checkServerIdentity } from 'node:tls';
import { CERTIFICATE_NAMES_SHOWN_MAX, TEXT_SHOWN_MAX } from './limits.js';
import { shownText } from './shown-text.js';

/** What a server showed in a TLS handshake, and what OpenSSL made of it. */
export interface ShownCertificate {
  readonly leaf: X509Certificate;
  /** OpenSSL's word for the first thing that is wrong with the chain, such as SELF_SIGNED_CERT_IN_CHAIN; undefined: nothing. */
  readonly verifyCode: string | undefined;
}

export const TIME_CODES: ReadonlySet<string> = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']);

/** All that is wrong with a server's certificate, each in a sentence with what to do; empty: it is trusted. `host` undefined: any name is good. */
export function certificateFaults({ leaf, verifyCode }: ShownCertificate, host: string | undefined, now: Date): string[] {
  const faults: string[] = [];
  const [validFrom, validTo] = [new Date(leaf.validFrom), validUntil(leaf)];
  if (validTo < now) faults.push(`It expired on ${day(validTo)}: it must be renewed on the server.`);
  else if (validFrom > now) faults.push(`It is valid only from ${day(validFrom)} on: is the clock right here (${now.toISOString()})?`);
  else if (verifyCode !== undefined && TIME_CODES.has(verifyCode)) faults.push('A certificate of the authorities above it has expired or is not valid yet: the server must send newer ones.');
  if (host !== undefined && checkServerIdentity(host, leaf.toLegacyObject()) !== undefined) faults.push(wrongNames(leaf, host));
  const trust = verifyCode === undefined || TIME_CODES.has(verifyCode) ? undefined : untrusted(verifyCode, leaf);
  if (trust !== undefined) faults.push(trust);
  return faults;
}

export function validUntil({ validTo }: X509Certificate): Date {
  return new Date(validTo);
}

/** `ldap.example.org, issued by Example CA, valid until 2027-01-31` */
export function describeCertificate(leaf: X509Certificate): string {
  return `${commonName(leaf.subject)}, issued by ${commonName(leaf.issuer)}, valid until ${day(validUntil(leaf))}`;
}

function wrongNames({ subjectAltName, subject }: X509Certificate, host: string): string {
  const names = subjectAltName === undefined ? [commonName(subject)] : subjectAltName.split(', ').map((name) => shownText(name.replace(/^(?:DNS|IP Address):/, ''), TEXT_SHOWN_MAX));
  const others = names.length > CERTIFICATE_NAMES_SHOWN_MAX ? ` and ${names.length - CERTIFICATE_NAMES_SHOWN_MAX} others` : '';
  return `It is for ${names.slice(0, CERTIFICATE_NAMES_SHOWN_MAX).join(', ')}${others}, not for ${host}: set the server to the name that it is for, or is this another server?`;
}

function untrusted(verifyCode: string, leaf: X509Certificate): string {
  const issuer = commonName(leaf.issuer);
  switch (verifyCode) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return `It is self-signed: if it is the right one (SHA-256 ${leaf.fingerprint256}), give it as certificateAuthority.`;
    case 'SELF_SIGNED_CERT_IN_CHAIN':
      return `It comes from the authority "${issuer}", or one above it, that is unknown here: give that authority's certificate as certificateAuthority.`;
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return `Its issuer "${issuer}" is unknown here: give that authority's certificate as certificateAuthority; if it is a public one, the server doesn't send the certificates between.`;
    case 'CERT_REVOKED':
      return 'It was revoked: it must be replaced on the server.';
    default:
      return `It is not trusted (${verifyCode}); its issuer is "${issuer}".`;
  }
}

/** Of a subject or issuer; without a common name its last line, which says most. */
function commonName(name: string): string {
  const lines = name.split('\n');
  return shownText(/^CN=(.*)$/m.exec(name)?.[1] ?? lines.at(-1)?.replace(/^\w+=/, '') ?? '', TEXT_SHOWN_MAX) || 'nobody';
}

function day(moment: Date): string {
  return moment.toISOString().slice(0, 10);
}
