import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DirectoriesHarness, refusal } from '../directories/directories.harness.js';

let desk: DirectoriesHarness;

beforeAll(async () => {
  desk = await DirectoriesHarness.start();
});
afterAll(() => desk.stop());

const published = (messageId: string) => expect.poll(() => desk.outcome(messageId), { timeout: 12_000 });

describe('people of a local directory', () => {
  let directoryId: string;

  beforeAll(async () => {
    directoryId = await desk.add({ name: 'STAFF', kind: 'local' });
    await desk.setMembers(directoryId, 'guests');
  });
  afterAll(async () => {
    await desk.setMembers('guests');
    await desk.remove(directoryId);
  });

  it('are written down, print by each of their addresses, and change and go at once', async () => {
    const { person } = await desk.clients.people.createPerson({ directoryId, settings: { login: 'Grace', displayName: 'Grace', addresses: ['grace@staff.example', 'Hopper@staff.example'], language: 'fr', password: 'Nanoseconds' } });
    const accountId = person?.accountId ?? '';
    expect(person).toMatchObject({ passwordStored: true, version: 1, settings: { addresses: ['grace@staff.example', 'hopper@staff.example'] } });
    const first = await desk.base.accept('hopper@staff.example');
    await published(first.messageId).toMatchObject([{ payload: { owner: { accountId, directory: 'STAFF', address: 'grace@staff.example', language: 'fr' } } }]);
    expect(await desk.clients.directories.testDirectory({ directoryId, login: 'GRACE', password: 'Nanoseconds' })).toMatchObject({ passed: true });
    await desk.clients.people.updatePerson({ directoryId, accountId, version: 1, settings: { login: 'Grace', addresses: ['grace@staff.example'], locked: true } });
    expect(await refusal(desk.clients.people.updatePerson({ directoryId, accountId, version: 1, settings: { login: 'Grace', addresses: ['grace@staff.example'] } }))).toMatchObject({ code: Code.Aborted });
    const locked = await desk.base.accept('grace@staff.example', { unknownSender: 'create' });
    await published(locked.messageId).toMatchObject([{ payload: { reason: 'account-locked' } }]);
    await desk.clients.people.deletePerson({ directoryId, accountId });
    expect((await desk.base.facts(accountId)).map(({ subject }) => subject)).toEqual(['account.changed.v1']);
    const { rows: erasures } = await desk.base.superuser.query('SELECT about, addresses FROM guest_account.erasure WHERE $1 = ANY (account_ids)', [accountId]);
    expect(erasures).toEqual([{ about: 'local-person', addresses: ['grace@staff.example'] }]);
    const gone = await desk.base.accept('grace@staff.example');
    await published(gone.messageId).toMatchObject([{ payload: { reason: 'no-account' } }]);
  });

  it('have logins and addresses of their own', async () => {
    const settings = { login: 'one', addresses: ['one@staff.example'] };
    await desk.clients.people.createPerson({ directoryId, settings });
    for (const other of [{ ...settings, login: 'ONE', addresses: ['x@staff.example'] }, { ...settings, login: 'other' }]) expect(await refusal(desk.clients.people.createPerson({ directoryId, settings: other }))).toMatchObject({ code: Code.AlreadyExists });
    expect(await refusal(desk.clients.people.createPerson({ directoryId, settings: { login: 'two', addresses: [] } }))).toMatchObject({ field: 'addresses' });
    expect(await refusal(desk.clients.people.createPerson({ directoryId: 'guests', settings }))).toMatchObject({ code: Code.FailedPrecondition });
    expect(await refusal(desk.clients.people.createPerson({ directoryId: 'nowhere', settings }))).toMatchObject({ code: Code.NotFound });
  });

  it('are imported after a dry run: all, or none where a line is wrong', async () => {
    const header = 'login,name,addresses,language,groups\n';
    const csv = `${header}imp1,First,imp1@staff.example,fr,a|b\nimp2,Second,"imp2@staff.example; second@staff.example",,\n`;
    const count = async () => (await desk.clients.people.listPeople({ directoryId, search: 'imp' })).people.length;
    expect(await desk.clients.people.importPeople({ directoryId, csv, dryRun: true })).toMatchObject({ imported: false, added: 2, refused: 0 });
    expect(await count()).toBe(0);
    const broken = await desk.clients.people.importPeople({ directoryId, csv: `${csv}imp3,Third,nonsense,,\n` });
    expect(broken).toMatchObject({ imported: false, refused: 1 });
    expect(broken.lines[0]).toMatchObject({ line: 4, login: 'imp3', outcome: 'refused', problem: 'addresses: must be e-mail addresses such as somebody@example.org' });
    expect(await count()).toBe(0);
    expect(await desk.clients.people.importPeople({ directoryId, csv })).toMatchObject({ imported: true, added: 2 });
    expect(await desk.clients.people.importPeople({ directoryId, csv: csv.replace('First', 'Changed') })).toMatchObject({ imported: true, changed: 1, unchanged: 1 });
    expect((await desk.clients.people.listPeople({ directoryId, search: 'SECOND@' })).people).toMatchObject([{ settings: { login: 'imp2', addresses: ['imp2@staff.example', 'second@staff.example'] } }]);
    expect(await refusal(desk.clients.people.importPeople({ directoryId, csv: 'login,e-mail\n' }))).toMatchObject({ field: 'csv', message: expect.stringContaining('"e-mail" is no column') });
  });

  it('come page by page, and 10,000 of them are imported in seconds', async () => {
    const id = await desk.add({ name: 'LARGE', kind: 'local' });
    const csv = `login,addresses\n${Array.from({ length: 10_000 }, (_, index) => `user${index},user${index}@large.example\n`).join('')}`;
    const startedAt = performance.now();
    expect(await desk.clients.people.importPeople({ directoryId: id, csv })).toMatchObject({ imported: true, added: 10_000 });
    console.log(`10,000 people imported in ${Math.round(performance.now() - startedAt)} ms`);
    const first = await desk.clients.people.listPeople({ directoryId: id, limit: 200 });
    const second = await desk.clients.people.listPeople({ directoryId: id, limit: 200, cursor: first.nextCursor });
    const logins = [...first.people, ...second.people].map(({ settings }) => settings?.login ?? '');
    expect(logins).toEqual([...new Set(logins)].sort());
    expect(logins).toHaveLength(400);
  });
});
