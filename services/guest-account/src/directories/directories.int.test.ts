import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GuestService } from '@inkpost/contracts/admin/v1/accounts_pb.js';
import { FieldProblemSchema } from '@inkpost/contracts/admin/v1/diagnostics_pb.js';
import { DirectoryPeopleService, type DirectorySettingsSchema, DirectoryService } from '@inkpost/contracts/admin/v1/directories_pb.js';
import { describeWithServer } from '@inkpost/testkit/describe-with-server.js';
import { type SlapdServer, startSlapd } from '@inkpost/testkit/slapd-server.js';
import { settingsFor } from '../adapters/ldap/ldap-places.harness.js';
import { GuestAccountHarness } from '../guest-account.harness.js';

type Settings = MessageInitShape<typeof DirectorySettingsSchema>;
type Service = Awaited<ReturnType<GuestAccountHarness['startService']>>;
const RIGHTS = ['configuration.read', 'configuration.write'] as const;
const clientsOf = ({ client }: Service) => ({
  directories: client(DirectoryService, ...RIGHTS), people: client(DirectoryPeopleService, ...RIGHTS), guests: client(GuestService, 'guests.read', 'guests.add', 'guests.edit', 'guests.delete'),
});

let harness: GuestAccountHarness;
let service: Service;
let clients: ReturnType<typeof clientsOf>;

beforeAll(async () => {
  harness = await GuestAccountHarness.start();
  service = await harness.startService();
  clients = clientsOf(service);
});
afterAll(() => harness.stop());

const ldapOf = (server: SlapdServer, more: Partial<ReturnType<typeof settingsFor>> = {}) => {
  const { mailAttributes, ...ldap } = settingsFor(server, more);
  return { ...ldap, mailAttributes: [...mailAttributes], password: server.servicePassword };
};

async function add(settings: Settings): Promise<string> {
  const { directory } = await clients.directories.createDirectory({ settings });
  return directory?.directoryId ?? '';
}

const remove = (directoryId: string) => clients.directories.deleteDirectory({ directoryId });
const setMembers = (...members: string[]) => clients.directories.updateDirectory({ directoryId: 'meta', settings: { name: 'META', kind: 'meta', meta: { members } } });
const setDefault = async (directoryId: string) => {
  const { directory } = await clients.directories.getDirectory({ directoryId });
  await clients.directories.updateDirectory({ directoryId, settings: { ...directory?.settings, isDefault: true } as Settings });
};
const published = (messageId: string) => expect.poll(async () => (await harness.facts(messageId)).filter(({ subject }) => subject !== 'account.changed.v1'), { timeout: 12_000 });

async function refusal(call: Promise<unknown>) {
  const error = await call.then(() => { throw new Error('it was not refused'); }, (reason: unknown) => ConnectError.from(reason));
  return { code: error.code, field: error.findDetails(FieldProblemSchema)[0]?.field, message: error.rawMessage };
}

/** Of a message to this service: what it waits for, as administrators see it among the troubled ones. */
const waitsFor = (messageId: string) => expect.poll(async () => {
  const { rows: [row] } = await harness.superuser.query("SELECT state, attempts, waits > 0 AS waits, reason FROM flow.message WHERE journey_id = $1 AND consumer = 'guest_account'", [messageId]);
  return row;
}, { timeout: 8_000 });

