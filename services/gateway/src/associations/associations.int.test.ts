import { createHash } from 'node:crypto';
import { Code, ConnectError, type ConnectRouter } from '@connectrpc/connect';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { AssociationService, type FinishAssociationRequest, MailClientService } from '@inkpost/contracts/admin/v1/associations_pb.js';
import { authorize, callerOf } from '@inkpost/service/control-listener.js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GatewayHarness } from '../gateway.harness.js';
import { LIMITS } from '../limits.js';
import { ownerAnswers, resetPasswords } from '../owner-answers.harness.js';
import { CheckingClient } from '../rest.harness.js';

const soon = timestampFromDate(new Date('2026-01-01T00:10:00Z'));
/** What reached mail-ingest. */
const finished: FinishAssociationRequest[] = [];
const begunWith: Uint8Array[] = [];
const google: { clientId: string; secrets: (string | undefined)[] } = { clientId: '', secrets: [] };

/** mail-ingest's end of the wire: enough for the gateway to show what it makes of each answer. */
function mailIngest(router: ConnectRouter): void {
  router.service(AssociationService, {
    getAssociation: ({ mailboxId }, context) => {
      authorize(context, 'configuration.read');
      if (mailboxId === 'plain') throw new ConnectError('A mailbox of kind imap is not associated.', Code.FailedPrecondition);
      return { association: { state: 'pending', problem: '', redirectUri: 'https://inkpost.test/print/api/v0/oauth/office365/ack', pending: { method: 'device', userCode: 'ABCD-EFGH', verificationUri: 'https://device.test', expiresAt: soon } } };
    },
    beginAssociation: ({ browserSha256, browserOrigin }, context) => {
      authorize(context, 'configuration.write');
      begunWith.push(browserSha256);
      return { authorizationUrl: 'https://authority.test/authorize?state=s', expiresAt: soon, redirectUri: 'https://inkpost.test/print/api/v0/oauth/office365/ack', boundToBrowser: browserOrigin === 'https://inkpost.test' };
    },
    finishAssociation: (request, context) => {
      callerOf(context);
      finished.push(request);
      const outcome = new URLSearchParams(request.query).get('state') ?? '';
      return { outcome, mailboxAddress: 'print@test.example', account: 'print@test.example', problem: outcome === 'refused' ? 'The client secret has expired.' : '' };
    },
    beginDeviceAssociation: (_request, context) => {
      authorize(context, 'configuration.write');
      return { userCode: 'ABCD-EFGH', verificationUri: 'https://device.test', expiresAt: soon };
    },
    deleteAssociation: (_request, context) => {
      authorize(context, 'configuration.write');
      return {};
    },
  });
  router.service(MailClientService, {
    getGoogleClient: () => ({ client: { clientId: google.clientId, clientSecretStored: google.clientId !== '', redirectUri: 'https://inkpost.test/print/api/v0/oauth/office365/ack' } }),
    putGoogleClient: ({ clientId, clientSecret }) => {
      google.clientId = clientId;
      google.secrets.push(clientSecret);
      return { client: { clientId, clientSecretStored: true, changedAt: soon, redirectUri: 'https://inkpost.test/print/api/v0/oauth/office365/ack' } };
    },
  });
}

let harness: GatewayHarness;
let client: CheckingClient;

beforeAll(async () => {
  harness = await GatewayHarness.start({ ...ownerAnswers, 'mail-ingest': mailIngest });
});

afterAll(() => harness?.stop());

beforeEach(async () => {
  resetPasswords();
  client = new CheckingClient(harness.http);
  await client.signIn('ada', 'Right-Passw0rd');
});

const ASSOCIATION = '/api/v0/mailboxes/one/association';

describe('an association', () => {
  it('is shown, with the code that is to be typed', async () => {
    const { status, body } = await client.call('GET', ASSOCIATION);
    expect([status, body]).toEqual([200, {
      state: 'pending', account: null, associatedAt: null, associatedBy: null, expiresAt: null, problem: null, redirectUri: 'https://inkpost.test/print/api/v0/oauth/office365/ack',
      pending: { method: 'device', expiresAt: '2026-01-01T00:10:00.000Z', userCode: 'ABCD-EFGH', verificationUri: 'https://device.test' },
    }]);
    expect((await client.call('GET', '/api/v0/mailboxes/plain/association')).status).toBe(409);
  });

  it('begun by a program is bound to no browser', async () => {
    const { status, headers, body } = await client.call('POST', ASSOCIATION);
    expect([status, body['authorizationUrl'], body['boundToBrowser'], headers.get('set-cookie')]).toEqual([200, 'https://authority.test/authorize?state=s', false, null]);
    expect(begunWith.at(-1)).toHaveLength(0);
  });

  it('begun by a page of the public address is bound to its browser by a cookie that no script reads; another page gets none', async () => {
    const { headers } = await client.call('POST', ASSOCIATION, undefined, { origin: 'https://inkpost.test' });
    const [, secret = '', attributes] = /^inkpost_association=([\w-]{43}); (.*)$/.exec(headers.get('set-cookie') ?? '') ?? [];
    expect(attributes).toBe('Path=/print/api/v0; Max-Age=1800; HttpOnly; SameSite=Lax; Secure');
    expect(Buffer.from(begunWith.at(-1) ?? []).equals(createHash('sha256').update(secret).digest())).toBe(true);
    await client.call('POST', ASSOCIATION, undefined, { origin: 'https://inkpost.test', cookie: `inkpost_association=${secret}` });
    expect(begunWith.at(-1)).toEqual(begunWith.at(-2));
    expect((await client.call('POST', ASSOCIATION, undefined, { origin: 'https://elsewhere.test' })).headers.get('set-cookie')).toBeNull();
  });

  it('at another device and its end need the right to change the configuration', async () => {
    expect((await client.call('POST', `${ASSOCIATION}/device`)).body).toEqual({ userCode: 'ABCD-EFGH', verificationUri: 'https://device.test', expiresAt: '2026-01-01T00:10:00.000Z' });
    expect((await client.call('DELETE', ASSOCIATION)).status).toBe(204);
    await client.signIn('reader', 'Right-Passw0rd');
    expect(await Promise.all([client.call('POST', ASSOCIATION), client.call('POST', `${ASSOCIATION}/device`), client.call('DELETE', ASSOCIATION)]).then((answers) => answers.map(({ status }) => status))).toEqual([403, 403, 403]);
  });
});

