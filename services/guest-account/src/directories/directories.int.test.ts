import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DirectoryService } from '@inkpost/contracts/admin/v1/directories_pb.js';
import { DirectoriesHarness, refusal, type Settings } from './directories.harness.js';

let desk: DirectoriesHarness;

beforeAll(async () => {
  desk = await DirectoriesHarness.start();
});
afterAll(() => desk.stop());

describe('a directory', () => {
  const ldap = {
    host: 'ldap.example.org', port: 636, tls: 'implicit', bindDn: 'cn=inkpost', password: 'secret', baseDn: 'dc=example,dc=org', peopleFilter: '(objectClass=person)', mailAttributes: ['mail'],
    loginAttribute: 'uid', nameAttribute: 'cn', timeoutMs: 1_000, cacheSeconds: 300, missCacheSeconds: 60,
  };

  it('is added, changed and deleted, never shows its password, and sends it to no other server', async () => {
    const { directory } = await desk.clients.directories.createDirectory({ settings: { name: 'AD', aliases: ['ACTIVE'], kind: 'ldap', ldap } });
    const directoryId = directory?.directoryId ?? '';
    expect(directory).toMatchObject({ passwordStored: true, state: 'unused', version: 1, settings: { name: 'AD', isDefault: false } });
    expect(JSON.stringify(directory, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))).not.toContain('secret');
    const { rows: [row] } = await desk.base.superuser.query('SELECT settings::text, sealed_password FROM guest_account.directory WHERE directory_id = $1', [directoryId]);
    expect(row.settings).not.toContain('secret');
    expect((row.sealed_password as Buffer).includes('secret')).toBe(false);
    const { password: _, ...unsaid } = ldap;
    const change = (more: object, version = 0) => desk.clients.directories.updateDirectory({ directoryId, version, settings: { name: 'AD', kind: 'ldap', ldap: { ...unsaid, ...more } } });
    await change({ baseDn: 'dc=other' });
    for (const more of [{ host: 'evil.example.org' }, { port: 389 }, { tls: 'none' }, { bindDn: 'cn=other' }]) expect(await refusal(change(more)), JSON.stringify(more)).toMatchObject({ code: Code.InvalidArgument, field: 'ldap.password' });
    expect(await refusal(change({}, 1))).toMatchObject({ code: Code.Aborted });
    await desk.remove(directoryId);
    expect(await refusal(desk.clients.directories.getDirectory({ directoryId }))).toMatchObject({ code: Code.NotFound });
  });

  it('is duplicated with its password and without its aliases', async () => {
    const original = await desk.add({ name: 'Original', aliases: ['Also'], kind: 'ldap', ldap });
    const { directory } = await desk.clients.directories.duplicateDirectory({ directoryId: original, name: 'Copy' });
    expect(directory).toMatchObject({ passwordStored: true, settings: { name: 'Copy', aliases: [], ldap: { host: 'ldap.example.org' } } });
    const id = directory?.directoryId ?? '';
    const { password: _, ...unsaid } = ldap;
    await desk.clients.directories.updateDirectory({ directoryId: id, settings: { name: 'Copy', kind: 'ldap', ldap: unsaid } });
    expect(await refusal(desk.clients.directories.duplicateDirectory({ directoryId: original, name: 'also' }))).toMatchObject({ code: Code.AlreadyExists });
    expect(await refusal(desk.clients.directories.duplicateDirectory({ directoryId: 'meta', name: 'Meta 2' }))).toMatchObject({ code: Code.FailedPrecondition });
    await desk.remove(original);
    await desk.remove(id);
  });

  it.each([
    ['name', { name: '', kind: 'local' }], ['name', { name: 'A\\B', kind: 'local' }], ['aliases', { name: 'A', aliases: ['a'], kind: 'local' }], ['kind', { name: 'A', kind: 'oracle' }], ['kind', { name: 'A', kind: 'meta' }],
    ['ldap', { name: 'A', kind: 'ldap' }], ['ldap', { name: 'A', kind: 'local', ldap }], ['ldap.host', { name: 'A', kind: 'ldap', ldap: { ...ldap, host: 'ldap://x' } }],
    ['ldap.peopleFilter', { name: 'A', kind: 'ldap', ldap: { ...ldap, peopleFilter: '(a=b)(c=d)' } }], ['ldap.addressFilter', { name: 'A', kind: 'ldap', ldap: { ...ldap, addressFilter: '(mail=x)' } }],
    ['ldap.addressFilter', { name: 'A', kind: 'ldap', ldap: { ...ldap, addressFilter: '(mail={address}' } }], ['ldap.mailAttributes', { name: 'A', kind: 'ldap', ldap: { ...ldap, mailAttributes: ['mail)(x'] } }],
    ['ldap.timeoutMs', { name: 'A', kind: 'ldap', ldap: { ...ldap, timeoutMs: 0 } }], ['ldap.password', { name: 'A', kind: 'ldap', ldap: { ...ldap, password: '' } }], ['ldap.tls', { name: 'A', kind: 'ldap', ldap: { ...ldap, tls: '' } }],
    ['ldap.certificateAuthority', { name: 'A', kind: 'ldap', ldap: { ...ldap, certificateAuthority: 'x' } }], ['ldap.host', { name: 'A', kind: 'ldap', ldap: { ...ldap, host: '224.0.0.1' } }],
  ] as const)('is refused with the name of the field that is wrong: %s (%#)', async (field, settings) => {
    expect(await refusal(desk.clients.directories.createDirectory({ settings: settings as unknown as Settings }))).toMatchObject({ code: Code.InvalidArgument, field });
  });

  it('of META names guests, each once, and only what is there; what is built in stays', async () => {
    for (const members of [[], ['guests', 'guests'], ['guests', 'meta'], ['guests', 'nobody']]) expect(await refusal(desk.setMembers(...members))).toMatchObject({ field: 'meta.members' });
    for (const id of ['guests', 'meta']) expect(await refusal(desk.remove(id))).toMatchObject({ code: Code.FailedPrecondition });
    expect(await refusal(desk.clients.directories.updateDirectory({ directoryId: 'meta', settings: { name: 'META', kind: 'meta', isDefault: false, meta: { members: ['guests'] } } }))).toMatchObject({ field: 'isDefault' });
  });

  it('at a link-local address is never connected to, unless that is allowed', async () => {
    const id = await desk.add({ name: 'Metadata', kind: 'ldap', ldap: { ...ldap, host: '169.254.169.254' } });
    const { steps } = await desk.clients.directories.testDirectory({ directoryId: id });
    expect(steps.map(({ step, outcome }) => `${step} ${outcome}`)).toEqual(['dns failed', 'tcp not-run', 'tls not-run', 'bind not-run', 'people not-run', 'address not-run', 'login not-run', 'password not-run']);
    await desk.remove(id);
  });

  it('that is silent ends its test in time, with words to act on', async () => {
    const silent = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const id = await desk.add({ name: 'Silent', kind: 'ldap', ldap: { ...ldap, host: '127.0.0.1', port: (silent.address() as AddressInfo).port, tls: 'none', timeoutMs: 500 } });
    const { steps } = await desk.clients.directories.testDirectory({ directoryId: id });
    expect(steps.find(({ step }) => step === 'bind')).toMatchObject({ outcome: 'failed', text: 'The server takes connections and does not answer in time.' });
    await desk.remove(id);
    silent.close();
  });

  it('whose sealed password was spoilt is down alone, and says so in its test', async () => {
    const silent = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const id = await desk.add({ name: 'Spoilt', kind: 'ldap', ldap: { ...ldap, host: '127.0.0.1', port: (silent.address() as AddressInfo).port, tls: 'none' } });
    await desk.base.superuser.query("UPDATE guest_account.directory SET sealed_password = '\\x00', version = version + 1 WHERE directory_id = $1", [id]);
    await desk.base.superuser.query('UPDATE guest_account.directory_lookup SET revision = revision + 1');
    expect((await desk.clients.directories.listDirectories({})).directories.length).toBeGreaterThan(2);
    const { steps } = await desk.clients.directories.testDirectory({ directoryId: id });
    expect(steps.find(({ step }) => step === 'bind')).toMatchObject({ outcome: 'failed', text: 'A sealed secret was changed, moved, or sealed with another master key.' });
    await desk.setMembers(id, 'guests');
    const { messageId } = await desk.base.accept('somebody@example.org');
    await expect.poll(() => desk.troubled(messageId)).toMatchObject({ state: 'open', attempts: 0, waits: true, reason: expect.stringContaining('The directory Spoilt can\'t be asked. A sealed secret') as unknown });
    await desk.remove(id);
    await expect.poll(() => desk.outcome(messageId)).toMatchObject([{ payload: { reason: 'no-account' } }]);
    silent.close();
  });

  it('needs the right to read or to write', async () => {
    const reader = desk.service.client(DirectoryService, 'configuration.read');
    const writer = desk.service.client(DirectoryService, 'configuration.write');
    await reader.listDirectories({});
    expect(await refusal(writer.listDirectories({}))).toMatchObject({ code: Code.PermissionDenied });
    for (const act of [() => reader.createDirectory({}), () => reader.updateDirectory({}), () => reader.deleteDirectory({}), () => reader.duplicateDirectory({}), () => reader.testDirectory({})]) {
      expect(await refusal(act())).toMatchObject({ code: Code.PermissionDenied });
    }
  });
});
