import { X509Certificate } from 'node:crypto';
import { makeCertificate } from '@inkpost/testkit/make-certificate.js';
import { makePfx, makePfxOf } from '@inkpost/testkit/make-pfx.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { LIMITS } from '../limits.js';
import { CertificateRefusal } from './certificate-refusal.js';
import { describeCertificate } from './describe-certificate.js';
import { judgeCertificate } from './judge-certificate.js';
import { readPfx } from './read-pfx.js';
import { readPfxAside } from './read-pfx-aside.js';

type Keyed = Awaited<ReturnType<typeof makeCertificate>>;
const NAMES = ['DNS:print.example.org', 'IP:192.0.2.7'];
let authority: Keyed;
let issued: Keyed;

beforeAll(async () => {
  authority = await makeCertificate({ commonName: 'Test authority' });
  issued = await makeCertificate({ commonName: 'print.example.org', names: NAMES, authority });
});

const read = (pfx: Buffer, password = 'secret') => judgeCertificate(readPfx(new Uint8Array(pfx), password), new Date());
const aside = (pfx: Buffer, password = 'secret') => readPfxAside({ pfx: new Uint8Array(pfx), password, now: new Date() });
/** As the worker says it. */
const asideReason = (pfx: Buffer): Promise<string> => aside(pfx).then(() => 'taken', (error: unknown) => (error as Error).message);

function reasonOf(pfx: Buffer, password?: string): string {
  try {
    read(pfx, password);
    return 'taken';
  } catch (error) {
    return error instanceof CertificateRefusal ? `${error.field} ${error.message}` : String(error);
  }
}

const sha256 = (pem: string): string => new X509Certificate(pem).fingerprint256;

describe('a PFX', () => {
  it.each([
    ['OpenSSL by default: AES-256', []],
    ['Windows as AES256-SHA256: 2,000 rounds', ['-iter', '2000']],
    ['Windows as TripleDES-SHA1', ['-certpbe', 'PBE-SHA1-3DES', '-keypbe', 'PBE-SHA1-3DES', '-macalg', 'sha1']],
    ['another program: AES-128, SHA-512', ['-certpbe', 'AES-128-CBC', '-keypbe', 'AES-128-CBC', '-macalg', 'sha512']],
    ['one that leaves certificates in the clear', ['-certpbe', 'NONE']],
    ['one without a digest', ['-nomac']],
  ] as const)('that %s makes is opened: key, certificate, chain', async (_, options) => {
    const { certificatePem, keyPem } = read(await makePfxOf(issued, { chain: authority.certificate, options }));
    expect(sha256(certificatePem)).toBe(sha256(issued.certificate));
    expect(describeCertificate(certificatePem, new Date())).toMatchObject({ subject: 'CN=print.example.org', issuer: 'CN=Test authority', names: ['print.example.org', '192.0.2.7'], chainLength: 2, state: 'expires-soon', key: 'ECDSA prime256v1' });
    expect(keyPem.replaceAll(/\s/g, '')).toBe(issued.key.replaceAll(/\s/g, ''));
  });

  it.each(['', 'é€ 𝄞'])('with the password "%s" is opened by it', async (password) => {
    const pfx = await makePfxOf(issued, { password });
    expect(sha256(read(pfx, password).certificatePem)).toBe(sha256(issued.certificate));
    expect(reasonOf(pfx, 'other')).toMatch(/^password is wrong/);
  });

  it('says that the password is wrong, also where it bears no digest', async () => {
    expect(reasonOf(await makePfxOf(issued), 'Secret')).toMatch(/^password is wrong: it does not open this PFX/);
    expect(reasonOf(await makePfxOf(issued, { options: ['-nomac'] }), 'Secret')).toMatch(/^password is wrong/);
  });

  it('that is encrypted with RC2, as old Windows exports, is refused with how to export it anew, once the password is right', async () => {
    const pfx = await makePfxOf(issued, { options: ['-legacy'] });
    expect(reasonOf(pfx)).toMatch(/RC2.*AES256-SHA256.*openssl pkcs12 -legacy .* -out open\.pem, then openssl pkcs12 -export -in open\.pem/);
    expect(reasonOf(pfx, 'other')).toMatch(/^password is wrong/);
  });

  it('without a key, or with one of another certificate, is refused', async () => {
    expect(reasonOf(await makePfx({ certificate: issued.certificate }))).toMatch(/^pfx holds no private key/);
    const other = await makeCertificate({ commonName: 'other', names: ['DNS:other'] });
    const grafted = await makePfxOf(other, { options: ['-keypbe', 'NONE', '-certpbe', 'NONE', '-nomac'] });
    // Another key of the same kind in the same place: OpenSSL itself makes no such file.
    const key = (pem: string) => Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
    const at = grafted.indexOf(key(other.key));
    expect(at).toBeGreaterThan(0);
    key(issued.key).copy(grafted, at);
    expect(reasonOf(grafted)).toMatch(/^pfx holds a private key that fits none/);
  });

  it.each([
    ['is over', { validFrom: new Date('2020-01-01'), validTo: new Date('2021-01-01') }, /ended on 2021-01-01/],
    ['has not begun', { validFrom: new Date('2098-01-01'), validTo: new Date('2099-01-01') }, /valid only from 2098-01-01 on/],
    ['has a weak key', { keyKind: 'weak-rsa' }, /RSA key of 1024 bits, which is too weak/],
    ['is for clients alone', { extendedKeyUsage: 'clientAuth' }, /not for server authentication/],
  ] as const)('whose certificate %s is refused', async (_, wish, reason) => {
    expect(reasonOf(await makePfxOf(await makeCertificate({ commonName: 'x', names: NAMES, ...wish })))).toMatch(reason);
  });

  it('whose certificate is an authority\'s, which signs nothing but certificates, is refused', async () => {
    expect(reasonOf(await makePfxOf(authority))).toMatch(/key may not sign/);
  });
});

