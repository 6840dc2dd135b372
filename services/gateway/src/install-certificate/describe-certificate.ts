import { type KeyObject, X509Certificate } from 'node:crypto';
import { isFor } from '../serve-http/certificate.js';
import { LIMITS } from '../limits.js';

const DAY_MS = 86_400_000;

export type CertificateState = 'valid' | 'expires-soon' | 'expired';

/** What people want to know of a certificate. */
export interface CertificateFacts {
  readonly subject: string;
  readonly issuer: string;
  /** Names and addresses that it is for. */
  readonly names: string[];
  readonly validFrom: Date;
  readonly validTo: Date;
  /** Whole ones; negative: it ended so long ago. */
  readonly daysLeft: number;
  readonly state: CertificateState;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  /** `RSA 2048`, `ECDSA prime256v1`. */
  readonly key: string;
  /** Certificates that the door sends. */
  readonly chainLength: number;
}

/** `pem`: the certificate, then those that it hangs on. */
export function describeCertificate(pem: string, now: Date): CertificateFacts {
  const [leaf = pem] = certificatesOf(pem);
  const { subject, issuer, subjectAltName = '', validFrom, validTo, fingerprint256, publicKey } = new X509Certificate(leaf);
  const to = new Date(validTo);
  const daysLeft = Math.floor((to.getTime() - now.getTime()) / DAY_MS);
  return {
    subject: inOneLine(subject), issuer: inOneLine(issuer), names: subjectAltName.split(', ').filter(Boolean).map((name) => name.replace(/^(?:DNS|IP Address):/, '')),
    validFrom: new Date(validFrom), validTo: to, daysLeft, state: to <= now ? 'expired' : daysLeft < Math.max(...LIMITS.certificateWarnDays) ? 'expires-soon' : 'valid',
    sha256: fingerprint256.replaceAll(':', '').toLowerCase(), key: keyOf(publicKey), chainLength: certificatesOf(pem).length,
  };
}

/** What an administrator should know before others run into it; empty: nothing. `names`: by which this server is to be reached. */
export function certificateWarnings(pem: string, names: readonly string[]): string[] {
  const certificates = certificatesOf(pem).map((each) => new X509Certificate(each));
  const [leaf, last] = [certificates[0], certificates.at(-1)];
  if (!leaf || !last) return [];
  const missing = names.filter((name) => !isFor(leaf, name));
  return [
    ...(leaf.subjectAltName === undefined ? ['It has no alternative names: browsers refuse it, whatever its common name is.'] : []),
    ...(leaf.subjectAltName !== undefined && missing.length > 0 ? [`It is not for ${missing.join(', ')}: who comes by that name is warned, or turned away.`] : []),
    ...(last === leaf && !leaf.checkIssued(leaf) ? ['The certificates between it and its authority are missing: who does not know them refuses it. Export it with its chain.'] : []),
    ...(leaf.checkIssued(leaf) ? ['It is signed by itself: who comes here has to be given it before.'] : []),
  ];
}

function certificatesOf(pem: string): string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[^]+?-----END CERTIFICATE-----/g) ?? [];
}

/** Node has a line for each part. */
function inOneLine(name: string | undefined): string {
  return (name ?? '').split('\n').join(', ');
}

function keyOf({ asymmetricKeyType: kind, asymmetricKeyDetails: details }: KeyObject): string {
  return kind === 'ec' ? `ECDSA ${details?.namedCurve ?? ''}` : `${kind?.toUpperCase() ?? ''} ${details?.modulusLength ?? ''}`.trim();
}
