import type { MessageInitShape } from '@bufbuild/protobuf';
import { SignInService } from '@inkpost/contracts/admin/v1/accounts_pb.js';
import { DirectoryPeopleService, DirectoryService } from '@inkpost/contracts/admin/v1/directories_pb.js';
import { RightsService } from '@inkpost/contracts/admin/v1/rights_pb.js';
import { type SingleSignOnSettingsSchema, SingleSignOnService } from '@inkpost/contracts/admin/v1/single_sign_on_pb.js';
import { RIGHTS } from '@inkpost/service/rights.js';
import { type SignOnProvider, startSignOnProvider } from '@inkpost/testkit/identity-provider/sign-on-provider.js';
import { Visitor } from '@inkpost/testkit/identity-provider/visitor.js';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseMasterKey, type MasterKey } from '@inkpost/secrets/master-key.js';
import { LINK_LOCAL_REFUSED } from '@inkpost/server-connection/address-rules.js';
import { OpenIdSignInServer } from '../adapters/oidc/openid-sign-in-server.adapter.js';
import { GuestAccountHarness } from '../guest-account.harness.js';
import { SIGN_ON_ATTEMPT_MS } from '../limits.js';
import type { SignOnSettings } from './sign-on-settings.js';
import { SignOns } from './sign-ons.js';
import { SingleSignOnStore } from './single-sign-on.store.js';

const PUBLIC_URL = 'https://print.example.org';
const REDIRECT_URI = `${PUBLIC_URL}/api/v0/session/oidc/callback`;
const users = [
  { address: 'ada@corp.example', password: 'ada-secret', claims: { preferred_username: 'ada', groups: ['Print operators'], email: 'ada@corp.example', email_verified: false } },
  { address: 'zoe@corp.example', password: 'zoe-secret', claims: { preferred_username: 'zoe@corp.example' } },
];

type Settings = MessageInitShape<typeof SingleSignOnSettingsSchema>;
type Service = Awaited<ReturnType<GuestAccountHarness['startService']>>;

let harness: GuestAccountHarness;
let provider: SignOnProvider;
let service: Service;
let directoryId: string;
let settings: Settings;

beforeAll(async () => {
  harness = await GuestAccountHarness.start();
  provider = await startSignOnProvider({ users, redirectUris: [REDIRECT_URI], signOutRedirectUris: [`${PUBLIC_URL}/`] });
  service = await harness.startService({ INKPOST_PUBLIC_URL: PUBLIC_URL });
  const { directory } = await service.client(DirectoryService, ...RIGHTS).createDirectory({ settings: { name: 'STAFF', kind: 'local' } });
  directoryId = directory?.directoryId ?? '';
  await service.client(DirectoryPeopleService, ...RIGHTS).createPerson({ directoryId, settings: { login: 'ada', displayName: 'Ada', addresses: ['ada@corp.example'], groups: ['Staff'] } });
  settings = {
    enabled: true, name: 'Corp', issuer: provider.issuer, clientId: provider.clientId, clientSecret: provider.clientSecret, clientAuthentication: 'basic', scopes: ['openid', 'profile'],
    loginClaim: 'preferred_username', loginDomain: '', groupsClaim: 'groups', directoryId, certificateAuthority: provider.ca,
  };
  return async () => {
    await provider.stop();
    await harness.stop();
  };
});

const admin = () => service.client(SingleSignOnService, ...RIGHTS);
const anybody = () => service.client(SingleSignOnService);

beforeEach(async () => {
  await harness.superuser.query('DELETE FROM guest_account.single_sign_on');
  await admin().putSingleSignOn({ settings });
});

interface Way {
  readonly attempt: string;
  /** What the browser came back with. */
  readonly query: string;
}