describe('a hostile PFX', () => {
  const NOT_ONE = /^pfx is not a PFX \(PKCS #12\), or it is damaged/;

  it('stops nobody: iterations without end, nesting without end, noise, halves', async () => {
    const pfx = await makePfxOf(issued, { options: ['-iter', '2048'] });
    // 2048 as DER writes it, in the digest at the end, and in the encryption before.
    const many = Buffer.from(pfx);
    for (let at = many.indexOf('02020800', 0, 'hex'); at >= 0; at = many.indexOf('02020800', at + 1, 'hex')) many[at + 2] = 0x7f;
    expect(reasonOf(many)).toMatch(/^password is wrong/);
    const endless = await makePfxOf(issued, { options: ['-iter', '70000'] });
    for (let at = endless.indexOf('0203011170', 0, 'hex'); at >= 0; at = endless.indexOf('0203011170', at + 1, 'hex')) endless[at + 2] = 0x7f;
    expect(reasonOf(endless)).toMatch(/more than 1000000 iterations/);
    const nested = Buffer.concat(Array.from({ length: LIMITS.pfxBytesMax / 2 }, () => Buffer.from('3080', 'hex')));
    expect(await asideReason(nested)).toMatch(NOT_ONE);
    expect(await asideReason(Buffer.from('hello'))).toMatch(NOT_ONE);
    expect(reasonOf(Buffer.alloc(0))).toMatch(NOT_ONE);
    for (let length = 1; length < pfx.length; length += Math.ceil(pfx.length / 7)) expect(reasonOf(pfx.subarray(0, length))).toMatch(NOT_ONE);
  });

  it('is one at a time, and this thread goes on meanwhile', async () => {
    const pfx = await makePfxOf(issued, { options: ['-iter', '300000'] });
    let turns = 0;
    const turning = setInterval(() => (turns += 1), 5);
    const [first, second] = await Promise.allSettled([aside(pfx), aside(pfx)]);
    clearInterval(turning);
    expect([first.status, second.status]).toEqual(['fulfilled', 'rejected']);
    expect(second).toMatchObject({ reason: { kind: 'too-many-requests' } });
    expect(turns).toBeGreaterThan(5);
    await expect(aside(pfx, 'other')).rejects.toMatchObject({ kind: 'invalid-request', extras: { errors: [{ field: 'password' }] } });
  });
});
