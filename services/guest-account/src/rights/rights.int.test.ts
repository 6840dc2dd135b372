import { createHash } from 'node:crypto';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DirectoryPeopleService, DirectoryService } from '@inkpost/contracts/admin/v1/directories_pb.js';
import { GuestService } from '@inkpost/contracts/admin/v1/guests_pb.js';
import { ApiTokenService, RightsService } from '@inkpost/contracts/admin/v1/rights_pb.js';
import { type Right, RIGHTS } from '@inkpost/service/rights.js';
import { DirectoriesHarness, refusal } from '../directories/directories.harness.js';

const FULL = ['configuration.read', 'configuration.write', 'rights.manage', 'jobs.read'] as const;
const MAINTENANCE = { name: 'tester', directoryId: '', accountId: '', login: 'maintenance', vouchedGroups: [] };
const LDAP = {
  host: '192.0.2.7', port: 636, tls: 'implicit', baseDn: 'dc=example', peopleFilter: '(objectClass=person)', mailAttributes: ['mail'], loginAttribute: 'uid', nameAttribute: 'cn',
  groupAttribute: 'memberOf', identityAttribute: 'entryUUID', timeoutMs: 1_000, cacheSeconds: 60, missCacheSeconds: 60,
};

let desk: DirectoriesHarness;
let agency: string;
const as = (...rights: readonly Right[]) => desk.service.client(RightsService, ...rights);
const all = () => as(...RIGHTS);

beforeAll(async () => {
  desk = await DirectoriesHarness.start();
  agency = await desk.add({ name: 'Agency', kind: 'local' });
});
afterAll(() => desk?.stop());

async function newProfile(settings: Parameters<ReturnType<typeof all>['createProfile']>[0]['settings']): Promise<string> {
  const { profile } = await all().createProfile({ settings: settings ?? {} });
  return profile?.profileId ?? '';
}

describe('security profiles', () => {
  it('are three from the beginning (V-13), which stay', async () => {
    const { profiles } = await all().listProfiles({});
    expect(profiles.map(({ profileId, builtIn, settings }) => [profileId, builtIn, settings?.rights.length])).toEqual([['anonymous', true, 0], ['operators', true, 8], ['system-administration', true, RIGHTS.length]]);
    for (const { profileId } of profiles) expect(await refusal(all().deleteProfile({ profileId }))).toMatchObject({ code: Code.FailedPrecondition });
    expect(await refusal(all().updateProfile({ profileId: 'operators', settings: { name: 'Others' } }))).toMatchObject({ field: 'name' });
  });

  it('are made, read, changed and deleted, with groups and users as members (WSC-006, WSC-007)', async () => {
    const settings = { name: 'Admin_Skyprint', description: 'Guests of Skyprint', rights: ['guests.edit', 'guests.read'], members: [{ name: 'Print admins', directoryId: agency }, { name: '@skyprint', directoryId: '' }] };
    const profileId = await newProfile(settings);
    const { profile } = await all().getProfile({ profileId });
    expect(profile).toMatchObject({ profileId, builtIn: false, version: 1, settings: { ...settings, rights: ['guests.read', 'guests.edit'] } });
    const { profile: changed } = await all().updateProfile({ profileId, settings: { ...settings, description: '', members: [] }, version: 1 });
    expect(changed).toMatchObject({ version: 2, settings: { description: '', members: [] } });
    expect(await refusal(all().updateProfile({ profileId, settings, version: 1 }))).toMatchObject({ code: Code.Aborted });
    expect(await refusal(all().createProfile({ settings: { ...settings, name: 'ADMIN_skyprint' } }))).toMatchObject({ code: Code.AlreadyExists });
    await all().deleteProfile({ profileId });
    expect(await refusal(all().getProfile({ profileId }))).toMatchObject({ code: Code.NotFound });
  });

  it.each([
    ['name', { name: ' ' }], ['name', { name: 'x'.repeat(65) }], ['name', { name: 'a\nb' }], ['description', { description: 'x'.repeat(501) }], ['rights', { rights: ['everything'] }],
    ['members.0.name', { members: [{ name: '@' }] }], ['members.0.name', { members: [{ name: 'x'.repeat(201) }] }], ['members.1.directoryId', { members: [{ name: 'a' }, { name: 'b', directoryId: 'gone' }] }],
    ['members.0.directoryId', { members: [{ name: 'a', directoryId: 'meta' }] }], ['members', { members: [{ name: 'Staff' }, { name: 'staff' }] }],
    ['members', { members: Array.from({ length: 201 }, (_, index) => ({ name: `group ${index}` })) }],
  ])('name the wrong field %s', async (field, wrong) => {
    expect(await refusal(all().createProfile({ settings: { name: 'New', ...wrong } }))).toMatchObject({ code: Code.InvalidArgument, field });
  });

  it('of System administration keep all rights, whoever is a member', async () => {
    const set = (rights: readonly Right[]) => all().updateProfile({ profileId: 'system-administration', settings: { name: 'System administration', description: 'All', rights: [...rights], members: [{ name: 'Admins', directoryId: agency }] } });
    expect(await refusal(set(RIGHTS.slice(1)))).toMatchObject({ field: 'rights' });
    for (const rights of [[], RIGHTS]) expect((await set(rights)).profile?.settings).toMatchObject({ description: 'All', rights: [...RIGHTS], members: [{ name: 'Admins' }] });
  });

  it('lose the members of a directory that is removed', async () => {
    const gone = await desk.add({ name: 'Gone', kind: 'local' });
    const profileId = await newProfile({ name: 'Of gone', rights: [], members: [{ name: 'a', directoryId: gone }, { name: 'b' }] });
    await desk.remove(gone);
    expect((await all().getProfile({ profileId })).profile?.settings?.members).toMatchObject([{ name: 'b' }]);
    await all().deleteProfile({ profileId });
  });

  it('say what everybody may who is not signed in: to look at most, and nothing at first', async () => {
    const set = (rights: readonly Right[], members: { name: string }[] = []) => all().updateProfile({ profileId: 'anonymous', settings: { name: 'Anonymous', rights: [...rights], members } });
    const nobody = as();
    expect((await nobody.getAnonymousRights({})).rights).toEqual([]);
    await set(['jobs.read']);
    expect((await nobody.getAnonymousRights({})).rights).toEqual(['jobs.read']);
    for (const right of ['configuration.write', 'rights.manage', 'guests.add', 'audit.read', 'print-on-behalf'] as const) expect(await refusal(set([right])), right).toMatchObject({ field: 'rights' });
    expect(await refusal(set([], [{ name: 'Staff' }]))).toMatchObject({ field: 'members' });
    await set([]);
  });
});