/** There and back, as a person with a browser. */
async function visit(account = 'ada@corp.example', password = 'ada-secret', consent: 'accept' | 'cancel' = 'accept'): Promise<Way> {
  const { outcome, authorizationUrl, attempt } = await anybody().beginSignOn({ returnTo: '/jobs' });
  expect(outcome).toBe('begun');
  const back = await new Visitor(provider.ca).signIn(authorizationUrl, { account, password, consent });
  expect(`${back.origin}${back.pathname}`).toBe(REDIRECT_URI);
  return { attempt, query: back.search.slice(1) };
}

describe('single sign-on', () => {
  it('tells who came back by the server\'s word, and guest-account says what they may do', async () => {
    await service.client(RightsService, ...RIGHTS).createProfile({ settings: { name: 'Desk', rights: ['jobs.read'], members: [{ name: 'Print operators' }] } });
    const finished = await anybody().finishSignOn(await visit());
    expect(finished).toMatchObject({ outcome: 'vouched', directoryId, login: 'ada', groups: ['Print operators'], returnTo: '/jobs' });
    const { login, groups } = finished;
    expect(await service.client(SignInService).signInVouched({ directoryId, login, groups, source: '::1' })).toMatchObject({ outcome: 'signed-in', account: { name: 'STAFF\\ada' }, rights: ['jobs.read'] });
    expect(await service.client(SignInService).signInVouched({ directoryId, login: 'nobody', groups, source: '::1' })).toMatchObject({ outcome: 'refused' });
  });

  it('takes what stands in the token where the server says it there', async () => {
    const talkative = await startSignOnProvider({ users, redirectUris: [REDIRECT_URI], signOutRedirectUris: [], claimsInToken: true });
    try {
      await admin().putSingleSignOn({ settings: { ...settings, issuer: talkative.issuer, certificateAuthority: talkative.ca, loginDomain: 'corp.example' } });
      const { authorizationUrl, attempt } = await anybody().beginSignOn({ returnTo: '/' });
      const back = await new Visitor(talkative.ca).signIn(authorizationUrl, { account: 'zoe@corp.example', password: 'zoe-secret' });
      expect(await anybody().finishSignOn({ attempt, query: back.search.slice(1) })).toMatchObject({ outcome: 'vouched', login: 'zoe' });
    } finally {
      await talkative.stop();
    }
  });

  it('asks with PKCE, state and nonce, each new, and shows none of what proves the browser', async () => {
    const begun = await Promise.all([anybody().beginSignOn({ returnTo: '/' }), anybody().beginSignOn({ returnTo: '/' })]);
    const asked = begun.map(({ authorizationUrl }) => new URL(authorizationUrl).searchParams);
    for (const name of ['state', 'nonce', 'code_challenge']) {
      expect(asked[0]?.get(name)?.length).toBeGreaterThan(40);
      expect(asked[0]?.get(name)).not.toBe(asked[1]?.get(name));
    }
    expect([asked[0]?.get('code_challenge_method'), asked[0]?.get('response_type'), asked[0]?.get('redirect_uri'), asked[0]?.get('scope')]).toEqual(['S256', 'code', REDIRECT_URI, 'openid profile']);
    expect(Buffer.from(begun[0]?.attempt ?? '', 'base64url').toString('latin1')).not.toContain(asked[0]?.get('state'));
  });

  it('lets nobody finish what another browser began, or what was changed, or twice', async () => {
    const [mine, other] = [await visit(), await visit()];
    const outcome = async (way: Way) => (await anybody().finishSignOn(way)).outcome;
    expect(await outcome({ query: mine.query, attempt: '' })).toBe('unknown');
    expect(await outcome({ query: mine.query, attempt: other.attempt })).toBe('unknown');
    expect(await outcome({ query: mine.query, attempt: `${mine.attempt.slice(0, -6)}AAAAAA` })).toBe('unknown');
    expect(await outcome({ query: mine.query, attempt: Buffer.from('no attempt at all, but long enough to be one').toString('base64url') })).toBe('unknown');
    expect(await outcome({ query: mine.query.replace(/code=[^&]+/, 'code=forged'), attempt: mine.attempt })).toBe('refused');
    expect(await outcome(mine)).toBe('vouched');
    expect(await outcome(mine)).toBe('refused');
  });

  it('takes no longer than ten minutes, and ends with the master key that it began with', async () => {
    const server = new OpenIdSignInServer({ certificates: '', rules: LINK_LOCAL_REFUSED });
    const partsWith = (masterKey: MasterKey) => ({ server, masterKey, publicUrl: PUBLIC_URL, store: new SingleSignOnStore(harness.database.pool('guest-account'), masterKey) });
    const [first, second] = [partsWith(parseMasterKey(`1:${'a'.repeat(64)}`)), partsWith(parseMasterKey(`2:${'b'.repeat(64)} hashing:${'c'.repeat(64)}`))];
    const { clientSecret, ...own } = settings;
    const before = await first.store.load();
    await first.store.write({ settings: { ...before?.settings, ...own } as SignOnSettings, clientSecret }, before);
    const begun = await new SignOns(first).begin('/', new Date(0));
    const query = `state=${new URL(begun?.url ?? '').searchParams.get('state')}&code=any`;
    const finish = (parts: typeof first, milliseconds: number) => new SignOns(parts).finish(query, begun?.attempt ?? '', new Date(milliseconds));
    expect(await finish(first, SIGN_ON_ATTEMPT_MS + 1)).toEqual({ outcome: 'expired' });
    expect(await finish(first, SIGN_ON_ATTEMPT_MS)).toMatchObject({ outcome: 'refused' });
    expect(await finish(second, 0)).toEqual({ outcome: 'unknown' });
  });

  it('begins anew when the settings were changed meanwhile, and ends when it is switched off', async () => {
    const way = await visit();
    await admin().putSingleSignOn({ settings: { ...settings, name: 'Corporation' } });
    expect(await anybody().finishSignOn(way)).toMatchObject({ outcome: 'changed' });
    expect(await anybody().getSignOnOffer({})).toMatchObject({ enabled: true, name: 'Corporation' });
    await admin().putSingleSignOn({ settings: { ...settings, enabled: false } });
    expect([(await anybody().finishSignOn(way)).outcome, (await anybody().beginSignOn({ returnTo: '/' })).outcome, (await anybody().beginSignOut({})).signOutUrl]).toEqual(['off', 'off', '']);
    expect(await anybody().getSignOnOffer({})).toMatchObject({ enabled: false, name: '' });
  });

  it('says so when the person declines, and when the server names nobody', async () => {
    expect(await anybody().finishSignOn(await visit('ada@corp.example', 'ada-secret', 'cancel'))).toMatchObject({ outcome: 'declined' });
    await admin().putSingleSignOn({ settings: { ...settings, loginClaim: 'employee_number' } });
    expect(await anybody().finishSignOn(await visit())).toMatchObject({ outcome: 'nameless', problem: expect.stringContaining('"employee_number"') });
    await admin().putSingleSignOn({ settings: { ...settings, loginClaim: 'email' } });
    expect(await anybody().finishSignOn(await visit())).toMatchObject({ outcome: 'nameless', problem: expect.stringContaining('email_verified') });
  });

  it('signs people out at the server too', async () => {
    const url = new URL((await anybody().beginSignOut({})).signOutUrl);
    expect([url.origin, url.searchParams.get('client_id'), url.searchParams.get('post_logout_redirect_uri')]).toEqual([provider.issuer, provider.clientId, `${PUBLIC_URL}/`]);
  });
});

