import 'reflect-metadata';
import { createPrivateKey, createPublicKey, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';
import { dspNameOf } from './dsp-name.js';

const DAY_MS = 86_400_000;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
/** Certificates hold from a day before: clocks differ. */
const BEFORE_MS = DAY_MS;

/** What signs certificates, and what others pin instead of them, so that renewals don't break the pin. */
export interface CertificateAuthority {
  readonly certificatePem: string;
  readonly certificate: x509.X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
}

/** PEM. */
export interface KeyedCertificate {
  /** The certificate, then those that it hangs on. */
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** A certificate, and what of it others look at. */
export interface IssuedCertificate {
  readonly certificatePem: string;
  /** Lower-case hexadecimal, as Node's X509Certificate has it. */
  readonly serial: string;
  readonly endsAt: Date;
}

export interface Lifetime {
  readonly now: Date;
  readonly days: number;
}

/** A key and a certificate that signs servers' certificates, and no further authority. `name`: no two may be called the same, a client that trusts several has to find the right one. */
export async function makeAuthority(name: string, { now, days }: Lifetime): Promise<KeyedCertificate> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [name] }, { O: ['Inkpost'] }],
    notBefore: new Date(now.getTime() - BEFORE_MS),
    notAfter: new Date(now.getTime() + days * DAY_MS),
    keys, signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificatePem: `${certificate.toString('pem')}\n`, keyPem: await exportKey(keys.privateKey) };
}

/** Throws where certificate or key can't be read. */
export async function openAuthority({ certificatePem, keyPem }: KeyedCertificate): Promise<CertificateAuthority> {
  const certificate = new x509.X509Certificate(certificatePem);
  const privateKey = await webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(keyPem), ALGORITHM, true, ['sign']);
  const spki = createPublicKey(createPrivateKey(keyPem)).export({ type: 'spki', format: 'der' });
  const publicKey = await webcrypto.subtle.importKey('spki', new Uint8Array(spki), ALGORITHM, true, ['verify']);
  return { certificatePem, certificate, keys: { privateKey, publicKey } };
}

/** A new key and a certificate for a server's names and addresses; the chain goes up to the authority. */
export async function issueServerCertificate(authority: CertificateAuthority, commonName: string, names: readonly string[], lifetime: Lifetime): Promise<KeyedCertificate> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await sign(authority, {
    commonName, publicKey: keys.publicKey, lifetime, usages: [x509.ExtendedKeyUsage.serverAuth],
    names: names.map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value })),
  });
  return { certificatePem: `${certificate.toString('pem')}\n${authority.certificatePem}`, keyPem: await exportKey(keys.privateKey) };
}

/** A key of a server's own, and what it asks its domain's authority to sign (PKCS #10, DER). */
export async function requestMembership(serverId: string): Promise<{ readonly request: Uint8Array; readonly keyPem: string }> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({ name: [{ CN: [serverId] }], keys, signingAlgorithm: ALGORITHM });
  return { request: new Uint8Array(request.rawData), keyPem: await exportKey(keys.privateKey) };
}

/**
 * A member's certificate, by which it both calls and answers. Only the key is taken from the request, whose bearer must have it; whom it certifies says the caller.
 * Undefined: it is no request, none for a P-256 key, or not signed by that key.
 */
export async function issueMemberCertificate(authority: CertificateAuthority, serverId: string, request: Uint8Array, lifetime: Lifetime): Promise<IssuedCertificate | undefined> {
  const publicKey = await requestedKey(request);
  if (!publicKey) return undefined;
  const certificate = await sign(authority, {
    commonName: serverId, publicKey, lifetime, usages: [x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth],
    names: [{ type: 'dns', value: dspNameOf(serverId) }],
  });
  return { certificatePem: `${certificate.toString('pem')}\n`, serial: certificate.serialNumber.toLowerCase(), endsAt: certificate.notAfter };
}

async function requestedKey(der: Uint8Array): Promise<webcrypto.CryptoKey | undefined> {
  try {
    const request = new x509.Pkcs10CertificateRequest(new Uint8Array(der));
    const { name, namedCurve } = request.publicKey.algorithm as { name: string; namedCurve?: string };
    if (name !== ALGORITHM.name || namedCurve !== ALGORITHM.namedCurve || !(await request.verify())) return undefined;
    return await webcrypto.subtle.importKey('spki', request.publicKey.rawData, ALGORITHM, true, ['verify']);
  } catch {
    return undefined;
  }
}

interface Wanted {
  readonly commonName: string;
  readonly publicKey: webcrypto.CryptoKey;
  readonly names: { readonly type: 'ip' | 'dns'; readonly value: string }[];
  readonly usages: x509.ExtendedKeyUsage[];
  readonly lifetime: Lifetime;
}

async function sign(authority: CertificateAuthority, { commonName, publicKey, names, usages, lifetime: { now, days } }: Wanted): Promise<x509.X509Certificate> {
  return x509.X509CertificateGenerator.create({
    subject: [{ CN: [commonName.slice(0, 64)] }, { O: ['Inkpost'] }],
    issuer: authority.certificate.subject,
    notBefore: new Date(now.getTime() - BEFORE_MS),
    notAfter: new Date(now.getTime() + days * DAY_MS),
    publicKey, signingKey: authority.keys.privateKey, signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(usages),
      new x509.SubjectAlternativeNameExtension(names),
      await x509.AuthorityKeyIdentifierExtension.create(authority.keys.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
    ],
  });
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`;
}