describeWithServer('slapd', 'owners in three organisations', () => {
  let [alpha, beta, gamma]: (SlapdServer | undefined)[] = [];
  let ids: { alpha: string; beta: string; gamma: string };
  const servers = () => {
    if (!alpha || !beta || !gamma) throw new Error('no servers');
    return { alpha, beta, gamma };
  };
  const twin = { name: 'Twin', mail: ['twin@example.org'] };

  beforeAll(async () => {
    [alpha, beta, gamma] = await Promise.all([
      startSlapd({ organisation: { suffix: 'dc=alpha,dc=example', people: [{ uid: 'ada', name: 'Ada Lovelace', mail: ['ada@alpha.example', 'countess@alpha.example'], language: 'fr' }, { uid: 'both', name: 'Both at Alpha', mail: ['both@example.org'] }], groups: { staff: ['ada'] } } }),
      startSlapd({ organisation: { suffix: 'dc=beta,dc=example', people: [{ uid: 'bob', name: 'Bob', mail: ['bob@beta.example'] }, { uid: 'both', name: 'Both at Beta', mail: ['both@example.org'] }, { uid: 'twin1', ...twin }, { uid: 'twin2', ...twin }] } }),
      startSlapd({ organisation: { suffix: 'dc=gamma,dc=example', people: [{ uid: 'carol', name: 'Carol', mail: ['carol@gamma.example'] }, { uid: 'ada', name: 'Ada at Gamma', mail: ['ada@alpha.example'] }] } }),
    ]);
    ids = {
      alpha: await add({ name: 'ALPHA', kind: 'ldap', ldap: ldapOf(servers().alpha, { timeoutMs: 500 }) }),
      beta: await add({ name: 'BETA', kind: 'ldap', ldap: ldapOf(servers().beta) }),
      gamma: await add({ name: 'GAMMA', kind: 'ldap', ldap: ldapOf(servers().gamma, { tls: 'starttls', port: servers().gamma.port }) }),
    };
    await setMembers(ids.alpha, ids.beta, ids.gamma, 'guests');
  });
  afterAll(async () => {
    await setMembers('guests');
    for (const id of Object.values(ids)) await remove(id);
    for (const server of [alpha, beta, gamma]) await server?.remove();
  });

  it('are found by an alias, and told their main address, language and directory', async () => {
    const { messageId, documentId } = await harness.accept('countess@alpha.example', { userCreationAllowed: true, language: 'en' });
    await published(messageId).toMatchObject([{ subject: 'account.owner-resolved.v1', payload: { owner: { directory: 'ALPHA', address: 'ada@alpha.example', displayName: 'Ada Lovelace', language: 'fr' } } }]);
    expect(await harness.claims(documentId)).toEqual(['print_submit']);
    expect(await harness.journey(messageId)).toMatchObject([{ step: 'owner-found', evidence: { directory: 'ALPHA', login: 'ada', address: 'ada@alpha.example' } }]);
    expect((await clients.guests.listGuests({ search: 'alpha.example' })).guests).toEqual([]);
  });

  it('are those of the first directory in META\'s order, whichever it is', async () => {
    const first = await harness.accept('both@example.org');
    await published(first.messageId).toMatchObject([{ payload: { owner: { directory: 'ALPHA', displayName: 'Both at Alpha' } } }]);
    await setMembers('guests', ids.gamma, ids.beta, ids.alpha);
    const second = await harness.accept('both@example.org');
    await published(second.messageId).toMatchObject([{ payload: { owner: { directory: 'BETA', displayName: 'Both at Beta' } } }]);
    expect(await harness.journey(second.messageId)).toMatchObject([{ evidence: { askedBefore: ['guests', 'GAMMA'] } }]);
    await setMembers(ids.alpha, ids.beta, ids.gamma, 'guests');
  });

  it('are guests where no directory knows them, and new ones where creation is allowed', async () => {
    await clients.guests.createGuest({ settings: { address: 'known@guest.example', displayName: 'Known' } });
    const known = await harness.accept('known@guest.example');
    await published(known.messageId).toMatchObject([{ payload: { owner: { directory: 'guests', displayName: 'Known' } } }]);
    expect(await harness.journey(known.messageId)).toMatchObject([{ evidence: { askedBefore: ['ALPHA', 'BETA', 'GAMMA'] } }]);
    const created = await harness.accept('new@guest.example', { userCreationAllowed: true });
    await published(created.messageId).toMatchObject([{ payload: { created: true, owner: { directory: 'guests' } } }]);
    const nobody = await harness.accept('nobody@guest.example');
    await published(nobody.messageId).toMatchObject([{ payload: { reason: 'no-account', statusText: 'No user found with e-mail address: nobody@guest.example' } }]);
    expect(await harness.journey(nobody.messageId)).toMatchObject([{ evidence: { notIn: ['ALPHA', 'BETA', 'GAMMA', 'guests'] } }]);
  });

  it('are nobody where two people of one directory have the address, also where guests may be made', async () => {
    const { messageId, documentId } = await harness.accept('twin@example.org', { userCreationAllowed: true });
    await published(messageId).toMatchObject([{ subject: 'account.owner-refused.v1', payload: { reason: 'account-ambiguous', statusText: 'Several users of the directory BETA have this e-mail address: twin@example.org' } }]);
    expect(await harness.journey(messageId)).toMatchObject([{ evidence: { directory: 'BETA', logins: ['twin1', 'twin2'] } }]);
    expect(await harness.claims(documentId)).toEqual([]);
  });

  it('are sought in the default directory, and then among the guests', async () => {
    await setDefault(ids.gamma);
    const carol = await harness.accept('carol@gamma.example');
    await published(carol.messageId).toMatchObject([{ payload: { owner: { directory: 'GAMMA' } } }]);
    const ada = await harness.accept('ada@alpha.example');
    await published(ada.messageId).toMatchObject([{ payload: { owner: { directory: 'GAMMA', displayName: 'Ada at Gamma' } } }]);
    const known = await harness.accept('known@guest.example');
    await published(known.messageId).toMatchObject([{ payload: { owner: { directory: 'guests' } } }]);
    const bob = await harness.accept('bob@beta.example');
    await published(bob.messageId).toMatchObject([{ payload: { reason: 'no-account' } }]);
    expect(await refusal(remove(ids.gamma))).toMatchObject({ code: Code.FailedPrecondition, message: expect.stringContaining('default directory') });
    await setDefault('meta');
  });

  it('wait while a directory above is down or hangs, whatever those below know, and go on when it is back', async () => {
    const { alpha } = servers();
    alpha.hang();
    const [hanging, unknown] = [await harness.accept('bob@beta.example'), await harness.accept('stranger@example.org')];
    const said = { state: 'open', attempts: 0, waits: true, reason: expect.stringMatching(/directory\.down: The directory ALPHA can't be asked\. The server .*does not answer in time/) as unknown };
    await waitsFor(hanging.messageId).toEqual(said);
    await waitsFor(unknown.messageId).toEqual(said);
    expect(await harness.journey(hanging.messageId)).toMatchObject([{ step: 'waiting', evidence: { reason: expect.stringContaining('The directory ALPHA can\'t be asked') as unknown } }]);
    expect((await clients.directories.getDirectory({ directoryId: ids.alpha })).directory).toMatchObject({ state: 'down', problem: expect.stringContaining('does not answer in time') as unknown });
    alpha.resume();
    await published(hanging.messageId).toMatchObject([{ payload: { owner: { directory: 'BETA' } } }]);
    await published(unknown.messageId).toMatchObject([{ payload: { reason: 'no-account' } }]);
    expect((await clients.directories.getDirectory({ directoryId: ids.alpha })).directory).toMatchObject({ state: 'answers', problem: '' });
  }, 40_000);

  it('are known from what was kept while the directory is down, until it is changed', async () => {
    const { alpha } = servers();
    await alpha.modify(`dn: uid=late,ou=people,${alpha.suffix}\nchangetype: add\nobjectClass: inetOrgPerson\ncn: Late\nsn: Late\nmail: late@alpha.example\n`);
    const first = await harness.accept('late@alpha.example');
    await published(first.messageId).toMatchObject([{ payload: { owner: { directory: 'ALPHA' } } }]);
    await alpha.stop();
    const kept = await harness.accept('late@alpha.example');
    await published(kept.messageId).toMatchObject([{ payload: { owner: { directory: 'ALPHA' } } }]);
    await clients.directories.updateDirectory({ directoryId: ids.alpha, settings: { name: 'ALPHA', description: 'changed', kind: 'ldap', ldap: ldapOf(alpha, { timeoutMs: 500 }) } });
    const anew = await harness.accept('late@alpha.example');
    await waitsFor(anew.messageId).toMatchObject({ waits: true, reason: expect.stringContaining('refuses connections on this port') as unknown });
    await alpha.start();
    await published(anew.messageId).toMatchObject([{ payload: { owner: { directory: 'ALPHA' } } }]);
  }, 40_000);

  it('are the same to a second replica, and a change reaches it at once', async () => {
    const second = await harness.startService();
    await service.stop();
    try {
      const { messageId } = await harness.accept('bob@beta.example');
      await published(messageId).toMatchObject([{ payload: { owner: { directory: 'BETA' } } }]);
    } finally {
      service = await harness.startService();
      clients = clientsOf(service);
      await setMembers(ids.alpha, ids.gamma, 'guests');
    }
    const mails = await Promise.all(Array.from({ length: 6 }, () => harness.accept('bob@beta.example')));
    for (const { messageId } of mails) await published(messageId).toMatchObject([{ payload: { reason: 'no-account' } }]);
    await setMembers(ids.alpha, ids.beta, ids.gamma, 'guests');
    await second.stop();
  });

  describe('the test of a directory', () => {
    it('takes the way step by step, finds somebody, their groups, and proves nothing that isn\'t so', async () => {
      const result = await clients.directories.testDirectory({ directoryId: ids.alpha, address: 'Countess@alpha.example', login: 'ada', password: 'wrong' });
      expect(result.steps.map(({ step, outcome }) => `${step} ${outcome}`)).toEqual(['dns passed', 'tcp passed', 'tls passed', 'bind passed', 'people passed', 'address passed', 'login passed', 'password failed']);
      expect(result).toMatchObject({ passed: false, found: { directory: 'ALPHA', login: 'ada', addresses: ['ada@alpha.example', 'countess@alpha.example'], groups: ['staff'] } });
    });

    it('says of META which one answers, and who was asked before', async () => {
      const { steps: [step], found } = await clients.directories.testDirectory({ directoryId: 'meta', address: 'bob@beta.example' });
      expect(step).toMatchObject({ step: 'address', outcome: 'passed', text: 'BETA answers. Bob (bob), bob@beta.example. Asked before, in vain: ALPHA.' });
      expect(found).toMatchObject({ directory: 'BETA', login: 'bob' });
    });

    it('says that an address is ambiguous', async () => {
      const { steps, passed } = await clients.directories.testDirectory({ directoryId: ids.beta, address: 'twin@example.org' });
      expect(passed).toBe(false);
      expect(steps.find(({ step }) => step === 'address')).toMatchObject({ outcome: 'failed', text: expect.stringContaining('Several people are found, twin1, twin2') as unknown });
    });
  });
});

describe('a directory', () => {
  const ldap = {
    host: 'ldap.example.org', port: 636, tls: 'implicit', bindDn: 'cn=inkpost', password: 'secret', baseDn: 'dc=example,dc=org', peopleFilter: '(objectClass=person)', mailAttributes: ['mail'],
    loginAttribute: 'uid', nameAttribute: 'cn', timeoutMs: 1_000, cacheSeconds: 300, missCacheSeconds: 60,
  };

  it('is added, changed and deleted, never shows its password, and sends it to no other server', async () => {
    const { directory } = await clients.directories.createDirectory({ settings: { name: 'AD', aliases: ['ACTIVE'], kind: 'ldap', ldap } });
    const directoryId = directory?.directoryId ?? '';
    expect(directory).toMatchObject({ passwordStored: true, state: 'unused', version: 1, settings: { name: 'AD', isDefault: false } });
    expect(JSON.stringify(directory, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))).not.toContain('secret');
    const { rows: [row] } = await harness.superuser.query('SELECT settings::text, sealed_password FROM guest_account.directory WHERE directory_id = $1', [directoryId]);
    expect(row.settings).not.toContain('secret');
    expect((row.sealed_password as Buffer).includes('secret')).toBe(false);
    const { password: _, ...unsaid } = ldap;
    const change = (more: object, version = 0) => clients.directories.updateDirectory({ directoryId, version, settings: { name: 'AD', kind: 'ldap', ldap: { ...unsaid, ...more } } });
    await change({ baseDn: 'dc=other' });
    for (const more of [{ host: 'evil.example.org' }, { port: 389 }, { tls: 'none' }, { bindDn: 'cn=other' }]) expect(await refusal(change(more)), JSON.stringify(more)).toMatchObject({ code: Code.InvalidArgument, field: 'ldap.password' });
    expect(await refusal(change({}, 1))).toMatchObject({ code: Code.Aborted });
    await remove(directoryId);
    expect(await refusal(clients.directories.getDirectory({ directoryId }))).toMatchObject({ code: Code.NotFound });
  });

  it('is duplicated with its password and without its aliases', async () => {
    const original = await add({ name: 'Original', aliases: ['Also'], kind: 'ldap', ldap });
    const { directory } = await clients.directories.duplicateDirectory({ directoryId: original, name: 'Copy' });
    expect(directory).toMatchObject({ passwordStored: true, settings: { name: 'Copy', aliases: [], ldap: { host: 'ldap.example.org' } } });
    const id = directory?.directoryId ?? '';
    const { password: _, ...unsaid } = ldap;
    await clients.directories.updateDirectory({ directoryId: id, settings: { name: 'Copy', kind: 'ldap', ldap: unsaid } });
    expect(await refusal(clients.directories.duplicateDirectory({ directoryId: original, name: 'also' }))).toMatchObject({ code: Code.AlreadyExists });
    expect(await refusal(clients.directories.duplicateDirectory({ directoryId: 'meta', name: 'Meta 2' }))).toMatchObject({ code: Code.FailedPrecondition });
    await remove(original);
    await remove(id);
  });

  it.each([
    ['name', { name: '', kind: 'local' }], ['name', { name: 'A\\B', kind: 'local' }], ['aliases', { name: 'A', aliases: ['a'], kind: 'local' }], ['kind', { name: 'A', kind: 'sql' }], ['kind', { name: 'A', kind: 'meta' }],
    ['ldap', { name: 'A', kind: 'ldap' }], ['ldap', { name: 'A', kind: 'local', ldap }], ['ldap.host', { name: 'A', kind: 'ldap', ldap: { ...ldap, host: 'ldap://x' } }],
    ['ldap.peopleFilter', { name: 'A', kind: 'ldap', ldap: { ...ldap, peopleFilter: '(a=b)(c=d)' } }], ['ldap.addressFilter', { name: 'A', kind: 'ldap', ldap: { ...ldap, addressFilter: '(mail=x)' } }],
    ['ldap.addressFilter', { name: 'A', kind: 'ldap', ldap: { ...ldap, addressFilter: '(mail={address}' } }], ['ldap.mailAttributes', { name: 'A', kind: 'ldap', ldap: { ...ldap, mailAttributes: ['mail)(x'] } }],
    ['ldap.timeoutMs', { name: 'A', kind: 'ldap', ldap: { ...ldap, timeoutMs: 0 } }], ['ldap.password', { name: 'A', kind: 'ldap', ldap: { ...ldap, password: '' } }], ['ldap.tls', { name: 'A', kind: 'ldap', ldap: { ...ldap, tls: '' } }],
    ['ldap.certificateAuthority', { name: 'A', kind: 'ldap', ldap: { ...ldap, certificateAuthority: 'x' } }], ['ldap.host', { name: 'A', kind: 'ldap', ldap: { ...ldap, host: '224.0.0.1' } }],
  ] as const)('is refused with the name of the field that is wrong: %s (%#)', async (field, settings) => {
    expect(await refusal(clients.directories.createDirectory({ settings: settings as unknown as Settings }))).toMatchObject({ code: Code.InvalidArgument, field });
  });

  it('of META names guests, each once, and only what is there; what is built in stays', async () => {
    for (const members of [[], ['guests', 'guests'], ['guests', 'meta'], ['guests', 'nobody']]) expect(await refusal(setMembers(...members))).toMatchObject({ field: 'meta.members' });
    for (const id of ['guests', 'meta']) expect(await refusal(remove(id))).toMatchObject({ code: Code.FailedPrecondition });
    expect(await refusal(clients.directories.updateDirectory({ directoryId: 'meta', settings: { name: 'META', kind: 'meta', isDefault: false, meta: { members: ['guests'] } } }))).toMatchObject({ field: 'isDefault' });
  });

  it('at a link-local address is never connected to, unless that is allowed', async () => {
    const id = await add({ name: 'Metadata', kind: 'ldap', ldap: { ...ldap, host: '169.254.169.254' } });
    const { steps } = await clients.directories.testDirectory({ directoryId: id });
    expect(steps.map(({ step, outcome }) => `${step} ${outcome}`)).toEqual(['dns failed', 'tcp not-run', 'tls not-run', 'bind not-run', 'people not-run', 'address not-run', 'login not-run', 'password not-run']);
    await remove(id);
  });

  it('that is silent ends its test in time, with words to act on', async () => {
    const silent = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const id = await add({ name: 'Silent', kind: 'ldap', ldap: { ...ldap, host: '127.0.0.1', port: (silent.address() as AddressInfo).port, tls: 'none', timeoutMs: 500 } });
    const { steps } = await clients.directories.testDirectory({ directoryId: id });
    expect(steps.find(({ step }) => step === 'bind')).toMatchObject({ outcome: 'failed', text: 'The server takes connections and does not answer in time.' });
    await remove(id);
    silent.close();
  });

  it('needs the right to read or to write', async () => {
    const reader = service.client(DirectoryService, 'configuration.read');
    const writer = service.client(DirectoryService, 'configuration.write');
    await reader.listDirectories({});
    expect(await refusal(writer.listDirectories({}))).toMatchObject({ code: Code.PermissionDenied });
    for (const act of [() => reader.createDirectory({}), () => reader.updateDirectory({}), () => reader.deleteDirectory({}), () => reader.duplicateDirectory({}), () => reader.testDirectory({})]) {
      expect(await refusal(act())).toMatchObject({ code: Code.PermissionDenied });
    }
  });
});

describe('people of a local directory', () => {
  let directoryId: string;

  beforeAll(async () => {
    directoryId = await add({ name: 'STAFF', kind: 'local' });
    await setMembers(directoryId, 'guests');
  });
  afterAll(async () => {
    await setMembers('guests');
    await remove(directoryId);
  });

  it('are written down, print by each of their addresses, and change and go at once', async () => {
    const { person } = await clients.people.createPerson({ directoryId, settings: { login: 'Grace', displayName: 'Grace', addresses: ['grace@staff.example', 'Hopper@staff.example'], language: 'fr', password: 'Nanoseconds' } });
    const accountId = person?.accountId ?? '';
    expect(person).toMatchObject({ passwordStored: true, version: 1, settings: { addresses: ['grace@staff.example', 'hopper@staff.example'] } });
    const first = await harness.accept('hopper@staff.example');
    await published(first.messageId).toMatchObject([{ payload: { owner: { accountId, directory: 'STAFF', address: 'grace@staff.example', language: 'fr' } } }]);
    expect(await clients.directories.testDirectory({ directoryId, login: 'GRACE', password: 'Nanoseconds' })).toMatchObject({ passed: true });
    await clients.people.updatePerson({ directoryId, accountId, version: 1, settings: { login: 'Grace', addresses: ['grace@staff.example'], locked: true } });
    expect(await refusal(clients.people.updatePerson({ directoryId, accountId, version: 1, settings: { login: 'Grace', addresses: ['grace@staff.example'] } }))).toMatchObject({ code: Code.Aborted });
    const locked = await harness.accept('grace@staff.example', { userCreationAllowed: true });
    await published(locked.messageId).toMatchObject([{ payload: { reason: 'account-locked' } }]);
    await clients.people.deletePerson({ directoryId, accountId });
    expect((await harness.facts(accountId)).map(({ subject }) => subject)).toEqual(['account.changed.v1', 'account.erased.v1']);
    const gone = await harness.accept('grace@staff.example');
    await published(gone.messageId).toMatchObject([{ payload: { reason: 'no-account' } }]);
  });

  it('have logins and addresses of their own', async () => {
    const settings = { login: 'one', addresses: ['one@staff.example'] };
    await clients.people.createPerson({ directoryId, settings });
    for (const other of [{ ...settings, login: 'ONE', addresses: ['x@staff.example'] }, { ...settings, login: 'other' }]) expect(await refusal(clients.people.createPerson({ directoryId, settings: other }))).toMatchObject({ code: Code.AlreadyExists });
    expect(await refusal(clients.people.createPerson({ directoryId, settings: { login: 'two', addresses: [] } }))).toMatchObject({ field: 'addresses' });
    expect(await refusal(clients.people.createPerson({ directoryId: 'guests', settings }))).toMatchObject({ code: Code.FailedPrecondition });
    expect(await refusal(clients.people.createPerson({ directoryId: 'nowhere', settings }))).toMatchObject({ code: Code.NotFound });
  });

  it('are imported after a dry run: all, or none where a line is wrong', async () => {
    const header = 'login,name,addresses,language,groups\n';
    const csv = `${header}imp1,First,imp1@staff.example,fr,a|b\nimp2,Second,"imp2@staff.example; second@staff.example",,\n`;
    const count = async () => (await clients.people.listPeople({ directoryId, search: 'imp' })).people.length;
    expect(await clients.people.importPeople({ directoryId, csv, dryRun: true })).toMatchObject({ imported: false, added: 2, refused: 0 });
    expect(await count()).toBe(0);
    const broken = await clients.people.importPeople({ directoryId, csv: `${csv}imp3,Third,nonsense,,\n` });
    expect(broken).toMatchObject({ imported: false, refused: 1 });
    expect(broken.lines[0]).toMatchObject({ line: 4, login: 'imp3', outcome: 'refused', problem: 'addresses: must be e-mail addresses such as somebody@example.org' });
    expect(await count()).toBe(0);
    expect(await clients.people.importPeople({ directoryId, csv })).toMatchObject({ imported: true, added: 2 });
    expect(await clients.people.importPeople({ directoryId, csv: csv.replace('First', 'Changed') })).toMatchObject({ imported: true, changed: 1, unchanged: 1 });
    expect((await clients.people.listPeople({ directoryId, search: 'SECOND@' })).people).toMatchObject([{ settings: { login: 'imp2', addresses: ['imp2@staff.example', 'second@staff.example'] } }]);
    expect(await refusal(clients.people.importPeople({ directoryId, csv: 'login,e-mail\n' }))).toMatchObject({ field: 'csv', message: expect.stringContaining('"e-mail" is no column') });
  });

  it('come page by page, and 10,000 of them are imported in seconds', async () => {
    const id = await add({ name: 'LARGE', kind: 'local' });
    const csv = `login,addresses\n${Array.from({ length: 10_000 }, (_, index) => `user${index},user${index}@large.example\n`).join('')}`;
    const startedAt = performance.now();
    expect(await clients.people.importPeople({ directoryId: id, csv })).toMatchObject({ imported: true, added: 10_000 });
    console.log(`10,000 people imported in ${Math.round(performance.now() - startedAt)} ms`);
    const first = await clients.people.listPeople({ directoryId: id, limit: 200 });
    const second = await clients.people.listPeople({ directoryId: id, limit: 200, cursor: first.nextCursor });
    const logins = [...first.people, ...second.people].map(({ settings }) => settings?.login ?? '');
    expect(logins).toEqual([...new Set(logins)].sort());
    expect(logins).toHaveLength(400);
  });
});
