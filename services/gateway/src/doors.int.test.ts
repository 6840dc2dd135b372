import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { SignInService } from '@inkpost/contracts/admin/v1/accounts_pb.js';
import { ReleaseService } from '@inkpost/contracts/admin/v1/print_pb.js';
import { ServerService } from '@inkpost/contracts/admin/v1/server_pb.js';
import { RIGHTS } from '@inkpost/service/rights.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GatewayHarness, type OwnerRoutes } from './gateway.harness.js';
import { LIMITS } from './limits.js';
import { CheckingClient } from './rest.harness.js';

const releasePoints: string[] = [];

const owners: OwnerRoutes = {
  'guest-account': (router) => router.service(SignInService, { signIn: () => ({ outcome: 'signed-in', account: { name: 'ada', login: 'ada' }, rights: [...RIGHTS] }) }),
  'domain-sync': (router) => router.service(ServerService, { getServer: () => ({ serverId: 'the-guid', name: 'here', version: '1.2.3', role: 'single', diskFreeBytes: 7n }) }),
  'print-submit': (router) => router.service(ReleaseService, {
    release: ({ releasePoint }) => {
      releasePoints.push(releasePoint);
      return { outcome: 'wrong-code' };
    },
  }),
};

let harness: GatewayHarness;
let client: CheckingClient;

beforeAll(async () => {
  harness = await GatewayHarness.start(owners);
  client = new CheckingClient(harness.http);
  await client.signIn('ada', 'x');
});

afterAll(() => harness?.stop());

/** A message whose one document was held, as services write it. */
async function journeyOf(sender: string, receivedAt = new Date()): Promise<{ messageId: string; documentId: string }> {
  const [messageId, documentId] = [randomUUID(), randomUUID()];
  const head = { sender, subject: `Printing for ${sender}`, internetMessageId: `<${messageId}@example.org>`, mailbox: 'print@inkpost.test', traceId: 'f'.repeat(32), receivedAt };
  await harness.superuser.query('SELECT journey.begin_message($1, $2)', [messageId, JSON.stringify(head)]);
  const entries = [{ step: 'received', evidence: { sender } }, { step: 'held', document: documentId, evidence: { fileName: 'letter.pdf', queueName: 'Lobby' } }];
  await harness.superuser.query('SELECT journey.append($1, $2)', [messageId, JSON.stringify(entries)]);
  return { messageId, documentId };
}

interface Found {
  readonly messageId: string;
  readonly answer: string;
  readonly steps: readonly { readonly step: string; readonly detail: string }[];
}

async function search(query: string): Promise<Found[]> {
  const { status, body } = await client.call('GET', `/api/v0/journey?${query}`);
  expect(status).toBe(200);
  return body['messages'] as Found[];
}

describe('the journey', () => {
  it('is found by sender, a part of the subject, Message-ID, job and message, and answers why', async () => {
    const { messageId, documentId } = await journeyOf('ada@example.org');
    await journeyOf('bob@example.org');
    for (const query of ['sender=Ada@example.org', 'subject=for%20ADA', `messageId=${encodeURIComponent(`<${messageId}@example.org>`)}`, `job=${documentId}`]) {
      expect((await search(query)).map((found) => found.messageId), query).toEqual([messageId]);
    }
    const { body } = await client.call('GET', `/api/v0/journey/${messageId}`);
    expect(body).toMatchObject({
      messageId, sender: 'ada@example.org', answer: 'Not printed yet, the code was not given: letter.pdf on Lobby.',
      steps: [{ step: 'received', documentId: null }, { step: 'held', documentId, detail: 'letter.pdf is held on Lobby until its code is given.', evidence: { queueName: 'Lobby' } }],
    });
    expect((await client.call('GET', `/api/v0/journey/${randomUUID()}`)).status).toBe(404);
  });

  it('is read page by page, the latest first', async () => {
    const ids = [];
    for (const day of [3, 2, 1]) ids.push((await journeyOf('paged@example.org', new Date(Date.UTC(2026, 6, day)))).messageId);
    const first = await client.call('GET', '/api/v0/journey?sender=paged@example.org&limit=2');
    const second = await search(`sender=paged@example.org&limit=2&before=${String(first.body['nextBefore'])}`);
    expect([...(first.body['messages'] as Found[]), ...second].map(({ messageId }) => messageId)).toEqual(ids);
  });
});

