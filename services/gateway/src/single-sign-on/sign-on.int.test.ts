import { SignInService } from '@inkpost/contracts/admin/v1/accounts_pb.js';
import { SingleSignOnService } from '@inkpost/contracts/admin/v1/single_sign_on_pb.js';
import { Code, ConnectError } from '@connectrpc/connect';
import { RIGHTS } from '@inkpost/service/rights.js';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GatewayHarness, type OwnerRoutes } from '../gateway.harness.js';
import { CheckingClient } from '../rest.harness.js';

const SERVER = 'https://login.example.org/authorize?state=s';
const settings = {
  name: 'Corp', issuer: 'https://login.example.org', clientId: 'inkpost', clientAuthentication: 'basic', scopes: ['openid'], loginClaim: 'preferred_username', loginDomain: '', groupsClaim: 'groups', directoryId: 'staff', certificateAuthority: '',
};

/** What guest-account says next, and what it was told. */
const owner = { outcome: 'vouched', problem: '', login: 'ada', isAway: false, told: [] as unknown[] };

const guestAccount: OwnerRoutes = {
  'guest-account': (router) => {
    router.service(SignInService, {
      signIn: () => ({ outcome: 'signed-in', rights: [...RIGHTS], account: { name: 'maintenance' } }),
      checkStanding: () => ({ outcome: 'stands', rights: [...RIGHTS] }),
      signInVouched: (request) => {
        owner.told.push(request);
        const { login, groups } = request;
        return login === 'ada' ? { outcome: 'signed-in', rights: ['jobs.read', 'unheard-of'], account: { name: `STAFF\\${login}`, directoryId: 'staff', accountId: '7', login, vouchedGroups: groups } } : { outcome: 'refused' };
      },
    });
    router.service(SingleSignOnService, {
      getSingleSignOn: () => ({ redirectUri: 'https://print.example.org/back', signOutRedirectUri: 'https://print.example.org/', singleSignOn: { settings: { ...settings, enabled: true }, clientSecretStored: true, version: 3 } }),
      putSingleSignOn: (request) => {
        owner.told.push(request);
        return { singleSignOn: { settings: { ...settings, enabled: request.settings?.enabled ?? false }, clientSecretStored: true, version: 4 } };
      },
      testSingleSignOn: () => ({ passed: false, steps: [{ step: 'metadata', outcome: 'failed', durationMs: 3, text: 'It is away.' }, { step: 'keys', outcome: 'not-run' }] }),
      getSignOnOffer: () => ({ enabled: true, name: 'Corp' }),
      beginSignOn: ({ returnTo }) => {
        if (owner.isAway) throw new ConnectError('The sign-in server login.example.org can\'t be reached: it refuses connections.', Code.Unavailable);
        return owner.outcome === 'off' ? { outcome: 'off' } : { outcome: 'begun', authorizationUrl: SERVER, attempt: `sealed-${Buffer.from(returnTo).toString('base64url')}` };
      },
      finishSignOn: (request) => {
        owner.told.push(request);
        const { outcome, problem, login } = owner;
        return { outcome, problem, directoryId: 'staff', login, groups: ['Operators'], returnTo: '/jobs' };
      },
      beginSignOut: () => (owner.isAway ? Promise.reject(new ConnectError('away', Code.Unavailable)) : { signOutUrl: `${SERVER}&out` }),
    });
  },
};

let harness: GatewayHarness;
let client: CheckingClient;

beforeAll(async () => {
  harness = await GatewayHarness.start(guestAccount);
  return () => harness.stop();
});

beforeEach(() => {
  Object.assign(owner, { outcome: 'vouched', problem: '', login: 'ada', isAway: false, told: [] });
  client = new CheckingClient(harness.http);
});

const START = '/api/v0/session/oidc';
const BROWSER = { accept: 'text/html', 'accept-language': 'en' };

