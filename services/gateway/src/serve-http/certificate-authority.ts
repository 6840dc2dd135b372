import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { PermanentFailure } from '@inkpost/failure/failure.js';
import { type CertificateAuthority, issueServerCertificate, makeAuthority, openAuthority } from '@inkpost/trust/certificate-authority.js';
import { LIMITS } from '../limits.js';
import type { Certificate } from './certificate.js';

/** The kept authority of this installation alone, else a new one; of gateways that start together on one folder the first makes it for all. */
export async function keepAuthority(folder: string, now: Date): Promise<CertificateAuthority> {
  const path = join(folder, 'authority.pem');
  const kept = await readIfThere(path);
  if (kept !== undefined) return readAuthority(kept, path);
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const draft = `${path}.${randomUUID()}`;
  try {
    await writeFile(draft, await draftAuthority(now), { mode: 0o600, flush: true });
    // Unlike a rename it takes nothing's place.
    await link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(draft, { force: true });
  }
  return readAuthority(await readFile(path, 'utf8'), path);
}

/** For names and addresses of this server; the chain goes up to the authority. */
export async function issueCertificate(authority: CertificateAuthority, names: readonly string[], now: Date): Promise<Certificate> {
  return issueServerCertificate(authority, hostname(), names, { now, days: LIMITS.certificateDays });
}

/** Key and certificate, in one text: half of it never lies anywhere. */
async function draftAuthority(now: Date): Promise<string> {
  const { certificatePem, keyPem } = await makeAuthority(`Inkpost authority of ${hostname().slice(0, 36)} ${randomUUID().slice(0, 4)}`, { now, days: LIMITS.authorityDays });
  return certificatePem + keyPem;
}

async function readAuthority(text: string, path: string): Promise<CertificateAuthority> {
  const certificatePem = /-----BEGIN CERTIFICATE-----[^]+?-----END CERTIFICATE-----/.exec(text)?.[0];
  const keyPem = /-----BEGIN PRIVATE KEY-----[^]+?-----END PRIVATE KEY-----/.exec(text)?.[0];
  if (certificatePem === undefined || keyPem === undefined) {
    // Others pinned it: another one in its place would be a break that nobody ordered.
    throw new PermanentFailure('gateway.authority-damaged', `${path} holds no certificate and key: put the file back from a backup; without one remove it, and give print_api_cert.der anew to whoever pinned it.`);
  }
  return openAuthority({ certificatePem: `${certificatePem}\n`, keyPem });
}

/** Undefined: there is no such file. */
export async function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  });
}