describe('troubled messages', () => {
  it('are listed with their reason, and a given-up one is sent again once', async () => {
    const { messageId } = await journeyOf('trouble@example.org');
    const { rows: [row] } = await harness.superuser.query<{ id: string }>(
      `INSERT INTO flow.message (subject, producer, consumer, journey_id, payload, state, due_at, attempts, reason)
       VALUES ('print.job-held.v1', 'print_submit', 'notification', $1, '{}', 'dead', now(), 8, 'unexpected: oh') RETURNING id`, [messageId]);
    const { body } = await client.call('GET', '/api/v0/troubled-messages');
    expect(body['messages']).toMatchObject([{ id: row?.id, messageId, subject: 'print.job-held.v1', consumer: 'notification', state: 'given-up', attempts: 8, reason: 'unexpected: oh', nextTryAt: null }]);
    expect((await client.call('POST', `/api/v0/troubled-messages/${row?.id}/send-again`)).status).toBe(204);
    expect((await client.call('POST', `/api/v0/troubled-messages/${row?.id}/send-again`)).status).toBe(404);
    expect((await search('sender=trouble@example.org'))[0]?.steps.at(-1)).toMatchObject({ step: 'sent-again', detail: 'ada sent it again.' });
    expect((await client.call('GET', '/api/v0/troubled-messages')).body['messages']).toMatchObject([{ state: 'waiting' }]);
  });
});

describe('the public door', () => {
  it('answers probes to everybody, and metrics to this machine or who has the right', async () => {
    const anybody = new CheckingClient(harness.http);
    expect((await anybody.call('GET', '/healthz')).body).toEqual({ text: 'ok\n' });
    expect((await anybody.call('GET', '/readyz')).status).toBe(200);
    const { body } = await anybody.call('GET', '/metrics');
    expect(String(body['text'])).toContain('http_server_request_duration');
    expect(String(body['text'])).toMatch(/flow_(?:open|dead)_messages\{[^}]*consumer="notification"/);
    expect((await anybody.call('GET', '/metrics', undefined, { 'x-forwarded-for': '203.0.113.9' })).status).toBe(401);
    expect((await client.call('GET', '/metrics', undefined, { 'x-forwarded-for': '203.0.113.9' })).status).toBe(200);
  });

  it('shows its documentation from its own files, under a strict policy', async () => {
    const page = await fetch(`${harness.http}/api/v0/docs`);
    expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'; script-src 'self';/);
    const html = await page.text();
    expect(html).not.toMatch(/https?:|<script>|\son\w+=/);
    for (const [, reference] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
      const part = await fetch(new URL(reference ?? '', page.url));
      expect([part.status, (await part.text()).length > 50], reference).toEqual([200, true]);
    }
    expect((await fetch(`${harness.http}/api/v0/docs/package.json`)).status).toBe(404);
  });

  it('says nothing about itself and lets no page use it', async () => {
    const { headers } = await fetch(`${harness.http}/api/v0/queues`, { headers: { origin: 'https://evil.example' } });
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('access-control-allow-origin')).toBeNull();
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('answers a flood without sign-in with 429 and leaves it out of the audit log', async () => {
    const before = await auditCount();
    const statuses = await Promise.all(Array.from({ length: LIMITS.anonymousBurst * 2 }, async () => (await fetch(`${harness.http}/api/v0/queues/x`, { method: 'DELETE' })).status));
    const refused = statuses.filter((status) => status === 429).length;
    expect(refused).toBeGreaterThan(LIMITS.anonymousBurst / 2);
    expect(await auditCount()).toBe(before + statuses.length - refused);
    expect((await client.call('GET', '/api/v0/troubled-messages')).status).toBe(200);
  });

  it('answers what is not HTTP with a problem', async () => {
    const text = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(new URL(harness.http).port), '127.0.0.1', () => socket.write('BREW / HTCPCP/1.0\r\n\r\n'));
      let received = '';
      socket.setEncoding('utf8').on('data', (chunk: string) => (received += chunk)).on('end', () => resolve(received)).on('error', reject);
    });
    expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n[^]*application\/problem\+json[^]*"status":400/);
  });
});