describe('the callback', () => {
  const browser = { accept: 'text/html,application/xhtml+xml', 'accept-language': 'fr-FR,fr;q=0.9,en;q=0.8' };
  const come = (query: string, headers: Readonly<Record<string, string>> = browser, provider = 'office365') => new CheckingClient(harness.http).call('GET', `/api/v0/oauth/${provider}/ack?${query}`, undefined, headers);

  it('needs no session, hands on all that came with the browser, and answers in its language', async () => {
    const { status, headers, body } = await come('code=a%20b&state=associated&session_state=x&iss=https%3A%2F%2Fauthority.test', { ...browser, cookie: 'inkpost_association=secret' });
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(body['text']).toContain('<h1>Compte associé avec succès</h1>');
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect([headers.get('cache-control'), headers.get('referrer-policy')]).toEqual(['no-store', 'no-referrer']);
    expect(Object.fromEntries(new URLSearchParams(finished.at(-1)?.query))).toEqual({ code: 'a b', state: 'associated', session_state: 'x', iss: 'https://authority.test' });
    expect(Buffer.from(finished.at(-1)?.browserSha256 ?? []).equals(createHash('sha256').update('secret').digest())).toBe(true);
  });

  it('tells a person by a page, and a program by a problem, what is wrong', async () => {
    const page = await come('state=used', { ...browser, 'accept-language': 'en' });
    expect([page.status, page.headers.get('content-type'), page.body['text']]).toEqual([409, 'text/html; charset=utf-8', expect.stringContaining('<h1>This sign-in was used already</h1>')]);
    const problem = await come('state=refused', { accept: '*/*' });
    expect([problem.status, problem.body['detail']]).toEqual([409, 'The account was not associated: The client secret has expired.']);
    expect((await come('state=associated', browser, 'yahoo')).status).toBe(400);
  });

  it('takes nothing that came twice', async () => {
    const before = finished.length;
    expect((await come('state=associated&code=one&code=two')).status).toBe(400);
    expect(finished.length).toBe(before);
  });

  it('stands in the audit log, without the state and the code', async () => {
    await come('state=associated&code=very-secret');
    const { rows } = await harness.superuser.query<{ action: string; outcome: string; object_id: string; text: string }>("SELECT action, outcome, object_id, e::text AS text FROM gateway.audit_entry e WHERE action LIKE '%oauth%' ORDER BY at DESC LIMIT 1");
    expect(rows).toMatchObject([{ action: 'GET /api/v0/oauth/{provider}/ack', outcome: 'done', object_id: 'office365' }]);
    expect(rows[0]?.text).not.toContain('very-secret');
  });

  it('is a page too while mail-ingest is away', async () => {
    await harness.stopOwner('mail-ingest');
    const { status, body } = await come('state=associated');
    expect([status, body['text']]).toEqual([503, expect.stringContaining('The service mail-ingest does not answer')]);
    await harness.startOwner('mail-ingest');
  });
});

describe('the installation\'s client for Google', () => {
  it('is set, and its secret is never shown', async () => {
    expect((await client.call('GET', '/api/v0/mail-clients/google')).body).toMatchObject({ clientId: null, clientSecretStored: false });
    const { status, body } = await client.call('PUT', '/api/v0/mail-clients/google', { clientId: 'id', clientSecret: 'Never-Sh0wn' });
    expect([status, body, google.secrets]).toEqual([200, { clientId: 'id', clientSecretStored: true, changedAt: '2026-01-01T00:10:00.000Z', redirectUri: 'https://inkpost.test/print/api/v0/oauth/office365/ack' }, ['Never-Sh0wn']]);
    await client.call('PUT', '/api/v0/mail-clients/google', { clientId: 'id' });
    expect(google.secrets).toEqual(['Never-Sh0wn', undefined]);
  });
});

// The last one: it leaves nothing of this address's budget.
describe('a flood of callbacks', () => {
  it('is turned away before it reaches mail-ingest', async () => {
    const before = finished.length;
    const statuses = await Promise.all(Array.from({ length: LIMITS.anonymousBurst * 3 }, () => fetch(`${harness.http}/api/v0/oauth/google/ack?state=unknown-state`).then(({ status }) => status)));
    expect(statuses).toContain(429);
    expect(finished.length - before).toBeLessThan(statuses.length);
  });
});
