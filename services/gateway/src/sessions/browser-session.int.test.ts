import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GatewayHarness } from '../gateway.harness.js';
import { ownerAnswers, passwords, resetPasswords } from '../owner-answers.harness.js';
import { CheckingClient } from '../rest.harness.js';

let harness: GatewayHarness;
/** As fetch sends from a page of Inkpost. */
const OWN_PAGE = { 'sec-fetch-site': 'same-origin', 'x-inkpost-csrf': '1' };

beforeAll(async () => {
  harness = await GatewayHarness.start(ownerAnswers);
  return () => harness.stop();
});

beforeEach(() => resetPasswords());

const credentials = () => ({ account: 'ada', password: passwords.get('ada'), cookie: true });

interface SignedIn {
  readonly client: CheckingClient;
  /** As the browser sends it. */
  readonly cookie: string;
}

async function signedIn(): Promise<SignedIn> {
  const client = new CheckingClient(harness.http);
  const { status, headers } = await client.call('POST', '/api/v0/session', credentials(), OWN_PAGE);
  expect(status).toBe(201);
  return { client, cookie: (headers.get('set-cookie') ?? '').split(';')[0] ?? '' };
}

describe('a browser', () => {
  it('is kept signed in by a cookie that no script can read and that is not in the answer', async () => {
    const client = new CheckingClient(harness.http);
    const { headers, body } = await client.call('POST', '/api/v0/session', credentials(), OWN_PAGE);
    const [, token] = /^inkpost=([\w-]{43}); Path=\/; HttpOnly; SameSite=Lax$/.exec(headers.get('set-cookie') ?? '') ?? [];
    expect(body).toMatchObject({ token: null, passwordMustChange: false });
    expect((await client.call('GET', '/api/v0/queues', undefined, { cookie: `other=1; inkpost=${token}` })).status).toBe(200);
    expect((await client.call('GET', '/api/v0/queues', undefined, { cookie: `__Host-inkpost=${token}` })).status).toBe(401);
  });

  it('loses its cookie and its session when it signs out', async () => {
    const { client, cookie } = await signedIn();
    const { status, headers } = await client.call('DELETE', '/api/v0/session', undefined, { ...OWN_PAGE, cookie });
    expect([status, headers.get('set-cookie')]).toEqual([204, 'inkpost=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0']);
    expect((await client.call('GET', '/api/v0/queues', undefined, { cookie })).status).toBe(401);
  });

  it.each([
    ['by its page\'s own fetch', OWN_PAGE, 201],
    ['by an older browser that says only where the page is from', { origin: 'own', 'x-inkpost-csrf': '1' }, 201],
    ['from another site', { 'sec-fetch-site': 'cross-site', 'x-inkpost-csrf': '1' }, 403],
    ['from another host of the same domain', { 'sec-fetch-site': 'same-site', 'x-inkpost-csrf': '1' }, 403],
    ['from another site that claims our origin as well', { 'sec-fetch-site': 'cross-site', origin: 'own', 'x-inkpost-csrf': '1' }, 403],
    ['by what a person typed or followed', { 'sec-fetch-site': 'none', 'x-inkpost-csrf': '1' }, 403],
    ['by an older browser from another origin', { origin: 'https://evil.example', 'x-inkpost-csrf': '1' }, 403],
    ['by an older browser from a sandbox or a file', { origin: 'null', 'x-inkpost-csrf': '1' }, 403],
    ['by who does not say where from', { 'x-inkpost-csrf': '1' }, 403],
    ['by a form of our own, which can add no field', { 'sec-fetch-site': 'same-origin' }, 403],
    ['by who sends the field empty', { 'sec-fetch-site': 'same-origin', 'x-inkpost-csrf': '' }, 403],
    ['by a program', {}, 403],
  ])('that sends a change with its cookie %s is answered as is due, and so is a sign-in that asks for the cookie', async (_how, sent, status) => {
    const { client, cookie } = await signedIn();
    const headers: Record<string, string> = Object.fromEntries(Object.entries(sent).map(([name, value]) => [name, value === 'own' ? harness.http : value]));
    const change = await client.call('POST', '/api/v0/queues', { queueId: 'lobby', name: 'Lobby', printerUri: 'ipp://printer' }, { ...headers, cookie });
    const signIn = await client.call('POST', '/api/v0/session', credentials(), headers);
    expect([change.status, signIn.status]).toEqual([status, status]);
    if (status === 403) expect([change.body['type'], signIn.headers.get('set-cookie')]).toEqual(['urn:inkpost:problem:cross-site', null]);
  });

  it('reads with its cookie from wherever it comes, and nobody else sees the answer', async () => {
    const { client, cookie } = await signedIn();
    const { status, headers } = await client.call('GET', '/api/v0/queues', undefined, { cookie, 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' });
    expect([status, headers.get('access-control-allow-origin'), headers.get('cross-origin-resource-policy')]).toEqual([200, null, 'same-origin']);
  });

  it('that another site makes give a code is nobody who is signed in', async () => {
    const { client, cookie } = await signedIn();
    expect((await client.call('POST', '/api/v0/release', { code: 'GOOD' }, { cookie, 'sec-fetch-site': 'cross-site' })).status).toBe(200);
    const { body } = await client.call('GET', '/api/v0/audit?limit=1&action=release', undefined, { cookie });
    expect(body['entries']).toMatchObject([{ actor: 'anonymous', action: 'POST /api/v0/release' }]);
  });

  it('is refused its change in the audit log too, in nobody\'s name', async () => {
    const { client, cookie } = await signedIn();
    await client.call('DELETE', '/api/v0/queues/cross', undefined, { cookie, 'sec-fetch-site': 'cross-site' });
    const { body } = await client.call('GET', '/api/v0/audit?limit=1', undefined, { cookie });
    expect(body['entries']).toMatchObject([{ actor: 'anonymous', action: 'DELETE /api/v0/queues/{queueId}', outcome: 'refused', status: 403 }]);
  });
});

describe('a program', () => {
  it('needs no proof with its bearer token, whatever cookie comes along', async () => {
    const client = new CheckingClient(harness.http);
    await client.signIn('ada', passwords.get('ada') ?? '');
    expect((await client.call('DELETE', '/api/v0/queues/gone-one', undefined, { cookie: `inkpost=${'x'.repeat(43)}` })).status).toBe(204);
  });
});

interface SecureAnswer {
  readonly status: number | undefined;
  readonly cookies: readonly string[];
  readonly body: Readonly<Record<string, unknown>>;
}

/** Over HTTPS with the gateway's own certificate, or HTTP; sign-in in a browser. */
async function signInAt(gateway: GatewayHarness, headers: Readonly<Record<string, string>>): Promise<SecureAnswer> {
  const ca = await readFile(join(gateway.dataFolder, 'certificate', 'certificate.pem'), 'utf8');
  return new Promise((resolve, reject) => {
    const sent = request(new URL('/api/v0/session', gateway.http), { ca, agent: false, method: 'POST', headers: { 'content-type': 'application/json', ...OWN_PAGE, ...headers } }, (response) => {
      void json(response).then((body) => resolve({ status: response.statusCode, cookies: response.headers['set-cookie'] ?? [], body: body as SecureAnswer['body'] }), reject);
    });
    sent.on('error', reject).end(JSON.stringify(credentials()));
  });
}

describe('a cookie over HTTPS', () => {
  it('is bound to this host and to HTTPS, also where a trusted proxy encrypts; without one it is not given', async () => {
    const [direct, behind] = [
      await GatewayHarness.start(ownerAnswers, { INKPOST_HTTP_TLS: 'on' }),
      await GatewayHarness.start(ownerAnswers, { INKPOST_HTTP_TLS: 'off', INKPOST_HTTP_TRUSTED_PROXIES: '127.0.0.1' }),
    ];
    try {
      expect((await signInAt(direct, {})).cookies).toEqual([expect.stringMatching(/^__Host-inkpost=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure$/)]);
      const throughProxy = (gateway: GatewayHarness, origin: string) => new CheckingClient(gateway.http).call('POST', '/api/v0/session', credentials(), {
        'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'print.example.org', origin, 'x-inkpost-csrf': '1',
      });
      expect((await throughProxy(behind, 'https://print.example.org')).headers.get('set-cookie')).toMatch(/^__Host-inkpost=.*; Secure$/);
      expect((await throughProxy(behind, behind.http)).status).toBe(403);
      // Nobody declared this one: what it says of protocol and host is not believed, and that it forwards at all is.
      expect((await throughProxy(harness, 'https://print.example.org')).body['type']).toBe('urn:inkpost:problem:cross-site');
      expect((await throughProxy(harness, harness.http)).body['detail']).toMatch(/over HTTPS only.*INKPOST_HTTP_TRUSTED_PROXIES/);
    } finally {
      await Promise.all([direct.stop(), behind.stop()]);
    }
  });
});
