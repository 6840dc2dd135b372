import 'reflect-metadata';
import { randomUUID, webcrypto, X509Certificate } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { PermanentFailure } from '@inkpost/failure/failure.js';
import { LIMITS } from '../limits.js';
import type { Certificate } from './certificate.js';

const DAY_MS = 86_400_000;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** An authority of this installation alone: what others pin instead of a certificate, so that renewals don't break the pin. */
export interface CertificateAuthority {
  readonly certificatePem: string;
  readonly certificate: x509.X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
}

/** The kept authority, else a new one; of gateways that start together on one folder the first makes it for all. */
export async function keepAuthority(folder: string, now: Date): Promise<CertificateAuthority> {
  const path = join(folder, 'authority.pem');
  const kept = await readIfThere(path);
  if (kept !== undefined) return openAuthority(kept, path);
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const draft = `${path}.${randomUUID()}`;
  try {
    await writeFile(draft, await makeAuthority(now), { mode: 0o600, flush: true });
    // Unlike a rename it takes nothing's place.
    await link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(draft, { force: true });
  }
  return openAuthority(await readFile(path, 'utf8'), path);
}

/** A new key and a certificate that the authority signs, for names and addresses. */
export async function issueCertificate(authority: CertificateAuthority, names: readonly string[], now: Date): Promise<Certificate> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: [{ CN: [hostname().slice(0, 64)] }, { O: ['Inkpost'] }],
    issuer: authority.certificate.subject,
    notBefore: new Date(now.getTime() - DAY_MS),
    notAfter: new Date(now.getTime() + LIMITS.certificateDays * DAY_MS),
    publicKey: keys.publicKey, signingKey: authority.keys.privateKey, signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value }))),
      await x509.AuthorityKeyIdentifierExtension.create(authority.keys.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { certificatePem: `${certificate.toString('pem')}\n${authority.certificatePem}`, keyPem: `${x509.PemConverter.encode(key, 'PRIVATE KEY')}\n` };
}

/** Key and certificate, in one text: half of it never lies anywhere. */
async function makeAuthority(now: Date): Promise<string> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    // No two installations' are called the same: a client that trusts several has to find the right one.
    name: [{ CN: [`Inkpost authority of ${hostname().slice(0, 36)} ${randomUUID().slice(0, 4)}`] }, { O: ['Inkpost'] }],
    notBefore: new Date(now.getTime() - DAY_MS),
    notAfter: new Date(now.getTime() + LIMITS.authorityDays * DAY_MS),
    keys, signingAlgorithm: ALGORITHM,
    extensions: [
      // It signs servers' certificates, and no further authority.
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return `${certificate.toString('pem')}\n${x509.PemConverter.encode(key, 'PRIVATE KEY')}\n`;
}

async function openAuthority(text: string, path: string): Promise<CertificateAuthority> {
  const certificatePem = /-----BEGIN CERTIFICATE-----[^]+?-----END CERTIFICATE-----/.exec(text)?.[0];
  const keyPem = /-----BEGIN PRIVATE KEY-----[^]+?-----END PRIVATE KEY-----/.exec(text)?.[0];
  if (certificatePem === undefined || keyPem === undefined) {
    // Others pinned it: another one in its place would be a break that nobody ordered.
    throw new PermanentFailure('gateway.authority-damaged', `${path} holds no certificate and key: put the file back from a backup; without one remove it, and give print_api_cert.der anew to whoever pinned it.`);
  }
  const certificate = new x509.X509Certificate(certificatePem);
  const privateKey = await webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(keyPem), ALGORITHM, true, ['sign']);
  const publicKey = await webcrypto.subtle.importKey('spki', new Uint8Array(new X509Certificate(certificatePem).publicKey.export({ type: 'spki', format: 'der' })), ALGORITHM, true, ['verify']);
  return { certificatePem: `${certificatePem}\n`, certificate, keys: { privateKey, publicKey } };
}

/** Undefined: there is no such file. */
export async function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  });
}
