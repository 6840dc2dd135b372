import { Code, ConnectError } from '@connectrpc/connect';
import { beforeAll, describe, expect, it } from 'vitest';
import { ConfigurationService } from '@inkpost/contracts/admin/v1/configuration_pb.js';
import { DirectoryPeopleService, DirectoryService } from '@inkpost/contracts/admin/v1/directories_pb.js';
import { RightsService } from '@inkpost/contracts/admin/v1/rights_pb.js';
import { openSecret, sealSecret } from '@inkpost/secrets/seal.js';
import { RIGHTS } from '@inkpost/service/rights.js';
import { GuestAccountHarness } from '../guest-account.harness.js';

const PASSWORD = 'search-password';
const LDAP = {
  host: 'ldap.example.org', port: 636, tls: 'implicit', bindDn: 'cn=inkpost', baseDn: 'dc=example,dc=org', peopleFilter: '(objectClass=person)', mailAttributes: ['mail'],
  loginAttribute: 'uid', nameAttribute: 'cn', timeoutMs: 1_000, cacheSeconds: 300, missCacheSeconds: 60,
};

async function startServer() {
  const harness = await GuestAccountHarness.start();
  const { client } = await harness.startService();
  return {
    harness, configuration: client(ConfigurationService, ...RIGHTS), directories: client(DirectoryService, ...RIGHTS),
    people: client(DirectoryPeopleService, ...RIGHTS), rights: client(RightsService, ...RIGHTS), masterKey: await harness.masterKey(),
  };
}

type Server = Awaited<ReturnType<typeof startServer>>;

async function digests({ configuration }: Server): Promise<Map<string, string>> {
  const { objects } = await configuration.listSharedObjects({});
  return new Map(objects.map(({ kind, objectId, digest }) => [`${kind} ${objectId}`, Buffer.from(digest).toString('hex')]));
}

/** As domain-sync does: opened with the master's key, sealed to the slave, sealed there with its own. */
function resealed(from: Server, to: Server, { kind, objectId }: { readonly kind: string; readonly objectId: string }, sealed: Uint8Array): Uint8Array {
  const context = `domain object ${kind} ${objectId}`;
  return sealed.length === 0 ? sealed : sealSecret(to.masterKey, context, openSecret(from.masterKey, context, sealed));
}

async function copy(from: Server, to: Server, reference: { readonly kind: string; readonly objectId: string }): Promise<string[]> {
  const { body, needs, sealedSecrets } = await from.configuration.readObject(reference);
  const renamed: string[] = [];
  for (const need of needs) renamed.push(...(await copy(from, to, need)));
  const { kind, objectId } = reference;
  const applied = await to.configuration.applyObject({ kind, objectId, body, sealedSecrets: resealed(from, to, reference, sealedSecrets), serverName: 'Site 7' });
  expect(applied.problem, `${kind} ${objectId}`).toBe('');
  return applied.renamedLocal === '' ? renamed : [...renamed, `${kind} ${applied.renamedLocal}`];
}

async function copyAll(from: Server, to: Server): Promise<string[]> {
  const renamed: string[] = [];
  for (const { kind, objectId } of (await from.configuration.listSharedObjects({})).objects) renamed.push(...(await copy(from, to, { kind, objectId })));
  return renamed;
}

async function told({ harness }: Server): Promise<string[]> {
  const { rows } = await harness.superuser.query<{ told: string }>(
    `SELECT payload ->> 'kind' || ' ' || (payload ->> 'objectId') || CASE WHEN payload ->> 'deleted' = 'true' THEN ' deleted' ELSE '' END AS told
     FROM flow.message WHERE subject = 'account.object-changed.v1' ORDER BY (payload ->> 'version')::bigint`,
  );
  await harness.superuser.query(`DELETE FROM flow.message WHERE subject = 'account.object-changed.v1'`);
  return rows.map((row) => row.told);
}

