import { X509Certificate } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeCertificate } from '@inkpost/testkit/make-certificate.js';
import { temporaryFolder } from '@inkpost/testkit/temporary-folder.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LIMITS } from '../limits.js';
import { certificateNames, keepCertificate as keepOrAdopt, rootOf } from './certificate.js';
import { mustEncrypt } from './decide-encryption.js';

const NOW = new Date('2026-07-31T12:00:00Z');
const daysLater = (days: number) => new Date(NOW.getTime() + days * 86_400_000);
const nobody = async () => { throw new Error('Nothing foreign lies there.'); };
const keepCertificate = (path: string, hosts: readonly string[], now: Date, adopt: Parameters<typeof keepOrAdopt>[3] = nobody) => keepOrAdopt(path, hosts, now, adopt);
let folder: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
  folder = await temporaryFolder('certificate');
});

afterAll(() => folder.remove());

describe('the gateway\'s own certificate', () => {
  it('is signed by the authority, and good for this machine, its loopback and the names that it is given, for serving alone', async () => {
    const { certificatePem } = await keepCertificate(join(folder.path, 'new'), ['127.0.0.1', '192.0.2.7', 'guests.example.org'], NOW);
    const [certificate, root] = (certificatePem.match(/-----BEGIN[^]+?-----END CERTIFICATE-----/g) ?? []).map((pem) => new X509Certificate(pem));
    expect([certificate?.checkHost('localhost'), certificate?.checkIP('127.0.0.1'), certificate?.checkIP('192.0.2.7'), certificate?.checkIP('192.0.2.8')]).toEqual(['localhost', '127.0.0.1', '192.0.2.7', undefined]);
    expect(certificate?.checkHost('guests.example.org')).toBe('guests.example.org');
    expect([certificate?.ca, certificate?.keyUsage]).toEqual([false, ['1.3.6.1.5.5.7.3.1']]);
    expect([root?.ca, root && certificate?.checkIssued(root), root && certificate?.verify(root.publicKey), root?.verify(root.publicKey)]).toEqual([true, true, true, true]);
    expect(rootOf({ certificatePem, keyPem: '' })).toEqual(root?.raw);
  });

  it('is good for every address of the machine where a door listens on all of them', () => {
    expect(certificateNames(['0.0.0.0'])).toEqual(expect.arrayContaining(['localhost', '127.0.0.1']));
    expect(certificateNames(['0.0.0.0', '::'])).not.toEqual(expect.arrayContaining([expect.stringMatching(/^(?:0\.0\.0\.0|::|fe80:.*)$/)]));
  });

  it('is made once and kept, the keys for our eyes only', async () => {
    const path = join(folder.path, 'kept');
    const made = await keepCertificate(path, ['localhost'], NOW);
    expect(await keepCertificate(path, ['localhost'], NOW)).toEqual(made);
    for (const name of ['key.pem', 'authority.pem']) expect((await stat(join(path, name))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(path, 'certificate.pem'), 'utf8')).toBe(made.certificatePem);
    expect(await readdir(path)).toHaveLength(3);
  });

  it('is made anew before it ends, when the key is another certificate\'s, and when it lacks a name, always by the same authority', async () => {
    const path = join(folder.path, 'renewed');
    const made = await keepCertificate(path, ['localhost'], NOW);
    const nearEnd = new Date(daysLater(LIMITS.certificateDays - LIMITS.certificateRenewDays).getTime() + 1_000);
    const renewed = await keepCertificate(path, ['localhost'], nearEnd);
    await writeFile(join(path, 'key.pem'), made.keyPem);
    const repaired = await keepCertificate(path, ['localhost'], nearEnd);
    const named = await keepCertificate(path, ['print.example.org'], nearEnd);
    const all = [made, renewed, repaired, named];
    expect(new Set(all.map(({ certificatePem }) => certificatePem)).size).toBe(4);
    expect(new Set(all.map((each) => rootOf(each).toString('hex'))).size).toBe(1);
  });

  it('has one authority, however many gateways start at once on one folder', async () => {
    const path = join(folder.path, 'together');
    const all = await Promise.all(Array.from({ length: 5 }, () => keepCertificate(path, ['localhost'], NOW)));
    expect(new Set(all.map((each) => rootOf(each).toString('hex'))).size).toBe(1);
  });

  it('takes the place of one that an administrator puts there, which is handed over before', async () => {
    const path = join(folder.path, 'installed');
    await mkdir(path);
    const foreign = await makeCertificate({ commonName: 'print.example.org', names: ['DNS:print.example.org'] });
    const adopted: string[] = [];
    const keep = () => keepCertificate(path, ['localhost'], NOW, async ({ certificatePem }) => void adopted.push(certificatePem));
    await writeFile(join(path, 'certificate.pem'), foreign.certificate);
    await writeFile(join(path, 'key.pem'), foreign.key);
    const own = await keep();
    expect([own.certificatePem === foreign.certificate, adopted]).toEqual([false, [foreign.certificate]]);
    expect([await keep(), adopted.length]).toEqual([own, 1]);
  });

  it('is not signed by a new authority where the file of the old one is damaged: others pinned it', async () => {
    const path = join(folder.path, 'damaged');
    await keepCertificate(path, ['localhost'], NOW);
    await writeFile(join(path, 'authority.pem'), 'nothing');
    await expect(keepCertificate(path, ['localhost'], NOW)).rejects.toMatchObject({ code: 'gateway.authority-damaged' });
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