describe('the settings of single sign-on', () => {
  it('keep the client\'s secret sealed and never show it, and keep it for the same server alone', async () => {
    const { singleSignOn, redirectUri } = await admin().getSingleSignOn({});
    expect(redirectUri).toBe(REDIRECT_URI);
    expect(singleSignOn).toMatchObject({ clientSecretStored: true, settings: { issuer: provider.issuer, scopes: ['openid', 'profile'] } });
    const { rows } = await harness.superuser.query<{ row: string }>("SELECT s::text || encode(sealed_client_secret, 'escape') AS row FROM guest_account.single_sign_on s");
    expect(JSON.stringify([singleSignOn?.settings, rows])).not.toContain(provider.clientSecret);
    const { clientSecret: _, ...withoutSecret } = settings;
    await admin().putSingleSignOn({ settings: { ...withoutSecret, name: 'Other' } });
    expect((await anybody().finishSignOn(await visit())).outcome).toBe('vouched');
    await expect(admin().putSingleSignOn({ settings: { ...withoutSecret, issuer: 'https://evil.example' } })).rejects.toThrow('clientSecret: must be given with another issuer or clientId');
    await expect(admin().testSingleSignOn({ draft: { ...withoutSecret, issuer: 'https://evil.example' } })).rejects.toThrow('clientSecret: must be given');
  });

  it.each([
    [{ issuer: 'http://login.example.org' }, 'issuer: must be the address'],
    [{ issuer: 'https://login.example.org?tenant=1' }, 'issuer: must be the address'],
    [{ issuer: 'https://user@login.example.org' }, 'issuer: must be the address'],
    [{ name: ' ' }, 'name: must not be empty'],
    [{ clientId: 'x'.repeat(251) }, 'clientId: must have at most 250 characters'],
    [{ clientSecret: 'x'.repeat(1_001) }, 'clientSecret: must have at most 1000 characters'],
    [{ clientAuthentication: 'none' }, 'clientAuthentication: must be one of basic, post'],
    [{ scopes: ['profile', 'two words'] }, 'scopes[1]: must be a scope'],
    [{ scopes: Array.from({ length: 20 }, (_, index) => `s${index}`) }, 'scopes: must be at most 20'],
    [{ loginClaim: '' }, 'loginClaim: must not be empty'],
    [{ loginDomain: 'not a domain' }, 'loginDomain: must be a domain'],
    [{ directoryId: 'meta' }, 'directoryId: must be the identifier of a directory, not of META'],
    [{ directoryId: 'no-such' }, 'directoryId: must be the identifier'],
    [{ certificateAuthority: 'PEM' }, 'certificateAuthority: must be a certificate in PEM form'],
  ])('%j are refused with the field and what to do', async (change, message) => {
    await expect(admin().putSingleSignOn({ settings: { ...settings, ...change } })).rejects.toThrow(message);
  });

  it('are for who may manage rights, and who has all that the directory\'s people may get', async () => {
    await service.client(RightsService, ...RIGHTS).createProfile({ settings: { name: 'Chiefs', rights: ['configuration.write'], members: [{ name: 'Chiefs', directoryId }] } });
    for (const rights of [[], ['configuration.write'] as const]) await expect(service.client(SingleSignOnService, ...rights).getSingleSignOn({})).rejects.toThrow('rights.manage');
    const lesser = service.client(SingleSignOnService, 'rights.manage');
    await expect(lesser.putSingleSignOn({ settings })).rejects.toThrow(/you lack .*configuration\.write/);
    await expect(lesser.deleteSingleSignOn({})).rejects.toThrow('you lack');
    await admin().deleteSingleSignOn({});
    expect((await admin().getSingleSignOn({})).singleSignOn).toBeUndefined();
    await expect(admin().deleteSingleSignOn({})).rejects.toThrow('Single sign-on is not set.');
  });

  it('are not overwritten by who read them before somebody else changed them', async () => {
    const { singleSignOn } = await admin().getSingleSignOn({});
    const version = singleSignOn?.version ?? 0;
    await admin().putSingleSignOn({ settings, version });
    await expect(admin().putSingleSignOn({ settings, version })).rejects.toThrow('Somebody changed the single sign-on meanwhile');
  });
});