async function expectReadOnly(call: Promise<unknown>): Promise<void> {
  const error = ConnectError.from(await call.then(() => undefined, (thrown: unknown) => thrown));
  expect([error.code, error.rawMessage]).toEqual([Code.FailedPrecondition, expect.stringContaining('comes from the master: change it there.')]);
}

describe('what guest-account of one server gives and what another takes', () => {
  let master: Server;
  let slave: Server;
  let directoryId: string;
  let profileId: string;

  beforeAll(async () => {
    [master, slave] = await Promise.all([startServer(), startServer()]);
    return async () => {
      await Promise.all([master.harness.stop(), slave.harness.stop()]);
    };
  });

  it('is equal by digest, with its secrets sealed by the key of the server that has it', async () => {
    const made = await master.directories.createDirectory({ settings: { name: 'CORP', aliases: ['HQ'], kind: 'ldap', ldap: { ...LDAP, password: PASSWORD } } });
    directoryId = made.directory?.directoryId ?? '';
    const { directory: local } = await master.directories.createDirectory({ settings: { name: 'STAFF', kind: 'local' } });
    await master.directories.updateDirectory({ directoryId: 'meta', settings: { name: 'META', kind: 'meta', meta: { members: [directoryId, local?.directoryId ?? '', 'guests'] } } });
    const { profile } = await master.rights.createProfile({ settings: { name: 'Printers', rights: ['configuration.read'], members: [{ name: 'Operators', directoryId }, { name: '@boss' }] } });
    profileId = profile?.profileId ?? '';
    await slave.directories.createDirectory({ settings: { name: 'Hq', aliases: ['corp'], kind: 'local' } });
    await slave.rights.createProfile({ settings: { name: 'printers', rights: ['jobs.read'] } });
    expect(await told(master)).toEqual([]);

    for (const [kind, objectId] of [['security-profile', profileId], ['directory', 'meta'], ['role', 'print-on-behalf'], ['security-profile', 'operators']] as const) {
      await master.configuration.setShared({ kind, objectId, shared: true });
    }
    expect(await told(master)).toEqual([
      `directory ${directoryId}`, `security-profile ${profileId}`, `directory ${local?.directoryId}`, 'directory meta', 'role print-on-behalf', 'security-profile operators',
    ]);
    const read = await master.configuration.readObject({ kind: 'directory', objectId: directoryId });
    expect(Buffer.from(read.body).toString()).not.toContain(PASSWORD);
    expect(Buffer.from(read.sealedSecrets).toString('latin1')).not.toContain(PASSWORD);

    expect((await copyAll(master, slave)).sort()).toEqual(['directory Hq - Site 7', 'security-profile printers (Site 7)']);
    expect(await digests(slave)).toEqual(await digests(master));
    expect(await copyAll(master, slave)).toEqual([]);
    const { rows: [row] } = await slave.harness.superuser.query<{ sealed: Buffer }>('SELECT sealed_password AS sealed FROM guest_account.directory WHERE directory_id = $1', [directoryId]);
    expect(openSecret(slave.masterKey, `directory-password/${directoryId}`, row?.sealed ?? Buffer.alloc(0))).toBe(PASSWORD);
    expect(await told(slave)).toEqual([]);
    expect((await slave.directories.listDirectories({})).directories.map(({ settings, provenance }) => [settings?.name, provenance])).toEqual(expect.arrayContaining([['CORP', 'received'], ['Hq - Site 7', 'local']]));
    expect((await slave.rights.getProfile({ profileId })).profile?.provenance).toBe('received');
    expect((await master.rights.listRoles({})).roles.map(({ roleId, provenance }) => [roleId, provenance])).toEqual([['print-on-behalf', 'shared']]);
  });

  it('may be sealed anew with another master key, on either server, which is no change that anybody hears of', async () => {
    for (const { harness } of [master, slave]) {
      const { rowCount } = await harness.superuser.query(`UPDATE guest_account.directory SET sealed_password = sealed_password || '\\x00' WHERE directory_id = $1`, [directoryId]);
      expect(rowCount).toBe(1);
      await harness.superuser.query('UPDATE guest_account.directory SET sealed_password = substr(sealed_password, 1, length(sealed_password) - 1) WHERE directory_id = $1', [directoryId]);
      expect((await harness.superuser.query(`SELECT 1 FROM flow.message WHERE subject = 'account.object-changed.v1'`)).rowCount).toBe(0);
    }
  });

  it('tells of a new password alone, which the slave takes too', async () => {
    await master.directories.updateDirectory({ directoryId, settings: { name: 'CORP', aliases: ['HQ'], kind: 'ldap', ldap: { ...LDAP, password: 'another' } } });
    expect(await told(master)).toEqual([`directory ${directoryId}`]);
    await copy(master, slave, { kind: 'directory', objectId: directoryId });
    const { sealedSecrets } = await slave.configuration.readObject({ kind: 'directory', objectId: directoryId });
    expect(openSecret(slave.masterKey, `domain object directory ${directoryId}`, sealedSecrets)).toBe('{"password":"another"}');
  });

  it('is for the slave to read; its own people, and the roles of its own, stay its own', async () => {
    await expectReadOnly(slave.directories.updateDirectory({ directoryId, settings: { name: 'MINE', kind: 'ldap', ldap: { ...LDAP, password: PASSWORD } } }));
    await expectReadOnly(slave.directories.updateDirectory({ directoryId: 'meta', settings: { name: 'META', kind: 'meta', meta: { members: ['guests'] } } }));
    await expectReadOnly(slave.directories.deleteDirectory({ directoryId }));
    await expectReadOnly(slave.rights.updateProfile({ profileId, settings: { name: 'Mine', rights: RIGHTS.slice() } }));
    await expectReadOnly(slave.rights.updateProfile({ profileId: 'operators', settings: { name: 'Operators', rights: ['guests.read'], members: [{ name: '@me' }] } }));
    await slave.rights.createProfile({ settings: { name: 'Ours', rights: ['jobs.read'] } });
    expect(await digests(slave)).toEqual(await digests(master));
  });

  it('is refused with the reason that administrators get, and stays as it is', async () => {
    const { body } = await master.configuration.readObject({ kind: 'directory', objectId: directoryId });
    expect(await slave.configuration.applyObject({ kind: 'directory', objectId: directoryId, body: Buffer.from(Buffer.from(body).toString().replace('ldap.example.org', 'not a host')) }))
      .toMatchObject({ outcome: 'refused', problem: expect.stringContaining('ldap.host') as string });
    const settings = { name: 'Roleless', members: [{ name: '@x', directoryId: 'nowhere' }] };
    expect(await slave.configuration.applyObject({ kind: 'security-profile', objectId: 'new', body: Buffer.from(JSON.stringify(settings)) })).toMatchObject({ outcome: 'refused', problem: expect.stringContaining('members.0.directoryId') as string });
    expect(await slave.configuration.applyObject({ kind: 'security-profile', objectId: 'new', body: Buffer.from(JSON.stringify({ name: 'New' })), dryRun: true })).toMatchObject({ outcome: 'created' });
    expect(await digests(slave)).toEqual(await digests(master));
  });

  it('goes where the master deletes it, out of META before', async () => {
    await master.rights.deleteProfile({ profileId });
    await master.directories.deleteDirectory({ directoryId });
    expect(await told(master)).toEqual([`security-profile ${profileId} deleted`, 'directory meta', `directory ${directoryId} deleted`]);
    await copyAll(master, slave);
    for (const [kind, objectId] of [['security-profile', profileId], ['directory', directoryId]] as const) expect(await slave.configuration.applyObject({ kind, objectId, deleted: true })).toMatchObject({ outcome: 'deleted' });
    expect(await digests(slave)).toEqual(await digests(master));
  });
});
