import { X509Certificate } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { SignInService } from '@inkpost/contracts/admin/v1/accounts_pb.js';
import { NotificationEventService, type TellCertificateEndRequest } from '@inkpost/contracts/admin/v1/notification_pb.js';
import { RIGHTS } from '@inkpost/service/rights.js';
import { createLog } from '@inkpost/telemetry/log.js';
import { makeCertificate } from '@inkpost/testkit/make-certificate.js';
import { makePfxOf } from '@inkpost/testkit/make-pfx.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GatewayHarness, type OwnerRoutes } from '../gateway.harness.js';
import { CheckingClient } from '../rest.harness.js';
import { ServerCertificate } from '../serve-http/server-certificate.js';

type Keyed = Awaited<ReturnType<typeof makeCertificate>>;
const PATH = '/api/v0/server-certificate';
const DAY_MS = 86_400_000;
const told: TellCertificateEndRequest[] = [];
const owners: OwnerRoutes = {
  'guest-account': (router) => router.service(SignInService, { signIn: () => ({ outcome: 'signed-in', account: { name: 'ada', login: 'ada' }, rights: [...RIGHTS] }) }),
  notification: (router) => router.service(NotificationEventService, {
    tellCertificateEnd: (request) => {
      told.push(request);
      return { outcome: 'told' };
    },
  }),
};

let harness: GatewayHarness;
let client: CheckingClient;
let authority: Keyed;
let issued: Keyed;

beforeAll(async () => {
  harness = await GatewayHarness.start(owners, { INKPOST_CERTIFICATE_NAMES: 'print.example.org,guests.example.org' });
  client = new CheckingClient(harness.http);
  await client.signIn('ada', 'x');
  authority = await makeCertificate({ commonName: 'Test authority' });
  issued = await makeCertificate({ commonName: 'print.example.org', names: ['DNS:print.example.org'], authority, validTo: new Date(Date.now() + 300 * DAY_MS) });
});

afterAll(() => harness?.stop());

/** The certificate that a door shows now, whoever signed it; with `trusting`, only one that hangs on this. */
async function shown(door: string, trusting?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const trust = trusting === undefined ? { rejectUnauthorized: false } : { ca: trusting, checkServerIdentity: () => undefined };
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(door).port), servername: 'print.example.org', ...trust }, () => {
      resolve(socket.getPeerX509Certificate()?.fingerprint256 ?? '');
      socket.end();
    }).on('error', reject);
  });
}

const fingerprint = ({ certificate }: Keyed): string => new X509Certificate(certificate).fingerprint256;
const pfxOf = async (keyed: Keyed, options: readonly string[] = []): Promise<string> => (await makePfxOf(keyed, { chain: authority.certificate, options })).toString('base64');
const doors = async () => Promise.all([shown(harness.dsp), shown(harness.wsc)]);
const pinned = async () => (await readFile(join(harness.dataFolder, 'certificate', 'certificate.pem'), 'utf8')).match(/-----BEGIN[^]+?-----END CERTIFICATE-----/g)?.at(-1) ?? '';

