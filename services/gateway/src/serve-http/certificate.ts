import 'reflect-metadata';
import { webcrypto, X509Certificate } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { LIMITS } from '../limits.js';

const DAY_MS = 86_400_000;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** Key and certificate in one PEM text, so that they are never of different age. */
export interface Certificate {
  readonly pem: string;
}

/** The names and addresses that a self-signed certificate is good for. */
function alternativeNames(host: string): x509.JsonGeneralNames {
  const names = [...new Set([hostname(), 'localhost', '127.0.0.1', '::1', ...(host === '0.0.0.0' || host === '::' ? [] : [host])])];
  return names.map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value }));
}

/** A new key and a certificate that it signs itself. */
export async function makeCertificate(host: string, now: Date): Promise<Certificate> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [hostname()] }, { O: ['Inkpost'] }],
    notBefore: new Date(now.getTime() - DAY_MS),
    notAfter: new Date(now.getTime() + LIMITS.certificateDays * DAY_MS),
    keys, signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(alternativeNames(host)),
    ],
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { pem: `${x509.PemConverter.encode(key, 'PRIVATE KEY')}\n${certificate.toString('pem')}\n` };
}

/** The kept certificate, while it is good; else a new one. Clients that pinned the old one have to be told when it changes. */
export async function keepCertificate(folder: string, host: string, now: Date): Promise<Certificate> {
  const path = join(folder, 'self-signed.pem');
  const pem = await readFile(path, 'utf8').catch(whenAbsent);
  if (pem && endOf(pem).getTime() > now.getTime() + LIMITS.certificateRenewDays * DAY_MS) return { pem };
  const made = await makeCertificate(host, now);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // Whole or not at all, and for our eyes only.
  await writeFile(`${path}.new`, made.pem, { mode: 0o600 });
  await rename(`${path}.new`, path);
  return made;
}

function endOf(pem: string): Date {
  return new Date(new X509Certificate(pem.slice(pem.indexOf('-----BEGIN CERTIFICATE-----'))).validTo);
}

function whenAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
