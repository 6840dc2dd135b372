import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SignInService } from '@inkpost/contracts/admin/v1/accounts_pb.js';
import { makeCertificate } from '@inkpost/testkit/make-certificate.js';
import { type TemporaryFolder, temporaryFolder } from '@inkpost/testkit/temporary-folder.js';
import { createTestDatabase, type TestDatabase } from '@inkpost/testkit/test-database.js';
import { Client } from 'pg';
import { EntraPlaces } from '../adapters/entra/entra-places.harness.js';
import { DirectoriesHarness, refusal, type Settings } from './directories.harness.js';

let [desk, places, badges, folder]: [DirectoriesHarness?, EntraPlaces?, TestDatabase?, TemporaryFolder?] = [];
const started = () => {
  if (!desk || !places || !badges) throw new Error('not started');
  return { desk, places, badges };
};

beforeAll(async () => {
  [places, badges, folder] = await Promise.all([
    EntraPlaces.start({
      users: [{ userPrincipalName: 'ada@corp.example', displayName: 'Ada', mail: 'ada@corp.example', proxyAddresses: ['smtp:lovelace@corp.example'], preferredLanguage: 'fr' }, { userPrincipalName: 'gone@corp.example', mail: 'gone@corp.example', accountEnabled: false }],
      groups: { Staff: ['ada@corp.example'] },
    }),
    createTestDatabase(), temporaryFolder('authorities'),
  ]);
  const certificates = join(folder.path, 'authorities.pem');
  await writeFile(certificates, `${places.provider.ca}${places.graph.ca}`);
  const client = new Client({ connectionString: badges.url() });
  await client.connect();
  await client.query(`CREATE TABLE badge (id integer, login text, mail text); INSERT INTO badge VALUES (1, 'ada', 'lovelace@corp.example'), (2, 'carl', 'carl@visitor.example')`);
  await client.end();
  desk = await DirectoriesHarness.start({ INKPOST_OFFICE365_AUTHORITY: places.provider.authority, INKPOST_GRAPH_URL: places.graph.url, INKPOST_AUTHORITY_CA_FILE: certificates });
});
afterAll(async () => {
  await desk?.stop();
  await places?.stop();
  await badges?.drop();
  await folder?.remove();
});

const times = { timeoutMs: 1_000, cacheSeconds: 0, missCacheSeconds: 0 };
function entraOf(more: object = {}) {
  const { provider } = started().places;
  return {
    tenantId: provider.tenantId, clientId: provider.office365.clientId, signIn: 'secret', clientSecret: provider.office365.clientSecret, addressProperties: ['mail', 'proxyAddresses'], loginProperty: 'userPrincipalName', ...times, ...more,
  };
}
function sqlOf(more: object = {}) {
  const { host, port, database, user, password } = started().badges;
  return {
    engine: 'postgres', host, port, tls: 'none', database, user, password, addressQuery: 'SELECT id, login, mail FROM badge WHERE mail = :address', identityColumn: 'id', loginColumn: 'login', addressColumns: ['mail'], ...times, ...more,
  };
}
const added = (settings: object) => started().desk.add(settings);
const refused = (settings: object) => refusal(started().desk.clients.directories.createDirectory({ settings: settings as Settings }));
const changed = (directoryId: string, settings: object) => started().desk.clients.directories.updateDirectory({ directoryId, settings: settings as Settings });