describe('a browser that signs in at the organisation\'s server', () => {
  it('is sent there with what it is to bring back, and is signed in by a cookie when it does', async () => {
    const begun = await client.call('GET', `${START}?returnTo=/jobs`, undefined, BROWSER);
    expect([begun.status, begun.headers.get('location')]).toEqual([303, SERVER]);
    const [, attempt] = /^inkpost-sign-on=([^;]+); Path=\/; HttpOnly; SameSite=Lax; Max-Age=600$/.exec(begun.headers.get('set-cookie') ?? '') ?? [];
    const back = await client.call('GET', `${START}/callback?code=a%20b&state=s&session_state=x`, undefined, { ...BROWSER, cookie: `inkpost-sign-on=${attempt}` });
    expect([back.status, back.headers.get('location'), back.headers.get('cache-control')]).toEqual([303, '/jobs', 'no-store']);
    expect(owner.told).toMatchObject([{ query: expect.stringMatching(/^(?=.*code=a\+b)(?=.*state=s)(?=.*session_state=x)/), attempt }, { directoryId: 'staff', login: 'ada', groups: ['Operators'], source: '127.0.0.1' }]);
    const cookies = back.headers.getSetCookie();
    expect(cookies).toEqual(['inkpost-sign-on=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0', expect.stringMatching(/^inkpost=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/)]);
    const session = await client.call('GET', '/api/v0/session', undefined, { cookie: cookies[1]?.split(';')[0] ?? '' });
    expect(session.body).toMatchObject({ account: 'STAFF\\ada', rights: ['jobs.read'], passwordMustChange: false });
    await client.signIn('maintenance', 'x');
    const { body } = await client.call('GET', '/api/v0/audit?action=callback&limit=1');
    expect(body['entries']).toMatchObject([{ actor: 'STAFF\\ada', outcome: 'done', status: 303 }]);
    expect(JSON.stringify(body)).not.toContain('a+b');
  });

  it.each(['//evil.example', '/\\evil.example', 'https://evil.example', 'jobs', '/\t/evil.example', '/a\r\nSet-Cookie: x', `/${'x'.repeat(500)}`, ''])('is never sent on to %j', async (returnTo) => {
    const { status, body } = await client.call('GET', `${START}?returnTo=${encodeURIComponent(returnTo)}`);
    expect([status, (body['errors'] as { field: string }[])[0]?.field]).toEqual([400, 'returnTo']);
  });

  it.each([
    ['off', 404, 'There is no single sign-on here', false],
    ['unknown', 409, 'This sign-in is not known', true],
    ['expired', 409, 'This sign-in took too long', true],
    ['changed', 409, 'The settings were changed meanwhile', true],
    ['declined', 403, 'The sign-in was declined', true],
    ['nameless', 403, 'The sign-in server does not say who you are', false],
    ['refused', 403, 'The sign-in did not work', true],
  ])('reads why on a page when it comes to nothing: %s', async (outcome, status, title, again) => {
    Object.assign(owner, { outcome, problem: '<b>the secret is wrong</b>' });
    const page = await client.call('GET', `${START}/callback?code=x&state=s`, undefined, BROWSER);
    const text = String(page.body['text']);
    expect([page.status, page.headers.get('set-cookie')]).toEqual([status, null]);
    expect(text).toContain(`<h1>${title}</h1>`);
    expect(text.includes('href="../oidc"')).toBe(again);
    expect(text).not.toContain('<b>');
    if (outcome === 'refused') expect(text).toContain('For your administrator: &lt;b&gt;the secret');
    const french = await client.call('GET', `${START}/callback?code=x&state=s`, undefined, { ...BROWSER, 'accept-language': 'fr' });
    expect(String(french.body['text'])).not.toContain(title);
    expect((await client.call('GET', `${START}/callback?code=x&state=s`)).body['detail']).toContain(title);
  });

  it('reads that it has no account here when the directory does not know it', async () => {
    owner.login = 'stranger';
    const page = await client.call('GET', `${START}/callback?code=x&state=s`, undefined, BROWSER);
    expect([page.status, page.headers.get('set-cookie')]).toEqual([403, null]);
    expect(String(page.body['text'])).toContain('You have no account here');
  });

  it('is not sent there over plain HTTP from elsewhere, where anybody on the way could read its cookie', async () => {
    for (const path of [START, `${START}/callback?code=x&state=s`]) {
      const page = await client.call('GET', path, undefined, { ...BROWSER, 'x-forwarded-for': '203.0.113.9' });
      expect([page.status, page.headers.get('set-cookie')]).toEqual([409, null]);
      expect(String(page.body['text'])).toContain('INKPOST_HTTP_TRUSTED_PROXIES');
    }
    expect(owner.told).toEqual([]);
  });

  it('reads that the server is away', async () => {
    owner.isAway = true;
    const page = await client.call('GET', START, undefined, BROWSER);
    expect([page.status, page.headers.get('retry-after'), page.headers.get('content-security-policy')]).toEqual([503, '5', expect.stringContaining("default-src 'none'")]);
    expect(String(page.body['text'])).toMatch(/login\.example\.org can&#39;t be reached[^]*href="oidc"/);
  });

  it('signs out here and is told where to sign out there, unless the server is away', async () => {
    for (const [isAway, signOutUrl] of [[false, `${SERVER}&out`], [true, null]] as const) {
      owner.isAway = isAway;
      await client.signIn('maintenance', 'x');
      expect((await client.call('POST', `${START}/sign-out`)).body).toEqual({ signOutUrl });
      expect((await client.call('GET', '/api/v0/session')).status).toBe(401);
    }
  });

  it('is offered a button, whoever it is', async () => {
    expect((await client.call('GET', `${START}/offer`)).body).toEqual({ enabled: true, name: 'Corp' });
  });
});

describe('the settings of single sign-on', () => {
  it('are read, changed and tried by who may manage rights, and never show the secret', async () => {
    expect((await client.call('GET', '/api/v0/single-sign-on')).status).toBe(401);
    await client.signIn('maintenance', 'x');
    const { body } = await client.call('GET', '/api/v0/single-sign-on');
    expect(body).toEqual({ redirectUri: 'https://print.example.org/back', signOutRedirectUri: 'https://print.example.org/', singleSignOn: { ...settings, enabled: true, clientSecretStored: true, changedAt: null, version: 3 } });
    expect((await client.call('PUT', '/api/v0/single-sign-on', { name: 'Corp', issuer: 'https://login.example.org', clientId: 'inkpost', clientSecret: 'Never-Sh0wn', directoryId: 'staff', version: 3 })).body).toMatchObject({ version: 4 });
    expect(owner.told).toMatchObject([{ version: 3, settings: { enabled: true, clientSecret: 'Never-Sh0wn', clientAuthentication: 'basic', scopes: ['openid', 'profile', 'email'], loginClaim: 'preferred_username' } }]);
    expect(JSON.stringify((await client.call('GET', '/api/v0/audit')).body)).not.toContain('Never-Sh0wn');
    const test = await client.call('POST', '/api/v0/single-sign-on/test', {});
    expect(test.body).toMatchObject({ passed: false, steps: [{ step: 'metadata', outcome: 'failed', text: 'It is away.' }, { step: 'keys', outcome: 'not-run' }] });
  });
});