describe('a certificate of the owner\'s', () => {
  it('is shown at once where it is wanted, with its chain, survives a restart, and goes again; the door between servers keeps what others pinned', async () => {
    const [ownDsp, ownWsc] = await doors();
    expect((await client.call('GET', PATH)).body).toMatchObject({ installed: null, domain: null, own: { doors: ['http', 'dsp', 'wsc'], state: 'valid' } });
    expect((await client.call('DELETE', PATH)).status).toBe(404);
    const put = await client.call('PUT', PATH, { pfx: await pfxOf(issued), password: 'secret' });
    expect(put.body['installed']).toMatchObject({
      subject: 'CN=print.example.org', issuer: 'CN=Test authority', names: ['print.example.org'], chainLength: 2, doors: ['http', 'wsc'], installedBy: 'ada', state: 'valid', daysLeft: 299,
      sha256: fingerprint(issued).replaceAll(':', '').toLowerCase(),
      warnings: ['It is not for guests.example.org: who comes by that name is warned, or turned away.', 'The door http speaks plain HTTP, and shows no certificate.'],
    });
    expect(await doors()).toEqual([ownDsp, fingerprint(issued)]);
    expect(await shown(harness.wsc, authority.certificate)).toBe(fingerprint(issued));
    expect(await shown(harness.dsp, await pinned())).toBe(ownDsp);
    const file = join(harness.dataFolder, 'certificate', 'installed.json');
    expect([(await stat(file)).mode & 0o777, (await readFile(file, 'utf8')).includes('secret')]).toEqual([0o600, false]);
    await harness.restart();
    expect(await doors()).toEqual([ownDsp, fingerprint(issued)]);
    expect((await client.call('DELETE', PATH)).status).toBe(204);
    expect(await doors()).toEqual([ownDsp, ownWsc]);
    expect(await readdir(join(harness.dataFolder, 'certificate'))).toEqual(['authority.pem', 'certificate.pem', 'key.pem']);
  });

  it('at the door between servers is no longer what may be pinned, and says so', async () => {
    expect((await client.call('PUT', PATH, { pfx: await pfxOf(issued), password: 'secret', doors: ['dsp'] })).status).toBe(200);
    expect((await doors())[0]).toBe(fingerprint(issued));
    const { status, body } = await client.call('GET', '/api/v0/print-api-certificate');
    expect([status, body['detail']]).toEqual([409, expect.stringContaining('must not be pinned')]);
    await client.call('DELETE', PATH);
    expect((await client.call('GET', '/api/v0/print-api-certificate')).status).toBe(200);
  });

  it('that is refused changes nothing: wrong password, old encryption, too large; and nobody without the right installs one', async () => {
    await client.call('PUT', PATH, { pfx: await pfxOf(issued), password: 'secret' });
    const refusal = async (body: unknown) => {
      const answer = await client.call('PUT', PATH, body);
      return [answer.status, (answer.body['errors'] as { field: string }[] | undefined)?.[0]?.field];
    };
    expect(await refusal({ pfx: await pfxOf(issued), password: 'Secret' })).toEqual([400, 'password']);
    expect(await refusal({ pfx: await pfxOf(issued, ['-legacy']), password: 'secret' })).toEqual([400, 'pfx']);
    expect(await refusal({ pfx: Buffer.alloc(64 * 1024 + 3).toString('base64'), password: 'secret' })).toEqual([400, 'pfx']);
    expect((await new CheckingClient(harness.http).call('PUT', PATH, { pfx: 'AAAA' })).status).toBe(401);
    expect((await doors())[1]).toBe(fingerprint(issued));
    await client.call('DELETE', PATH);
  });

  it('that another gateway of the folder was given, or that was put there as files, is used too', async () => {
    const listen = { host: '127.0.0.1', port: 0 };
    const other = new ServerCertificate({ httpListen: listen, dspListen: listen, wscListen: listen, certificateNames: [], dataFolder: harness.dataFolder }, createLog('test', 'fatal'));
    const { own } = await other.all();
    await other.install({ certificatePem: issued.certificate, keyPem: issued.key, doors: ['wsc'], installedAt: new Date().toISOString(), installedBy: 'bob' });
    await expect.poll(() => shown(harness.wsc), { timeout: 10_000 }).toBe(fingerprint(issued));
    await other.uninstall();
    await expect.poll(() => shown(harness.wsc), { timeout: 10_000 }).toBe(new X509Certificate(own.certificatePem).fingerprint256);
    const [certificate, key] = [join(harness.dataFolder, 'certificate', 'certificate.pem'), join(harness.dataFolder, 'certificate', 'key.pem')];
    await writeFile(certificate, issued.certificate);
    await writeFile(key, issued.key);
    await harness.restart();
    expect((await doors())[1]).toBe(fingerprint(issued));
    expect((await client.call('GET', PATH)).body).toMatchObject({ installed: { installedBy: null, doors: ['http', 'wsc'] } });
    await client.call('DELETE', PATH);
  });

  it('that ends soon is told once: to administrators, in metrics and in its state (V-08)', async () => {
    const short = await makeCertificate({ commonName: 'print.example.org', names: ['DNS:print.example.org'], validTo: new Date(Date.now() + 6.5 * DAY_MS) });
    expect((await client.call('PUT', PATH, { pfx: await pfxOf(short), password: 'secret' })).body['installed']).toMatchObject({ state: 'expires-soon', daysLeft: 6 });
    await expect.poll(() => told.length).toBe(1);
    expect(told[0]).toMatchObject({ certificate: 'CN=print.example.org', ended: false });
    const occasion = told[0]?.occasionId;
    await harness.restart();
    await expect.poll(() => told.length).toBe(2);
    expect(told[1]?.occasionId).toBe(occasion);
    const { body } = await client.call('GET', '/metrics');
    const left = Number(/certificate_days_left\{certificate="installed"[^}]*\} ([\d.]+)/.exec(String(body['text']))?.[1]);
    expect(Math.floor(left)).toBe(6);
  });
});
