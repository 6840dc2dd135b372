import { createHash, createPrivateKey, randomUUID, X509Certificate } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { LIMITS } from '../limits.js';
import type { CertificateAuthority } from '@inkpost/trust/certificate-authority.js';
import { issueCertificate, keepAuthority, readIfThere } from './certificate-authority.js';

const DAY_MS = 86_400_000;
/** Addresses that stand for all of the machine's. */
export const EVERYWHERE: readonly string[] = ['0.0.0.0', '::'];

export interface Certificate {
  /** The certificate, then those that it hangs on; of our own the last one is the root. */
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** The names and addresses that a certificate of our own is good for. `hosts`: where the doors listen, and what an administrator adds. */
export function certificateNames(hosts: readonly string[]): string[] {
  const interfaces = hosts.some((host) => EVERYWHERE.includes(host)) ? Object.values(networkInterfaces()).flatMap((each) => each ?? []) : [];
  // A link-local address means something only together with an interface.
  const own = interfaces.filter(({ internal, scopeid }) => !internal && !scopeid).map(({ address }) => address);
  return [...new Set([hostname(), 'localhost', '127.0.0.1', '::1', ...hosts.filter((host) => !EVERYWHERE.includes(host)), ...own])];
}

/** The kept certificate of our own authority, while it is good; else a new one. One that an administrator put there is handed to `adopt` first. */
export async function keepCertificate(folder: string, hosts: readonly string[], now: Date, adopt: (foreign: Certificate) => Promise<void>): Promise<Certificate> {
  const authority = await keepAuthority(folder, now);
  const [certificatePem, keyPem] = await Promise.all([readIfThere(join(folder, 'certificate.pem')), readIfThere(join(folder, 'key.pem'))]);
  const names = certificateNames(hosts);
  if (certificatePem !== undefined && keyPem !== undefined) {
    const kept = { certificatePem, keyPem };
    if (isGood(kept, { authority, names, now })) return kept;
    if (isForeign(kept, authority)) await adopt(kept);
  }
  const made = await issueCertificate(authority, names, now);
  await mkdir(folder, { recursive: true, mode: 0o755 });
  await writeWhole(join(folder, 'key.pem'), made.keyPem, 0o600);
  await writeWhole(join(folder, 'certificate.pem'), made.certificatePem, 0o644);
  return made;
}

/** In DER, what others pin of our own: the last certificate of the chain. */
export function rootOf({ certificatePem }: Certificate): Buffer {
  const [root = certificatePem] = certificatePem.match(/-----BEGIN CERTIFICATE-----[^]+?-----END CERTIFICATE-----/g)?.slice(-1) ?? [];
  return new X509Certificate(root).raw;
}

/** Of the certificate itself, lower-case hexadecimal. */
export function sha256Of({ certificatePem }: Certificate): string {
  return createHash('sha256').update(new X509Certificate(certificatePem).raw).digest('hex');
}

interface Wanted {
  readonly authority: CertificateAuthority;
  readonly names: readonly string[];
  readonly now: Date;
}

/** A start that was killed between the two files leaves a key that is another certificate's. */
function isGood({ certificatePem, keyPem }: Certificate, { authority, names, now }: Wanted): boolean {
  const certificate = new X509Certificate(certificatePem);
  const root = new X509Certificate(authority.certificatePem);
  return certificate.checkPrivateKey(createPrivateKey(keyPem)) && certificate.checkIssued(root) && certificate.verify(root.publicKey)
    && Date.parse(certificate.validTo) > now.getTime() + LIMITS.certificateRenewDays * DAY_MS && names.every((name) => isFor(certificate, name));
}

/** Made neither by our authority nor by a version that had none, and whole. */
function isForeign({ certificatePem, keyPem }: Certificate, authority: CertificateAuthority): boolean {
  const certificate = new X509Certificate(certificatePem);
  const isOwn = certificate.checkIssued(new X509Certificate(authority.certificatePem)) || (certificate.checkIssued(certificate) && /^O=Inkpost$/m.test(certificate.subject));
  return !isOwn && certificate.checkPrivateKey(createPrivateKey(keyPem));
}

/** By its alternative names; nobody looks at common names any more. */
export function isFor(certificate: X509Certificate, name: string): boolean {
  return (isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name, { subject: 'never' })) !== undefined;
}

/** Whole or not at all, also where another gateway writes the same. */
export async function writeWhole(path: string, text: string, mode: number): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, text, { mode, flush: true });
  await rename(draft, path);
}