describe('roles', () => {
  it('are given to accounts of a directory that knows them (WD-014 to WD-016), and stay theirs by whatever login', async () => {
    const { person } = await desk.clients.people.createPerson({ directoryId: agency, settings: { login: 'Skyprint', addresses: ['s@agency.example'] } });
    const { role } = await all().updateRole({ roleId: 'print-on-behalf', members: [{ directoryId: agency, login: 'SKYPRINT' }] });
    expect(role).toMatchObject({ rights: ['print-on-behalf'], version: 2, members: [{ directoryId: agency, login: 'Skyprint', accountId: person?.accountId }] });
    expect((await all().listRoles({})).roles).toHaveLength(1);
    const wrong = (members: { directoryId: string; login: string }[]) => refusal(all().updateRole({ roleId: 'print-on-behalf', members }));
    expect(await wrong([{ directoryId: agency, login: 'nobody' }])).toMatchObject({ field: 'members.0.login' });
    expect(await wrong([{ directoryId: 'meta', login: 'skyprint' }])).toMatchObject({ field: 'members.0.directoryId' });
    expect(await wrong([{ directoryId: agency, login: 'skyprint' }, { directoryId: agency, login: 'Skyprint' }])).toMatchObject({ field: 'members.1.login' });
    expect(await refusal(all().updateRole({ roleId: 'print-on-behalf', members: [], version: 1 }))).toMatchObject({ code: Code.Aborted });
    expect(await refusal(all().getRole({ roleId: 'toString' }))).toMatchObject({ code: Code.NotFound });
  });
});

