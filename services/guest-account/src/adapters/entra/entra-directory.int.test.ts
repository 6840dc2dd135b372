import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runSteps } from '@inkpost/server-connection/run-steps.js';
import { makeCertificate } from '@inkpost/testkit/make-certificate.js';
import type { DirectoryPerson, PeopleDirectory } from '../../ports/directory.port.js';
import { EntraPlaces } from './entra-places.harness.js';

const users = [
  {
    userPrincipalName: 'ada@corp.example', displayName: 'Ada Lovelace', mail: 'Ada@Corp.example', proxyAddresses: ['smtp:lovelace@corp.example', 'SMTP:countess@corp.example', 'SIP:ada@corp.example'],
    otherMails: ['ada.private@elsewhere.example'], preferredLanguage: 'fr-CA', onPremisesSamAccountName: 'alovelace',
  },
  { userPrincipalName: 'o\'hara@corp.example', displayName: 'Scarlett O\'Hara', mail: 'o\'hara@corp.example' },
  { userPrincipalName: 'zoe@corp.example', displayName: 'Zoë', mail: 'zoë@büro.example' },
  { userPrincipalName: 'gone@corp.example', displayName: 'Gone', mail: 'gone@corp.example', accountEnabled: false },
  { userPrincipalName: 'twin1@corp.example', mail: 'twin@corp.example' },
  { userPrincipalName: 'twin2@corp.example', proxyAddresses: ['smtp:TWIN@corp.example'] },
  { userPrincipalName: 'visitor_elsewhere.example#EXT#@corp.example', displayName: 'Visitor', mail: 'visitor@elsewhere.example', userType: 'Guest' as const },
];
const groups = { 'Print users': ['ada@corp.example'], Everybody: ['Print users', 'o\'hara@corp.example'], Readers: ['zoe@corp.example'] };

