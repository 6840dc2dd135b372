import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SignInService } from '@inkpost/contracts/admin/v1/accounts_pb.js';
import { GuestService } from '@inkpost/contracts/admin/v1/guests_pb.js';
import { RightsService } from '@inkpost/contracts/admin/v1/rights_pb.js';
import { RIGHTS } from '@inkpost/service/rights.js';
import { describeWithServer } from '@inkpost/testkit/describe-with-server.js';
import { type SlapdServer, startSlapd } from '@inkpost/testkit/slapd-server.js';
import { DIRECTORY_SIGN_INS_MAX } from '../limits.js';
import { DirectoriesHarness, ldapOf, refusal } from '../directories/directories.harness.js';

const HERE = '192.0.2.1';
const PASSWORD = 'Paper-2026';

describeWithServer('slapd', 'people of directories', () => {
  let desk: DirectoriesHarness;
  let slapd: SlapdServer;
  let ids: { ad: string; local: string };
  let signIn: ReturnType<typeof client>;

  const client = () => desk.service.client(SignInService);
  const rights = () => desk.service.client(RightsService, ...RIGHTS);
  const enter = (account: string, password = PASSWORD, source = HERE) => signIn.signIn({ account, password, source });
  const forgetAttempts = () => desk.base.superuser.query('TRUNCATE guest_account.sign_in_delay, guest_account.sign_in_familiar');
  const counted = async () => (await desk.base.superuser.query<{ subject: string; failures: number }>("SELECT subject, failures FROM guest_account.sign_in_delay WHERE scope = 'account'")).rows;
  const guest = (login: string, more: object = {}) => desk.service.client(GuestService, ...RIGHTS).createGuest({ settings: { login, password: PASSWORD, ...more } });
  const local = (login: string, more: object = {}) => desk.clients.people.createPerson({ directoryId: ids.local, settings: { login, addresses: [`${login}@local.example`], password: PASSWORD, ...more } });

  beforeAll(async () => {
    desk = await DirectoriesHarness.start();
    slapd = await startSlapd({
      organisation: {
        suffix: 'dc=ad,dc=example', groups: { 'Print admins': ['ada'], staff: ['ada', 'both'] },
        people: [
          { uid: 'ada', name: 'Ada', mail: ['ada@ad.example'], password: PASSWORD }, { uid: 'both', name: 'Both at AD', mail: ['both@ad.example'], password: PASSWORD },
          { uid: 'nopassword', name: 'None', mail: ['none@ad.example'] },
        ],
      },
    });
    ids = { ad: await desk.add({ name: 'AD_ORGA', aliases: ['corp'], kind: 'ldap', ldap: ldapOf(slapd, { timeoutMs: 800 }) }), local: await desk.add({ name: 'Agency', kind: 'local' }) };
    await desk.setMembers(ids.ad, ids.local, 'guests');
    await rights().createProfile({
      settings: {
        name: 'Admin_Skyprint', rights: ['configuration.read', 'configuration.write', 'guests.read', 'guests.add', 'guests.edit', 'guests.delete'],
        members: [{ name: 'Print admins', directoryId: ids.ad }, { name: '@skyprint', directoryId: 'guests' }],
      },
    });
    signIn = client();
  });
  afterAll(async () => {
    await slapd?.remove();
    await desk?.stop();
  });
  beforeEach(forgetAttempts);

  describe('sign in', () => {
    it('by a bind as the entry that is found, with the rights of their groups (WSC-008, V-01)', async () => {
      const answer = await enter('ada');
      expect(answer).toMatchObject({ outcome: 'signed-in', account: { name: 'AD_ORGA\\ada', directoryId: ids.ad, login: 'ada' }, passwordVersion: 0n, passwordMustChange: false });
      expect(answer.rights).toEqual(['configuration.read', 'configuration.write', 'guests.read', 'guests.add', 'guests.edit', 'guests.delete']);
      expect(await enter('both')).toMatchObject({ outcome: 'signed-in', account: { name: 'AD_ORGA\\both' }, rights: [] });
    });

    it('with a directory\'s name or alias before the login, in any case', async () => {
      for (const name of ['AD_ORGA\\ada', 'ad_orga\\ADA', ' Corp \\ ada ']) expect(await enter(name), name).toMatchObject({ outcome: 'signed-in', account: { name: 'AD_ORGA\\ada' } });
      for (const name of ['META\\ada', 'Agency\\ada', 'elsewhere\\ada', '\\ada', 'AD_ORGA\\']) expect(await enter(name), name).toMatchObject({ outcome: 'refused' });
    });

    it('as the first in META\'s order by a login alone, and further down by the directory\'s name', async () => {
      await local('both', { password: 'Other-2026' });
      expect(await enter('both', 'Other-2026')).toMatchObject({ outcome: 'refused' });
      expect(await enter('Agency\\both', 'Other-2026')).toMatchObject({ outcome: 'signed-in', account: { name: 'Agency\\both' } });
      await desk.setMembers(ids.local, ids.ad, 'guests');
      expect(await enter('both', 'Other-2026')).toMatchObject({ outcome: 'signed-in', account: { name: 'Agency\\both' } });
      await desk.setMembers(ids.ad, ids.local, 'guests');
    });

    it('as a guest with rights of its own: the manual\'s @skyprint (SKY-019, SKY-021, WSC-009)', async () => {
      await guest('skyprint');
      expect(await enter('skyprint')).toMatchObject({ outcome: 'signed-in', account: { name: 'guests\\skyprint', directoryId: 'guests' }, rights: { length: 6 } });
      expect((await enter('guests\\SkyPrint')).outcome).toBe('signed-in');
    });
  });

  describe('are refused, all alike', () => {
    it.each([
      ['a wrong password', 'ada', 'wrong'], ['an unknown login', 'nobody', PASSWORD], ['no password at all (RFC 4513, 5.1.2)', 'ada', ''],
      ['an account that has no password', 'nopassword', 'anything'], ['an LDAP filter instead of a login', 'a*', PASSWORD],
    ])('with %s', async (_name, account, password) => {
      const answer = await enter(account, password);
      expect({ ...answer, $typeName: '' }).toEqual({ $typeName: '', outcome: 'refused', rights: [], passwordMustChange: false, retryAfterSeconds: 0, passwordVersion: 0n });
    });

    it('when they are locked, not valid yet or no longer', async () => {
      const [past, ahead] = [timestampFromDate(new Date(Date.now() - 60_000)), timestampFromDate(new Date(Date.now() + 3_600_000))];
      await local('locked', { locked: true });
      await guest('expired', { validUntil: past });
      await guest('early', { validFrom: ahead });
      await guest('barred', { locked: true });
      await guest('silent', { password: '' });
      for (const account of ['locked', 'expired', 'early', 'barred', 'silent']) expect(await enter(account, account === 'silent' ? '' : PASSWORD), account).toMatchObject({ outcome: 'refused' });
    });

    it('not sooner than all others, so that nobody learns from the time which accounts there are', async () => {
      for (const [account, password] of [['ada', ''], ['nobody', 'x'], ['maintenance', 'x']] as const) {
        const began = performance.now();
        expect((await enter(account, password)).outcome).toBe('refused');
        expect(performance.now() - began, account).toBeGreaterThanOrEqual(245);
      }
    });
  });

  describe('who guess', () => {
    it('count by one login, however it is written and whatever directory is named, and from many sources together', async () => {
      const ways = ['ada', 'ADA', 'AD_ORGA\\ada', 'corp\\ada', 'ａｄａ', 'a\u00ADda', 'guests\\ada'];
      const answers = await Promise.all(ways.map((account, index) => enter(account, 'wrong', `198.51.100.${index}`)));
      expect(new Set(answers.map(({ outcome }) => outcome))).toEqual(new Set(['refused']));
      expect(await counted()).toEqual([{ subject: 'ada', failures: 7 }]);
    });

    it('from everywhere hold up the account where it never was, and not its owner where it was before', async () => {
      expect((await enter('ada')).outcome).toBe('signed-in');
      await desk.base.superuser.query("INSERT INTO guest_account.sign_in_delay VALUES ('account', 'ada', 99, now() + interval '900 seconds', now()) ON CONFLICT (scope, subject) DO UPDATE SET failures = 99, blocked_until = excluded.blocked_until");
      expect(await enter('ada', PASSWORD, '203.0.113.9')).toMatchObject({ outcome: 'locked-out', rights: [] });
      expect((await enter('AD_ORGA\\ada')).outcome).toBe('signed-in');
    });
  });

  it('can\'t be guessed, or locked out of their directory, by testing it either', async () => {
    const test = async (password: string) => {
      const { steps } = await desk.clients.directories.testDirectory({ directoryId: ids.local, login: 'both', password });
      return steps.find(({ step }) => step === 'password');
    };
    expect(await test('Other-2026')).toMatchObject({ outcome: 'passed' });
    for (let index = 0; index < 5; index += 1) expect(await test('wrong')).toMatchObject({ text: 'The password is refused, or nobody signs in with this login.' });
    await desk.base.superuser.query("UPDATE guest_account.sign_in_delay SET failures = 9, blocked_until = now() + interval '60 seconds' WHERE scope = 'pair'");
    expect((await test('Other-2026'))?.text).toMatch(/^Too many wrong passwords were tried, of this login or in tests\. Try again in \d+ seconds\.$/);
    expect(await counted()).toEqual([{ subject: 'both', failures: 5 }]);
  });

  it('change a password that lies here, and never one that a directory keeps', async () => {
    await local('clerk');
    const [before, change] = [await enter('Agency\\clerk'), (account: string, currentPassword = PASSWORD) => signIn.changePassword({ account, currentPassword, newPassword: 'Fresh-2027', source: HERE })];
    const changed = await change('Agency\\clerk');
    expect(changed.outcome).toBe('changed');
    expect(changed.passwordVersion).toBeGreaterThan(before.passwordVersion);
    expect((await enter('Agency\\clerk')).outcome).toBe('refused');
    expect(await enter('Agency\\clerk', 'Fresh-2027')).toMatchObject({ outcome: 'signed-in', passwordVersion: changed.passwordVersion });
    await guest('visitor', { addresses: ['visitor@guests.example'] });
    const visitor = await enter('visitor');
    expect((await change('guests\\visitor')).passwordVersion).toBeGreaterThan(visitor.passwordVersion);
    expect([(await enter('visitor')).outcome, (await enter('visitor', 'Fresh-2027')).outcome]).toEqual(['refused', 'signed-in']);
    expect((await signIn.checkStanding({ account: visitor.account })).passwordVersion).toBeGreaterThan(visitor.passwordVersion);
    expect(await change('AD_ORGA\\ada', 'wrong')).toMatchObject({ outcome: 'refused' });
    expect(await refusal(change('AD_ORGA\\ada'))).toMatchObject({ code: Code.FailedPrecondition, message: 'The directory AD_ORGA keeps this password: change it there.' });
  });

  describe('who are signed in', () => {
    it('stand with the rights that they have now, until they are removed, locked, or somebody else has their login', async () => {
      const { account: clerk, passwordVersion } = await enterNew('helper', { groups: ['Helpers'] });
      expect(await signIn.checkStanding({ account: clerk })).toMatchObject({ outcome: 'stands', rights: [], passwordVersion });
      const { profile } = await rights().createProfile({ settings: { name: 'Helpers', rights: ['jobs.read'], members: [{ name: 'helpers' }] } });
      expect(await signIn.checkStanding({ account: clerk })).toMatchObject({ outcome: 'stands', rights: ['jobs.read'] });
      expect(await signIn.checkStanding({ account: { ...clerk, vouchedGroups: ['Print admins'] } })).toMatchObject({ rights: ['jobs.read'] });
      await rights().deleteProfile({ profileId: profile?.profileId ?? '' });
      expect(await signIn.checkStanding({ account: clerk })).toMatchObject({ outcome: 'stands', rights: [] });
      await desk.clients.people.updatePerson({ directoryId: ids.local, accountId: clerk.accountId, settings: { login: 'helper', addresses: ['helper@local.example'], locked: true } });
      expect((await signIn.checkStanding({ account: clerk })).outcome).toBe('over');
      await desk.clients.people.deletePerson({ directoryId: ids.local, accountId: clerk.accountId });
      await local('helper');
      expect((await signIn.checkStanding({ account: clerk })).outcome).toBe('over');
    });

    it('are known to have an older password once anybody has set another', async () => {
      const { account, passwordVersion } = await enterNew('reset', {});
      await desk.clients.people.updatePerson({ directoryId: ids.local, accountId: account.accountId, settings: { login: 'reset', displayName: 'Same password', addresses: ['reset@local.example'] } });
      expect((await signIn.checkStanding({ account })).passwordVersion).toBe(passwordVersion);
      await desk.clients.people.updatePerson({ directoryId: ids.local, accountId: account.accountId, settings: { login: 'reset', addresses: ['reset@local.example'], password: 'Other-2026' } });
      expect((await signIn.checkStanding({ account })).passwordVersion).toBeGreaterThan(passwordVersion);
    });

    it.each(['userAccountControl: 514', 'nsAccountLock: TRUE'])('are over when their directory says that the account is disabled by %s, and let in again by nobody', async (line) => {
      const { account } = await enter('ada');
      const change = (more: string) => slapd.modify(`dn: uid=ada,ou=people,dc=ad,dc=example\nchangetype: modify\n${more}\n`);
      await change(`add: ${line.split(':')[0] ?? ''}\n${line}`);
      expect([(await signIn.checkStanding({ account })).outcome, (await enter('ada')).outcome]).toEqual(['over', 'refused']);
      await change(`replace: userAccountControl\nuserAccountControl: 512\n-\nreplace: nsAccountLock\nnsAccountLock: FALSE`);
      expect([(await signIn.checkStanding({ account })).outcome, (await enter('ada')).outcome]).toEqual(['stands', 'signed-in']);
      await change('delete: userAccountControl\n-\ndelete: nsAccountLock');
    });

    it('are nobody\'s by a name alone that says it is maintenance', async () => {
      expect((await signIn.checkStanding({ account: { name: 'maintenance' } })).outcome).toBe('stands');
      expect((await signIn.checkStanding({ account: { name: 'ada' } })).outcome).toBe('over');
    });

    async function enterNew(login: string, more: object) {
      await local(login, more);
      const { account, passwordVersion } = await enter(`Agency\\${login}`);
      if (!account) throw new Error('refused');
      return { account, passwordVersion };
    }
  });

  it('may come by the word of a sign-in server, as an account that the directory knows, with its groups too', async () => {
    const vouched = (directoryId: string, login: string, groups: string[] = []) => signIn.signInVouched({ directoryId, login, groups, source: HERE });
    expect(await vouched(ids.ad, 'ADA')).toMatchObject({ outcome: 'signed-in', account: { name: 'AD_ORGA\\ada', vouchedGroups: [] }, rights: { length: 6 } });
    expect(await vouched(ids.ad, 'both', ['PRINT ADMINS', ''])).toMatchObject({ outcome: 'signed-in', account: { vouchedGroups: ['PRINT ADMINS'] }, rights: { length: 6 } });
    expect(await vouched(ids.ad, 'both', ['@ada', '@skyprint'])).toMatchObject({ outcome: 'signed-in', rights: [] });
    for (const [directoryId, login] of [[ids.ad, 'nobody'], [ids.ad, ''], [ids.ad, 'a*'], ['meta', 'ada'], ['gone', 'ada'], ['guests', 'barred']] as const) expect(await vouched(directoryId, login), login).toMatchObject({ outcome: 'refused', rights: [] });
  });

  it('wait while their directory is down, without being counted; maintenance and other directories don\'t', async () => {
    const { account } = await enter('ada');
    await forgetAttempts();
    await slapd.stop();
    try {
      const waits = await refusal(enter('ada'));
      expect(waits).toMatchObject({ code: Code.Unavailable });
      expect(waits.message).not.toContain('AD_ORGA');
      expect((await signIn.checkStanding({ account })).outcome).toBe('unknown');
      expect(await counted()).toEqual([{ subject: 'ada', failures: 0 }]);
      expect((await enter('guests\\skyprint')).outcome).toBe('signed-in');
      expect((await enter('maintenance', 'changeme')).outcome).toBe('signed-in');
    } finally {
      await slapd.start();
    }
  });

  it('who come in crowds to a directory that hangs don\'t keep maintenance out, and nobody is signed out by that', async () => {
    const { account } = await enter('ada');
    slapd.hang();
    try {
      const crowd = Array.from({ length: DIRECTORY_SIGN_INS_MAX + 4 }, (_, index) => refusal(enter(`somebody${index}`, 'x', `203.0.113.${index}`)));
      expect((await enter('maintenance', 'changeme')).outcome).toBe('signed-in');
      expect((await signIn.checkStanding({ account })).outcome).toBe('unknown');
      const answers = await Promise.all(crowd);
      expect(answers.map(({ code }) => code)).toEqual(crowd.map(() => Code.Unavailable));
      expect(new Set(answers.map(({ message }) => message.slice(0, 15)))).toEqual(new Set(['Many people are', 'The directory t']));
    } finally {
      slapd.resume();
    }
  });
});