async function auditCount(): Promise<number> {
  const { rows: [row] } = await harness.superuser.query<{ count: number }>('SELECT count(*)::int AS count FROM gateway.audit_entry');
  return row?.count ?? 0;
}

interface SecureAnswer {
  readonly status: number | undefined;
  readonly text: string;
}

async function overTls(baseUrl: string, path: string, ca: string): Promise<SecureAnswer> {
  return new Promise((resolve, reject) => {
    request(new URL(path, baseUrl), { ca, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk)).on('end', () => resolve({ status: response.statusCode, text }));
    }).on('error', reject).end();
  });
}

describe('the door between servers', () => {
  it('tells over HTTPS what this server is, and answers nothing else (WD-022)', async () => {
    const ca = await readFile(join(harness.dataFolder, 'certificate', 'certificate.pem'), 'utf8');
    const { status, text } = await overTls(harness.dsp, '/watchdoc/server', ca);
    expect([status, JSON.parse(text)]).toMatchObject([200, { serverId: 'the-guid', name: 'here', version: '1.2.3', role: 'single', diskFreeBytes: 7 }]);
    expect((await overTls(harness.dsp, '/api/v0/openapi.json', ca)).status).toBe(404);
    await expect(overTls(harness.dsp, '/watchdoc/server', '')).rejects.toThrow(/self-signed/);
  });
});

describe('behind a reverse proxy', () => {
  let proxied: GatewayHarness;

  beforeAll(async () => {
    proxied = await GatewayHarness.start(owners, { INKPOST_HTTP_TRUSTED_PROXIES: '127.0.0.1, 192.0.2.0/24', INKPOST_HTTP_TLS: 'on' });
  });

  afterAll(() => proxied?.stop());

  it('that nobody declared, a release point is known by the proxy\'s address, whatever it says', async () => {
    await client.call('POST', '/api/v0/release', { code: 'ABC' }, { 'x-forwarded-for': '203.0.113.9', forwarded: 'for=203.0.113.9', 'x-real-ip': '203.0.113.9' });
    expect(releasePoints.at(-1)).toBe('127.0.0.1');
    const { body } = await client.call('GET', '/api/v0/audit?limit=1');
    expect(body['entries']).toMatchObject([{ action: 'POST /api/v0/release', source: '127.0.0.1' }]);
  });

  it('that is trusted, a release point is known by its own address; and the door speaks HTTPS when told to', async () => {
    const ca = await readFile(join(proxied.dataFolder, 'certificate', 'certificate.pem'), 'utf8');
    await new Promise<void>((resolve, reject) => {
      // Whatever the client itself sent stands on the left, and is not believed.
      const headers = { 'content-type': 'application/json', 'x-forwarded-for': '198.51.100.1, 203.0.113.9, 192.0.2.4' };
      request(new URL('/api/v0/release', proxied.http), { ca, method: 'POST', headers }, (response) => response.resume().on('end', resolve)).on('error', reject).end('{"code":"ABC"}');
    });
    expect(releasePoints.at(-1)).toBe('203.0.113.9');
  });
});

describe('upkeep', () => {
  it('forgets journeys after 90 days and sessions that are over, when the gateway starts', async () => {
    await journeyOf('long-ago@example.org', new Date(Date.now() - 91 * 86_400_000));
    const recent = await journeyOf('recent@example.org', new Date(Date.now() - 89 * 86_400_000));
    await harness.superuser.query("INSERT INTO gateway.session (token_sha256, account, directory_id, account_id, login, rights, password_must_change, password_version, source, expires_at) VALUES ('\\x00', 'over', '', '', 'over', '{}', false, 1, '', now())");
    await harness.superuser.query("INSERT INTO gateway.password_known (account, version, raised_at) VALUES ('over', 1, now() - interval '13 hours'), ('recent', 1, now() - interval '11 hours')");
    await harness.restart();
    await expect.poll(() => search('sender=long-ago@example.org')).toEqual([]);
    expect((await search('sender=recent@example.org')).map(({ messageId }) => messageId)).toEqual([recent.messageId]);
    expect((await harness.superuser.query("SELECT FROM gateway.session WHERE account = 'over'")).rowCount).toBe(0);
    expect((await harness.superuser.query("SELECT account FROM gateway.password_known WHERE account IN ('over', 'recent')")).rows).toEqual([{ account: 'recent' }]);
  });
});