describe('a directory of Entra', () => {
  let places: EntraPlaces;

  beforeAll(async () => {
    places = await EntraPlaces.start({ users, groups });
    return () => places.stop();
  });
  afterEach(() => {
    places.permissions = ['User.Read.All', 'GroupMember.Read.All'];
    places.graph.setTenant({ users, groups });
    Object.assign(places.graph, { pageSizeMax: 999, emptyFirstPage: false, linksTo: undefined });
    places.provider.refuse('office365', undefined);
  });

  const failure = async (work: Promise<unknown>): Promise<string> => work.then(() => 'nothing failed', (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : String(error)));
  const person = async (directory: PeopleDirectory, address: string): Promise<DirectoryPerson> => {
    const found = await directory.findByAddress(address);
    if (found.kind !== 'found') throw new Error(`${address} is ${found.kind}`);
    return found.person;
  };

  describe('finds', () => {
    it('a person by each address, in any case, with the same account and the main address first', async () => {
      const directory = places.directory();
      const people = await Promise.all(['ada@corp.example', 'lovelace@corp.example', 'countess@corp.example', 'ada.private@elsewhere.example'].map((address) => person(directory, address)));
      expect(people[0]).toMatchObject({
        login: 'ada@corp.example', displayName: 'Ada Lovelace', language: 'fr-CA', locked: false, addresses: ['ada@corp.example', 'countess@corp.example', 'lovelace@corp.example', 'ada.private@elsewhere.example'],
      });
      expect(people.slice(1)).toEqual([people[0], people[0], people[0]]);
      expect(await directory.findByAddress('nobody@corp.example')).toEqual({ kind: 'nobody' });
      expect(places.provider.tokenRequests()).toHaveLength(1);
    });

    it('addresses with a quote, and those whose domain is written in another alphabet', async () => {
      const directory = places.directory();
      expect(await person(directory, 'o\'hara@corp.example')).toMatchObject({ displayName: 'Scarlett O\'Hara' });
      expect(await person(directory, 'zoë@xn--bro-hoa.example')).toMatchObject({ displayName: 'Zoë', addresses: ['zoë@xn--bro-hoa.example', 'zoe@corp.example'] });
      expect(await directory.findByAddress('\' or mail eq \'ada@corp.example')).toEqual({ kind: 'nobody' });
    });

    it('the same account after the person was renamed, and another one for another directory', async () => {
      const before = await person(places.directory(), 'ada@corp.example');
      const [ada, ...others] = users;
      places.graph.setTenant({ users: [{ ...ada, userPrincipalName: 'king@corp.example', id: before.reference }, ...others], groups });
      expect(await person(places.directory(), 'ada@corp.example')).toMatchObject({ login: 'king@corp.example', accountId: before.accountId });
    });

    it('several people of one address as ambiguous, and disabled accounts as locked', async () => {
      expect(await places.directory().findByAddress('twin@corp.example')).toEqual({ kind: 'ambiguous', logins: ['twin1@corp.example', 'twin2@corp.example'] });
      expect(await person(places.directory(), 'gone@corp.example')).toMatchObject({ locked: true });
    });

    it('guests of the tenant only where that is wanted, and addresses only in the properties that are named', async () => {
      expect(await places.directory().findByAddress('visitor@elsewhere.example')).toEqual({ kind: 'nobody' });
      expect(await person(places.directory({ externalUsers: true }), 'visitor@elsewhere.example')).toMatchObject({ displayName: 'Visitor' });
      const narrow = places.directory({ addressProperties: ['mail'] });
      expect(await narrow.findByAddress('ada.private@elsewhere.example')).toEqual({ kind: 'nobody' });
      expect(await person(narrow, 'ada@corp.example')).toMatchObject({ addresses: ['ada@corp.example'] });
    });

    it('a person whose address many guests of the tenant have too', async () => {
      const guests = Array.from({ length: 20 }, (_, n) => ({ userPrincipalName: `a${n}#EXT#@corp.example`, otherMails: ['ada@corp.example'], userType: 'Guest' as const }));
      places.graph.setTenant({ users: [...guests, ...users], groups });
      expect(await person(places.directory(), 'ada@corp.example')).toMatchObject({ displayName: 'Ada Lovelace' });
      expect(await places.directory({ externalUsers: true }).findByAddress('ada@corp.example')).toEqual({ kind: 'ambiguous', logins: guests.slice(0, 5).map(({ userPrincipalName }) => userPrincipalName) });
    });

    it('a person by the login of choice, in any case', async () => {
      expect(await places.directory().findByLogin('ADA@corp.example')).toMatchObject({ kind: 'found', person: { login: 'ada@corp.example' } });
      expect(await places.directory({ loginProperty: 'onPremisesSamAccountName' }).findByLogin('ALovelace')).toMatchObject({ kind: 'found', person: { login: 'alovelace' } });
      expect([await places.directory().findByLogin('alovelace'), await places.directory().findByLogin('')]).toEqual([{ kind: 'nobody' }, { kind: 'nobody' }]);
    });

    it('groups, also those by other groups, page by page, and neither roles nor what is on an empty page twice', async () => {
      const directory = places.directory();
      const ada = await person(directory, 'ada@corp.example');
      expect(await directory.groupsOf(ada)).toEqual(['Everybody', 'Print users']);
      Object.assign(places.graph, { pageSizeMax: 1, emptyFirstPage: true });
      expect(await directory.groupsOf(ada)).toEqual(['Everybody', 'Print users']);
      expect(await directory.findByAddress('twin@corp.example')).toMatchObject({ kind: 'ambiguous' });
    });

    it('nobody by a password: that is Entra\'s own matter', async () => {
      expect([await places.directory().checkCredentials(), places.directory().noPasswords]).toEqual([false, expect.stringContaining('single sign-on')]);
    });
  });

  describe('signs in', () => {
    it('with a certificate of its own, and says when it runs out', async () => {
      const { certificate, key } = await makeCertificate({ commonName: 'Inkpost', keyKind: 'rsa' });
      const directory = places.directory({ signIn: 'certificate', certificate, clientId: places.provider.certifyApplication(certificate) }, key);
      expect(await person(directory, 'ada@corp.example')).toMatchObject({ login: 'ada@corp.example' });
      const [signIn] = await runSteps(directory.testWay().steps, AbortSignal.timeout(10_000));
      expect(signIn).toMatchObject({ outcome: 'passed', text: expect.stringMatching(/lets the application .* in\. Its certificate is valid until \d{4}-\d\d-\d\d, soon/) as unknown });
      const other = await makeCertificate({ commonName: 'Another', keyKind: 'rsa' });
      expect(await failure(places.directory({ signIn: 'certificate', certificate: other.certificate, clientId: places.provider.certifyApplication(certificate) }, other.key).findByAddress('ada@corp.example'))).toMatch(/^CauseDown: Entra ID/);
      const old = await makeCertificate({ commonName: 'Old', keyKind: 'rsa', validFrom: new Date(Date.now() - 9 * 86_400_000), validTo: new Date(Date.now() - 86_400_000) });
      expect(await failure(places.directory({ signIn: 'certificate', certificate: old.certificate }, old.key).findByAddress('ada@corp.example'))).toMatch(/certificate expired on/);
    });

    it('again before its token runs out, and once more when Graph takes it no longer', async () => {
      const directory = places.directory();
      await directory.findByAddress('ada@corp.example');
      const asked = places.provider.tokenRequests().length;
      await directory.findByAddress('ada@corp.example');
      expect(places.provider.tokenRequests()).toHaveLength(asked);
      places.graph.fail({ status: 401, code: 'InvalidAuthenticationToken' });
      expect(await directory.findByAddress('ada@corp.example')).toMatchObject({ kind: 'found' });
      expect(places.provider.tokenRequests()).toHaveLength(asked + 1);
      places.graph.fail({ status: 401, code: 'InvalidAuthenticationToken' }, 2);
      expect(await failure(directory.findByAddress('ada@corp.example'))).toMatch(/did not accept the token .*InvalidAuthenticationToken/);
      places.provider.setAccessTokenSeconds(1);
      const brief = places.directory();
      await brief.findByAddress('ada@corp.example');
      const before = places.provider.tokenRequests().length;
      await expect.poll(async () => {
        await brief.findByAddress('ada@corp.example');
        return places.provider.tokenRequests().length;
      }).toBeGreaterThan(before);
      places.provider.setAccessTokenSeconds(3_600);
    });

    it.each([
      ['secret-expired', /client secret has expired\. Make a new one .*\(AADSTS7000222\)/],
      ['admin-consent-missing', /Entra ID refuses the application: .*consent/],
    ] as const)('in vain, and says why: %s', async (reason, text) => {
      places.provider.refuse('office365', reason);
      expect(await failure(places.directory().findByAddress('ada@corp.example'))).toMatch(text);
    });

    it('in vain with a wrong secret, tenant or client, and never shows the secret', async () => {
      const texts = await Promise.all([
        failure(places.directory({}, 'hunter2-wrong').findByAddress('ada@corp.example')),
        failure(places.directory({ tenantId: 'other.example' }).findByAddress('ada@corp.example')),
        failure(places.directory({}, undefined, '').findByAddress('ada@corp.example')),
      ]);
      expect(texts).toEqual([expect.stringMatching(/secret is wrong/), expect.stringMatching(/knows no such tenant/), expect.stringMatching(/certificate of Entra ID \(localhost:\d+\) is not trusted/)]);
      expect(texts.join()).not.toContain('hunter2');
    });
  });

  describe('that is troubled', () => {
    it('is waited for as long as it says, and left alone where that is too long', async () => {
      const directory = places.directory();
      await directory.findByAddress('ada@corp.example');
      places.graph.fail({ status: 429, code: 'TooManyRequests', headers: { 'retry-after': '1' } });
      const before = performance.now();
      expect(await directory.findByAddress('ada@corp.example')).toMatchObject({ kind: 'found' });
      expect(performance.now() - before).toBeGreaterThan(990);
      places.graph.fail({ status: 429, code: 'TooManyRequests', headers: { 'retry-after': '120' } });
      expect(await failure(directory.findByAddress('ada@corp.example'))).toBe('CauseDown: Microsoft Graph is overloaded or got too many requests of this application, and wants none for a while.');
      const asked = places.graph.requests.length;
      expect(await failure(directory.findByAddress('o\'hara@corp.example'))).toMatch(/wants none for a while/);
      expect(places.graph.requests).toHaveLength(asked);
    });

    it('is not hurried where it says that it may be asked again at once', async () => {
      const directory = places.directory({ timeoutMs: 700 });
      await directory.findByAddress('ada@corp.example');
      const before = places.graph.requests.length;
      places.graph.fail({ status: 503, headers: { 'retry-after': '0' } }, 10);
      expect(await failure(directory.findByAddress('ada@corp.example'))).toMatch(/overloaded/);
      expect(places.graph.requests.length - before).toBeLessThan(6);
      places.graph.heal();
    });

    it.each([
      ['is silent', { silence: true }, /Microsoft Graph \(localhost:\d+\) can't be reached: it does not answer in time/],
      ['fails', { status: 500, code: 'InternalServerError' }, /answers with 500 \(InternalServerError\)/],
      ['is a proxy', { body: '<h1>Sign in to the internet</h1>' }, /does not answer as Microsoft Graph does/],
      ['refuses the question', { status: 400, code: 'Request_UnsupportedQuery' }, /answers with 400 \(Request_UnsupportedQuery\)/],
    ] as const)('says so: %s', async (_what, fault, text) => {
      const directory = places.directory({ timeoutMs: 500 });
      await directory.findByAddress('ada@corp.example');
      places.graph.fail(fault);
      expect(await failure(directory.findByAddress('ada@corp.example'))).toMatch(text);
      expect(await directory.findByAddress('ada@corp.example')).toMatchObject({ kind: 'found' });
    });

    it('never sends its token to another server, whatever a page leads to', async () => {
      const directory = places.directory();
      const ada = await person(directory, 'ada@corp.example');
      Object.assign(places.graph, { pageSizeMax: 1, linksTo: 'https://evil.example' });
      expect(await failure(directory.groupsOf(ada))).toMatch(/leads to another server .* not followed/);
    });

    it('by missing permissions says which to grant', async () => {
      const directory = places.directory();
      const ada = await person(directory, 'ada@corp.example');
      places.permissions = ['User.Read.All'];
      expect(await failure(directory.groupsOf(ada))).toMatch(/GroupMember\.Read\.All/);
      places.permissions = ['User.ReadBasic.All'];
      expect(await failure(directory.findByAddress('ada@corp.example'))).toMatch(/User\.Read\.All, with admin consent/);
      places.permissions = ['GroupMember.Read.All'];
      expect(await failure(directory.findByAddress('ada@corp.example'))).toMatch(/Authorization_RequestDenied.*User\.Read\.All and GroupMember\.Read\.All/);
    });
  });

  it('is tested step by step', async () => {
    const tested = async (directory = places.directory()) => (await runSteps(directory.testWay().steps, AbortSignal.timeout(10_000))).map(({ step, outcome, text }) => `${step} ${outcome}: ${text}`);
    expect(await tested()).toEqual([expect.stringMatching(/^sign-in passed: Entra ID lets the application .* in\.$/), 'people passed: 7 people in the tenant, external users among them.']);
    places.permissions = ['User.ReadBasic.All'];
    expect((await tested())[1]).toMatch(/^people failed: .*User\.Read\.All/);
    expect(await tested(places.directory({}, 'wrong'))).toEqual([expect.stringMatching(/^sign-in failed: .*secret is wrong/), 'people not-run: ']);
  });
});