describe('directories of Entra and in a database', () => {
  it('find owners in META\'s order, and one that is down is waited for', async () => {
    const { desk, places } = started();
    const [entra, sql] = [await added({ name: 'ENTRA', kind: 'entra', entra: entraOf() }), await added({ name: 'BADGES', kind: 'sql', sql: sqlOf() })];
    await desk.setMembers(entra, sql, 'guests');
    const owner = async (address: string) => {
      const { messageId } = await desk.base.accept(address);
      return { messageId, outcome: expect.poll(() => desk.outcome(messageId), { timeout: 12_000 }) };
    };
    await (await owner('lovelace@corp.example')).outcome.toMatchObject([{ payload: { owner: { directory: 'ENTRA', address: 'ada@corp.example', displayName: 'Ada', language: 'fr' } } }]);
    const visitor = await owner('carl@visitor.example');
    await visitor.outcome.toMatchObject([{ payload: { owner: { directory: 'BADGES', address: 'carl@visitor.example', displayName: 'carl' } } }]);
    expect(await desk.base.journey(visitor.messageId)).toMatchObject([{ evidence: { askedBefore: ['ENTRA'] } }]);
    await (await owner('gone@corp.example')).outcome.toMatchObject([{ payload: { reason: 'account-locked' } }]);
    places.provider.refuse('office365', 'secret-expired');
    await changed(entra, { name: 'ENTRA', description: 'anew', kind: 'entra', entra: entraOf() });
    const waiting = await owner('carl@visitor.example');
    await expect.poll(() => desk.troubled(waiting.messageId), { timeout: 8_000 }).toMatchObject({ attempts: 0, waits: true, reason: expect.stringMatching(/The directory ENTRA can't be asked\. The client secret has expired/) as unknown });
    places.provider.refuse('office365', undefined);
    await waiting.outcome.toMatchObject([{ payload: { owner: { directory: 'BADGES' } } }]);
    await desk.setMembers('guests');
    for (const id of [entra, sql]) await desk.remove(id);
  });

  it('are tested step by step, groups included, and say that they check no passwords', async () => {
    const { desk } = started();
    const [entra, sql] = [await added({ name: 'ENTRA', kind: 'entra', entra: entraOf() }), await added({ name: 'BADGES', kind: 'sql', sql: sqlOf() })];
    const tested = await desk.clients.directories.testDirectory({ directoryId: entra, address: 'lovelace@corp.example', login: 'ada@corp.example', password: 'guessed' });
    expect(tested.steps.map(({ step, outcome }) => `${step} ${outcome}`)).toEqual(['sign-in passed', 'people passed', 'address passed', 'login passed', 'password failed']);
    expect([tested.found?.groups, tested.steps.at(-1)?.text]).toEqual([['Staff'], expect.stringContaining('single sign-on')]);
    const other = await desk.clients.directories.testDirectory({ directoryId: sql, address: 'carl@visitor.example' });
    expect(other).toMatchObject({ passed: true, found: { directory: 'BADGES', login: 'carl', addresses: ['carl@visitor.example'] } });
    expect(other.steps.map(({ step, outcome }) => `${step} ${outcome}`)).toEqual(['dns passed', 'tcp passed', 'tls skipped', 'sign-in passed', 'query passed', 'address passed', 'login skipped', 'password skipped']);
    for (const id of [entra, sql]) await desk.remove(id);
  });

  it('are not asked about passwords: who has the same login further down signs in there', async () => {
    const { desk, places } = started();
    const [entra, local] = [await added({ name: 'ENTRA', kind: 'entra', entra: entraOf() }), await added({ name: 'LOCAL', kind: 'local' })];
    await desk.setMembers(entra, local, 'guests');
    await desk.clients.people.createPerson({ directoryId: local, settings: { login: 'ada@corp.example', addresses: ['ada@local.example'], password: 'Paper-2026' } });
    const asked = places.graph.requests.length;
    const signIn = (account: string) => desk.service.client(SignInService).signIn({ account, password: 'Paper-2026', source: '192.0.2.1' });
    expect(await signIn('ada@corp.example')).toMatchObject({ outcome: 'signed-in', account: { directoryId: local } });
    expect(await signIn('ENTRA\\ada@corp.example')).toMatchObject({ outcome: 'refused' });
    expect(places.graph.requests).toHaveLength(asked);
    await desk.setMembers('guests');
    for (const id of [entra, local]) await desk.remove(id);
  });

  it('never show their secrets, keep them for the same application and server alone, and take them along when duplicated', async () => {
    const { desk, places, badges } = started();
    const { certificate, key } = await makeCertificate({ commonName: 'Inkpost', keyKind: 'rsa' });
    const certified = entraOf({ signIn: 'certificate', clientSecret: undefined, clientId: places.provider.certifyApplication(certificate), certificate, privateKey: key });
    const ids = { entra: await added({ name: 'ENTRA', kind: 'entra', entra: entraOf() }), certified: await added({ name: 'CERTIFIED', kind: 'entra', entra: certified }), sql: await added({ name: 'BADGES', kind: 'sql', sql: sqlOf() }) };
    const shown = JSON.stringify((await desk.clients.directories.listDirectories({})).directories, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
    for (const secret of [places.provider.office365.clientSecret, key.split('\n')[3] ?? '?', badges.password]) expect(shown).not.toContain(secret);
    const { rows } = await desk.base.superuser.query<{ name: string; settings: string }>('SELECT name, settings::text FROM guest_account.directory WHERE sealed_password IS NOT NULL ORDER BY name');
    expect(rows.map(({ name }) => name)).toEqual(['BADGES', 'CERTIFIED', 'ENTRA']);
    expect(rows.map(({ settings }) => settings).join()).not.toMatch(new RegExp(`${places.provider.office365.clientSecret}|PRIVATE KEY|${badges.password}`));
    const { clientSecret: _secret, ...entra } = entraOf({ loginProperty: 'employeeId' });
    const { password: _password, ...sql } = sqlOf({ database: 'postgres' });
    await changed(ids.entra, { name: 'ENTRA', kind: 'entra', entra });
    await changed(ids.sql, { name: 'BADGES', kind: 'sql', sql });
    for (const more of [{ tenantId: 'evil.example' }, { clientId: 'other' }]) expect(await refusal(changed(ids.entra, { name: 'ENTRA', kind: 'entra', entra: { ...entra, ...more } }))).toMatchObject({ field: 'entra.clientSecret' });
    for (const more of [{ host: 'evil.example' }, { port: 1 }, { user: 'other' }, { engine: 'mysql' }]) expect(await refusal(changed(ids.sql, { name: 'BADGES', kind: 'sql', sql: { ...sql, ...more } }))).toMatchObject({ field: 'sql.password' });
    const { directory: copy } = await desk.clients.directories.duplicateDirectory({ directoryId: ids.certified, name: 'COPY' });
    const tested = await desk.clients.directories.testDirectory({ directoryId: copy?.directoryId ?? '', address: 'ada@corp.example' });
    expect(tested).toMatchObject({ passed: true, found: { directory: 'COPY', displayName: 'Ada' } });
    for (const id of [...Object.values(ids), copy?.directoryId ?? '']) await desk.remove(id);
  });

  it.each<[string, () => object]>([
    ['entra', () => ({ kind: 'entra' })],
    ['entra', () => ({ kind: 'local', entra: entraOf() })],
    ['entra.tenantId', () => ({ kind: 'entra', entra: entraOf({ tenantId: '../common' }) })],
    ['entra.clientId', () => ({ kind: 'entra', entra: entraOf({ clientId: ' ' }) })],
    ['entra.signIn', () => ({ kind: 'entra', entra: entraOf({ signIn: 'password' }) })],
    ['entra.clientSecret', () => ({ kind: 'entra', entra: entraOf({ clientSecret: undefined }) })],
    ['entra.certificate', () => ({ kind: 'entra', entra: entraOf({ signIn: 'certificate' }) })],
    ['entra.privateKey', () => ({ kind: 'entra', entra: entraOf({ privateKey: 'x' }) })],
    ['entra.addressProperties', () => ({ kind: 'entra', entra: entraOf({ addressProperties: ['mail', 'displayName'] }) })],
    ['entra.loginProperty', () => ({ kind: 'entra', entra: entraOf({ loginProperty: 'id' }) })],
    ['entra.timeoutMs', () => ({ kind: 'entra', entra: entraOf({ timeoutMs: 1 }) })],
    ['sql', () => ({ kind: 'sql' })],
    ['sql.engine', () => ({ kind: 'sql', sql: sqlOf({ engine: 'oracle' }) })],
    ['sql.host', () => ({ kind: 'sql', sql: sqlOf({ host: 'postgres://db' }) })],
    ['sql.host', () => ({ kind: 'sql', sql: sqlOf({ engine: 'mysql', tls: 'required', host: '192.0.2.1' }) })],
    ['sql.tls', () => ({ kind: 'sql', sql: sqlOf({ tls: 'starttls' }) })],
    ['sql.port', () => ({ kind: 'sql', sql: sqlOf({ port: 0 }) })],
    ['sql.database', () => ({ kind: 'sql', sql: sqlOf({ database: '' }) })],
    ['sql.user', () => ({ kind: 'sql', sql: sqlOf({ user: '' }) })],
    ['sql.password', () => ({ kind: 'sql', sql: sqlOf({ password: undefined }) })],
    ['sql.addressQuery', () => ({ kind: 'sql', sql: sqlOf({ addressQuery: 'DELETE FROM badge WHERE mail = :address' }) })],
    ['sql.addressQuery', () => ({ kind: 'sql', sql: sqlOf({ addressQuery: `SELECT :address ${'x'.repeat(8_000)}` }) })],
    ['sql.loginQuery', () => ({ kind: 'sql', sql: sqlOf({ loginQuery: 'SELECT * FROM badge WHERE login = :address' }) })],
    ['sql.identityColumn', () => ({ kind: 'sql', sql: sqlOf({ identityColumn: '' }) })],
    ['sql.addressColumns', () => ({ kind: 'sql', sql: sqlOf({ addressColumns: [] }) })],
    ['sql.certificateAuthority', () => ({ kind: 'sql', sql: sqlOf({ certificateAuthority: 'x' }) })],
  ])('are refused with the name of the field that is wrong: %s (%#)', async (field, settings) => {
    expect(await refused({ name: 'WRONG', ...settings() })).toMatchObject({ code: Code.InvalidArgument, field });
  });

  it('take no key that is not of their certificate, nor a certificate that expired', async () => {
    const [one, other, old, curve] = await Promise.all([
      makeCertificate({ commonName: 'One', keyKind: 'rsa' }), makeCertificate({ commonName: 'Other', keyKind: 'rsa' }), makeCertificate({ commonName: 'Old', keyKind: 'rsa', validTo: new Date(Date.now() - 3_600_000) }), makeCertificate({ commonName: 'Curve' }),
    ]);
    const withPair = (certificate: string, privateKey: string) => refused({ name: 'WRONG', kind: 'entra', entra: entraOf({ signIn: 'certificate', clientSecret: undefined, certificate, privateKey }) });
    expect(await withPair(one.certificate, other.key)).toMatchObject({ field: 'entra.privateKey', message: expect.stringContaining('key of entra.certificate') as unknown });
    expect(await withPair(old.certificate, old.key)).toMatchObject({ field: 'entra.certificate', message: expect.stringContaining('expired') as unknown });
    expect(await withPair(curve.certificate, curve.key)).toMatchObject({ field: 'entra.privateKey', message: expect.stringContaining('RSA') as unknown });
  });
});
