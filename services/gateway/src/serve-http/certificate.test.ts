import { X509Certificate } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@inkpost/testkit/temporary-folder.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LIMITS } from '../limits.js';
import { keepCertificate, makeCertificate } from './certificate.js';
import { mustEncrypt } from './decide-encryption.js';

const NOW = new Date('2026-07-31T12:00:00Z');
let folder: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
  folder = await temporaryFolder('certificate');
});

afterAll(() => folder.remove());

describe('the self-signed certificate', () => {
  it('is good for this machine, its loopback and the addresses it listens on, and for serving alone', async () => {
    const { certificatePem } = await makeCertificate(['127.0.0.1', '192.0.2.7', '0.0.0.0', 'guests.example.org'], NOW);
    const certificate = new X509Certificate(certificatePem);
    expect(certificate.subjectAltName).toContain('IP Address:192.0.2.7');
    expect([certificate.checkHost('localhost'), certificate.checkIP('127.0.0.1'), certificate.checkIP('192.0.2.7'), certificate.checkIP('192.0.2.8')]).toEqual(['localhost', '127.0.0.1', '192.0.2.7', undefined]);
    expect([certificate.checkHost('guests.example.org'), certificate.checkIP('0.0.0.0')]).toEqual(['guests.example.org', undefined]);
    expect([certificate.ca, certificate.keyUsage]).toEqual([false, ['1.3.6.1.5.5.7.3.1']]);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
  });

  it('is made once and kept, its key for our eyes only', async () => {
    const path = join(folder.path, 'kept');
    const made = await keepCertificate(path, ['localhost'], NOW);
    expect(await keepCertificate(path, ['localhost'], NOW)).toEqual(made);
    expect((await stat(join(path, 'key.pem'))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(path, 'certificate.pem'), 'utf8')).toBe(made.certificatePem);
  });

  it('is made anew before it ends, and when the key is another certificate\'s', async () => {
    const path = join(folder.path, 'renewed');
    const made = await keepCertificate(path, ['localhost'], NOW);
    const nearEnd = new Date(NOW.getTime() + (LIMITS.certificateDays - LIMITS.certificateRenewDays) * 86_400_000 + 1_000);
    const renewed = await keepCertificate(path, ['localhost'], nearEnd);
    expect(renewed).not.toEqual(made);
    await writeFile(join(path, 'key.pem'), made.keyPem);
    expect(await keepCertificate(path, ['localhost'], nearEnd)).not.toEqual(renewed);
  });
});

describe('encryption of the public door', () => {
  it.each([
    ['auto', '127.0.0.1', false], ['auto', '127.8.0.1', false], ['auto', '::1', false], ['auto', 'localhost', false],
    ['auto', '0.0.0.0', true], ['auto', '::', true], ['auto', '192.0.2.7', true], ['auto', 'print.example.org', true], ['auto', '127.example.org', true],
    ['on', '127.0.0.1', true], ['off', '0.0.0.0', false],
  ] as const)('with %s on %s: %s', (setting, host, encrypted) => {
    expect(mustEncrypt(setting, host)).toBe(encrypted);
  });
});
