import 'reflect-metadata';
import { createPrivateKey, webcrypto, X509Certificate } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { LIMITS } from '../limits.js';

const DAY_MS = 86_400_000;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

export interface Certificate {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** The names and addresses that a self-signed certificate is good for. */
function alternativeNames(hosts: readonly string[]): x509.JsonGeneralNames {
  const names = [...new Set([hostname(), 'localhost', '127.0.0.1', '::1', ...hosts.filter((host) => host !== '0.0.0.0' && host !== '::')])];
  return names.map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value }));
}

/** A new key and a certificate that it signs itself. */
export async function makeCertificate(hosts: readonly string[], now: Date): Promise<Certificate> {
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
      new x509.SubjectAlternativeNameExtension(alternativeNames(hosts)),
    ],
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { certificatePem: `${certificate.toString('pem')}\n`, keyPem: `${x509.PemConverter.encode(key, 'PRIVATE KEY')}\n` };
}

/** The kept certificate, while it is good; else a new one. Clients that pinned the old one have to be told when it changes. */
export async function keepCertificate(folder: string, hosts: readonly string[], now: Date): Promise<Certificate> {
  const [certificatePem, keyPem] = await Promise.all([read(join(folder, 'certificate.pem')), read(join(folder, 'key.pem'))]);
  if (certificatePem !== undefined && keyPem !== undefined && isGood(certificatePem, keyPem, now)) return { certificatePem, keyPem };
  const made = await makeCertificate(hosts, now);
  await mkdir(folder, { recursive: true, mode: 0o755 });
  await write(join(folder, 'key.pem'), made.keyPem, 0o600);
  await write(join(folder, 'certificate.pem'), made.certificatePem, 0o644);
  return made;
}

/** A start that was killed between the two files leaves a key that is another certificate's. */
function isGood(certificatePem: string, keyPem: string, now: Date): boolean {
  const certificate = new X509Certificate(certificatePem);
  return certificate.checkPrivateKey(createPrivateKey(keyPem)) && Date.parse(certificate.validTo) > now.getTime() + LIMITS.certificateRenewDays * DAY_MS;
}

async function read(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  });
}

/** Whole or not at all. */
async function write(path: string, text: string, mode: number): Promise<void> {
  await writeFile(`${path}.new`, text, { mode });
  await rename(`${path}.new`, path);
}