describe('nobody hands out rights that they lack', () => {
  const lacking = async (call: Promise<unknown>) => {
    const { code, message } = await refusal(call);
    return code === Code.PermissionDenied ? message : `not refused: ${message}`;
  };
  let profileId: string;

  beforeAll(async () => {
    profileId = await newProfile({ name: 'Auditors', rights: ['audit.read'], members: [{ name: 'Auditors' }, { name: '@boss', directoryId: agency }] });
  });

  it('by a profile, by its members, or by taking one away', async () => {
    const some = as(...FULL);
    expect(await lacking(some.createProfile({ settings: { name: 'Mine', rights: ['audit.read'], members: [{ name: '@me' }] } }))).toContain('you lack audit.read');
    const mine = { name: 'Auditors', rights: ['jobs.read'], members: [{ name: '@me' }] };
    expect(await lacking(some.updateProfile({ profileId, settings: mine }))).toContain('you lack audit.read');
    expect(await lacking(some.updateProfile({ profileId: 'system-administration', settings: { name: 'System administration', rights: [...RIGHTS], members: [{ name: '@me' }] } }))).toContain('you lack');
    expect(await lacking(some.deleteProfile({ profileId }))).toContain('you lack audit.read');
    expect(await lacking(some.updateRole({ roleId: 'print-on-behalf', members: [] }))).toContain('you lack print-on-behalf');
    expect((await some.createProfile({ settings: { name: 'Mine', rights: ['jobs.read'] } })).profile?.settings?.rights).toEqual(['jobs.read']);
  });

  it('by a person of a local directory: a new one, a group, a login, or a password of who has more', async () => {
    const people = desk.service.client(DirectoryPeopleService, ...FULL);
    const settings = { login: 'me', addresses: ['me@agency.example'] };
    expect(await lacking(people.createPerson({ directoryId: agency, settings: { ...settings, groups: ['AUDITORS'] } }))).toContain('you lack audit.read');
    expect(await lacking(people.createPerson({ directoryId: agency, settings: { ...settings, login: 'Boss' } }))).toContain('you lack audit.read');
    const { person: me } = await people.createPerson({ directoryId: agency, settings });
    expect(await lacking(people.updatePerson({ directoryId: agency, accountId: me?.accountId ?? '', settings: { ...settings, groups: ['Auditors'] } }))).toContain('you lack audit.read');
    const { person: boss } = await desk.service.client(DirectoryPeopleService, ...RIGHTS).createPerson({ directoryId: agency, settings: { login: 'boss', addresses: ['boss@agency.example'] } });
    expect(await lacking(people.updatePerson({ directoryId: agency, accountId: boss?.accountId ?? '', settings: { login: 'boss', addresses: ['boss@agency.example'], password: 'Mine-2026' } }))).toContain('you lack audit.read');
    expect(await lacking(people.updatePerson({ directoryId: agency, accountId: boss?.accountId ?? '', settings: { login: 'was-boss', addresses: ['boss@agency.example'], password: 'Mine-2026' } }))).toContain('you lack audit.read');
    const csv = 'login,addresses,groups\nme,me@agency.example,Auditors\nnew,new@agency.example,Others\n';
    expect(await people.importPeople({ directoryId: agency, csv })).toMatchObject({ imported: false, refused: 1, added: 1, lines: [{ line: 2, login: 'me', problem: 'security profiles or roles give this person rights that you lack: audit.read' }, { line: 3 }] });
  });

  it('by a guest: a new one, a group for many at once, a line of a file, or a PIN or password of who has more', async () => {
    const guestRights = ['guests.read', 'guests.add', 'guests.edit', 'guests.delete'] as const;
    const [guests, everything] = [desk.service.client(GuestService, ...guestRights), desk.service.client(GuestService, ...RIGHTS)];
    const desks = await newProfile({ name: 'Desks', rights: ['rights.manage'], members: [{ name: '@desk', directoryId: 'guests' }] });
    expect(await lacking(guests.createGuest({ settings: { login: 'eve', group: 'auditors' } }))).toContain('you lack audit.read');
    expect(await lacking(guests.createGuest({ settings: { login: 'DESK', password: 'Mine-2026' } }))).toContain('you lack rights.manage');
    const [{ guest: eve }, { guest: desk1 }] = [await guests.createGuest({ settings: { login: 'eve' } }), await everything.createGuest({ settings: { login: 'desk' } })];
    expect(await lacking(guests.updateGuest({ accountId: eve?.accountId ?? '', settings: { login: 'eve', group: 'Auditors' } }))).toContain('you lack audit.read');
    expect(await lacking(guests.updateGuest({ accountId: desk1?.accountId ?? '', settings: { login: 'desk', password: 'Mine-2026' } }))).toContain('you lack rights.manage');
    expect(await lacking(guests.changeGuests({ filter: { search: 'eve' }, change: { group: 'Auditors' } }))).toContain('you lack audit.read');
    expect(await guests.changeGuests({ filter: { search: 'eve' }, change: { group: 'Visitors' } })).toMatchObject({ found: 1, changed: true });
    expect(await lacking(guests.changeGuests({ filter: { origin: 'administrator' }, change: { locked: false } }))).toContain('give the guest desk rights that you lack');
    expect(await everything.changeGuests({ filter: { origin: 'administrator' }, change: { locked: false } })).toMatchObject({ found: 2, changed: true });
    const csv = 'login,group,password\neve,Auditors,\ndesk,,Mine-2026\nnew,Visitors,\n';
    expect(await guests.importGuests({ csv })).toMatchObject({
      imported: false, refused: 2, lines: [{ login: 'eve', problem: 'security profiles or roles give this guest rights that you lack: audit.read' }, { login: 'desk', problem: 'security profiles or roles give this guest rights that you lack: rights.manage' }, { outcome: 'added' }],
    });
    expect((await everything.importGuests({ csv })).imported).toBe(true);
    await all().deleteProfile({ profileId: desks });
  });

  it('by another server behind a directory whose people have them', async () => {
    const directories = desk.service.client(DirectoryService, ...FULL);
    // Auditors of any directory: of a new one too.
    expect(await lacking(directories.createDirectory({ settings: { name: 'MINE', kind: 'ldap', ldap: LDAP } }))).toContain('you lack audit.read');
    const ad = await desk.service.client(DirectoryService, ...RIGHTS).createDirectory({ settings: { name: 'AD', kind: 'ldap', ldap: LDAP } });
    const directoryId = ad.directory?.directoryId ?? '';
    const change = (ldap: object) => directories.updateDirectory({ directoryId, settings: { name: 'AD', description: 'Head office', kind: 'ldap', ldap: { ...LDAP, ...ldap } } });
    expect(await lacking(change({ host: '192.0.2.8' }))).toContain('you lack audit.read');
    expect(await lacking(directories.duplicateDirectory({ directoryId, name: 'COPY' }))).toContain('you lack audit.read');
    await all().updateProfile({ profileId, settings: { name: 'Auditors', rights: ['audit.read'], members: [{ name: 'Auditors', directoryId }] } });
    expect((await directories.createDirectory({ settings: { name: 'MINE', kind: 'ldap', ldap: LDAP } })).directory?.settings?.name).toBe('MINE');
    expect(await lacking(change({ groupAttribute: 'description' }))).toContain('you lack audit.read');
  });

  it('and no method works without the right for it', async () => {
    const without = as(...RIGHTS.filter((right) => right !== 'rights.manage'));
    const calls = [
      without.listProfiles({}), without.getProfile({ profileId }), without.createProfile({}), without.updateProfile({ profileId }), without.deleteProfile({ profileId }),
      without.listRoles({}), without.getRole({ roleId: 'print-on-behalf' }), without.updateRole({ roleId: 'print-on-behalf' }),
    ];
    expect((await Promise.all(calls.map(refusal))).map(({ code }) => code)).toEqual(calls.map(() => Code.PermissionDenied));
  });
});