describe('a test of single sign-on', () => {
  const outcomes = async (draft?: Settings) => (await admin().testSingleSignOn(draft ? { draft } : {})).steps.map(({ step, outcome, text }) => [step, outcome, text]);

  it('goes step by step to the server, as it is set and as a draft', async () => {
    const good = [['metadata', 'passed', expect.stringContaining(provider.issuer)], ['keys', 'passed', expect.stringContaining('one key')], ['client', 'passed', expect.stringContaining('takes inkpost and its secret')], ['directory', 'passed', expect.stringContaining('in STAFF by "preferred_username"')]];
    expect(await outcomes()).toEqual(good);
    await admin().deleteSingleSignOn({});
    expect(await outcomes(settings)).toEqual(good);
    await expect(admin().testSingleSignOn({})).rejects.toThrow('Single sign-on is not set.');
  });

  it.each([
    ['a wrong secret', { clientSecret: 'wrong' }, 'client', /compare clientId, clientSecret and clientAuthentication/],
    ['a client that the server doesn\'t know', { clientId: 'unknown' }, 'client', /compare clientId, clientSecret and clientAuthentication/],
    ['a certificate that nobody vouches for', { certificateAuthority: '' }, 'metadata', /can't be trusted: /],
    ['a wrong issuer on the right server', { issuer: 'PROVIDER/realm' }, 'metadata', /describes itself nowhere below/],
    ['an issuer that is not what the server calls itself', { issuer: 'https://127.0.0.1:PORT' }, 'metadata', /calls itself otherwise than issuer says/],
    ['a server that isn\'t there', { issuer: 'https://localhost:1' }, 'metadata', /can't be reached: it refuses connections/],
    ['a name that nobody knows', { issuer: 'https://no-such-host.invalid' }, 'metadata', /can't be reached: its name/],
    ['a link-local address', { issuer: 'https://169.254.169.254/latest' }, 'metadata', /link-local or metadata address.*Nothing was sent there/],
  ])('finds %s', async (_what, change, failing, sentence) => {
    const draft = { ...settings, ...change, ...('issuer' in change ? { issuer: change.issuer?.replace('PROVIDER', provider.issuer).replace('PORT', new URL(provider.issuer).port) ?? '' } : {}) };
    const steps = await outcomes(draft);
    const failed = steps.findIndex(([, outcome]) => outcome === 'failed');
    expect(steps[failed]).toEqual([failing, 'failed', expect.stringMatching(sentence)]);
    expect(steps.slice(failed + 1).map(([, outcome]) => outcome)).toEqual(steps.slice(failed + 1).map(() => 'not-run'));
  });
});

describe('a sign-in server', () => {
  it('that is away is said to be so, and nobody is signed in meanwhile', async () => {
    await admin().putSingleSignOn({ settings: { ...settings, issuer: 'https://localhost:1' } });
    await expect(anybody().beginSignOn({ returnTo: '/' })).rejects.toThrow('The sign-in server localhost:1 can\'t be reached: it refuses connections.');
  });

  it('whose token is signed with another key than it shows vouches for nobody', async () => {
    const forged = await startSignOnProvider({ users, redirectUris: [REDIRECT_URI], signOutRedirectUris: [], claimsInToken: true });
    try {
      forged.forgeSignatures();
      await admin().putSingleSignOn({ settings: { ...settings, issuer: forged.issuer, certificateAuthority: forged.ca } });
      const { authorizationUrl, attempt } = await anybody().beginSignOn({ returnTo: '/' });
      const back = await new Visitor(forged.ca).signIn(authorizationUrl, { account: 'ada@corp.example', password: 'ada-secret' });
      expect(await anybody().finishSignOn({ attempt, query: back.search.slice(1) })).toMatchObject({ outcome: 'refused', problem: expect.stringMatching(/is not taken: .*signature/) });
    } finally {
      await forged.stop();
    }
  });
});