describe('an API token', () => {
  const tokens = (...rights: readonly Right[]) => desk.service.client(ApiTokenService, ...rights);
  const inHours = (hours: number) => timestampFromDate(new Date(Date.now() + hours * 3_600_000));
  const make = async (more: object = {}, ...rights: readonly Right[]) => tokens(...(rights.length > 0 ? rights : RIGHTS)).createApiToken({ name: `token ${Math.random()}`, rights: ['jobs.read'], expiresAt: inHours(1), maker: MAINTENANCE, ...more });
  const verify = (secret: string) => tokens().verifyApiToken({ tokenSha256: createHash('sha256').update(secret).digest() });

  it('is shown once, kept as a hash, and good for its rights until it is revoked', async () => {
    const { token, secret } = await make({ name: 'Registration desk', rights: ['guests.add', 'guests.read'], maker: { ...MAINTENANCE, name: 'tester' } });
    expect(secret).toMatch(/^inkpost_[\w-]{43}$/u);
    expect(token).toMatchObject({ name: 'Registration desk', rights: ['guests.read', 'guests.add'], maker: 'tester' });
    const { rows } = await desk.base.superuser.query<{ row: string }>("SELECT t::text || encode(token_sha256, 'escape') AS row FROM guest_account.api_token t");
    expect(rows.map(({ row }) => row).join()).not.toContain(secret.slice(8));
    expect((await tokens('rights.manage').listApiTokens({})).tokens.find(({ tokenId }) => tokenId === token?.tokenId)).toMatchObject({ name: 'Registration desk' });
    expect(await refusal(make({ name: 'REGISTRATION desk' }))).toMatchObject({ code: Code.AlreadyExists });
    await tokens('rights.manage').revokeApiToken({ tokenId: token?.tokenId ?? '' });
    expect((await verify(secret)).stands).toBe(false);
    expect(await refusal(tokens('rights.manage').revokeApiToken({ tokenId: token?.tokenId ?? '' }))).toMatchObject({ code: Code.NotFound });
  });

  it('may at most what its maker may, when it is made and ever after, and ends with the maker', async () => {
    expect(await refusal(make({ rights: ['jobs.read', 'audit.read'] }, 'rights.manage', 'jobs.read'))).toMatchObject({ code: Code.PermissionDenied });
    const { person } = await desk.service.client(DirectoryPeopleService, ...RIGHTS).createPerson({ directoryId: agency, settings: { login: 'maker', addresses: ['maker@agency.example'], groups: ['Makers'] } });
    const profileId = await newProfile({ name: 'Makers', rights: ['jobs.read', 'guests.read'], members: [{ name: 'Makers', directoryId: agency }] });
    const { secret } = await make({ rights: ['jobs.read', 'guests.read'], maker: { name: 'tester', directoryId: agency, accountId: person?.accountId ?? '', login: 'maker', vouchedGroups: [] } });
    expect(await verify(secret)).toMatchObject({ stands: true, rights: ['guests.read', 'jobs.read'] });
    await all().updateProfile({ profileId, settings: { name: 'Makers', rights: ['jobs.read', 'jobs.manage'], members: [{ name: 'Makers', directoryId: agency }] } });
    expect(await verify(secret)).toMatchObject({ stands: true, rights: ['jobs.read'] });
    await desk.clients.people.deletePerson({ directoryId: agency, accountId: person?.accountId ?? '' });
    expect(await verify(secret)).toMatchObject({ stands: false, rights: [] });
  });

  it('runs out, and notes when it was used', async () => {
    const { token, secret } = await make({ maker: { ...MAINTENANCE, name: 'tester' } });
    await desk.base.superuser.query(`UPDATE guest_account.api_token SET maker = maker || '{"name": "maintenance"}' WHERE token_id = $1`, [token?.tokenId]);
    expect(token?.lastUsedAt).toBeUndefined();
    expect(await verify(secret)).toMatchObject({ stands: true, rights: [] });
    const used = async () => (await tokens('rights.manage').listApiTokens({})).tokens.find(({ tokenId }) => tokenId === token?.tokenId)?.lastUsedAt;
    expect(await used()).toBeDefined();
    await desk.base.superuser.query("UPDATE guest_account.api_token SET expires_at = now() WHERE token_id = $1", [token?.tokenId]);
    expect((await verify(secret)).stands).toBe(false);
  });

  it.each([
    ['name', { name: '' }], ['name', { name: 'x'.repeat(65) }], ['rights', { rights: [] }], ['rights', { rights: ['root'] }],
    ['expiresAt', { expiresAt: undefined }], ['expiresAt', { expiresAt: inHours(-1) }], ['expiresAt', { expiresAt: inHours(24 * 367) }],
  ])('names the wrong field %s', async (field, wrong) => {
    expect(await refusal(make(wrong))).toMatchObject({ code: Code.InvalidArgument, field });
  });

  it('is made by a person who is signed in, not by another token or in somebody\'s name', async () => {
    expect(await refusal(make({ maker: undefined }))).toMatchObject({ code: Code.PermissionDenied });
    expect(await refusal(make({ maker: { ...MAINTENANCE, name: 'maintenance' } }))).toMatchObject({ code: Code.PermissionDenied });
    expect(await refusal(make({}, 'jobs.read'))).toMatchObject({ code: Code.PermissionDenied });
    expect(await refusal(tokens().verifyApiToken({ tokenSha256: new Uint8Array(3) }))).toMatchObject({ field: 'tokenSha256' });
    expect((await verify(`inkpost_${'x'.repeat(43)}`)).stands).toBe(false);
  });
});
