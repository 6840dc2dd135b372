import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FieldProblemSchema } from '@inkpost/contracts/admin/v1/diagnostics_pb.js';
import { GuestService } from '@inkpost/contracts/admin/v1/guests_pb.js';
import type { Right } from '@inkpost/service/rights.js';
import { GuestAccountHarness } from '../guest-account.harness.js';

type Service = Awaited<ReturnType<GuestAccountHarness['startService']>>;
const clientOf = (service: Service, ...rights: readonly Right[]) => service.client(GuestService, ...rights);

let harness: GuestAccountHarness;
let service: Service;
let guests: ReturnType<typeof clientOf>;

async function refusal(call: Promise<unknown>): Promise<{ code: Code; field: string | undefined; message: string }> {
  const error = await call.then(() => { throw new Error('it was not refused'); }, (reason: unknown) => ConnectError.from(reason));
  return { code: error.code, field: error.findDetails(FieldProblemSchema)[0]?.field, message: error.rawMessage };
}

const found = async (filter: object) => (await guests.listGuests({ filter, limit: 200 })).guests;
const facts = async (subject: string) => (await harness.superuser.query<{ count: number }>("SELECT count(*) AS count FROM flow.message WHERE subject = $1", [subject])).rows[0]?.count;

beforeAll(async () => {
  harness = await GuestAccountHarness.start();
  service = await harness.startService();
  guests = clientOf(service, 'guests.read', 'guests.add', 'guests.edit', 'guests.delete');
});
afterAll(() => harness.stop());

describe('a list of guests', () => {
  const header = 'login,name,addresses,group,PUK,PIN code,card number,valid until\n';
  const csv = `${header}imp1,First,imp1@import.example,fair,123,4711,CARD-0001,2099-12-31\nimp2,Second,"imp2@import.example; second@import.example",fair,456,,,\n`;

  it('is imported after a dry run: all, or none where a line is wrong', async () => {
    const dry = await guests.importGuests({ csv, dryRun: true });
    expect(dry).toMatchObject({ imported: false, added: 2, refused: 0, notes: [expect.stringContaining('"PUK" is left out')] });
    expect(await found({ search: 'import.example' })).toEqual([]);
    const broken = await guests.importGuests({ csv: `${csv}imp3,Third,nonsense,,,,,\n` });
    expect(broken).toMatchObject({ imported: false, added: 2, refused: 1, lines: [{ line: 4, login: 'imp3', outcome: 'refused', problem: 'addresses: must be e-mail addresses such as somebody@example.org' }, {}, {}] });
    expect(await found({ search: 'import.example' })).toEqual([]);
    expect(await guests.importGuests({ csv })).toMatchObject({ imported: true, added: 2 });
    expect(await found({ search: 'import.example' })).toMatchObject([
      { origin: 'import', state: 'active', pinStored: true, cardEnd: '0001', settings: { login: 'imp1', group: 'fair' } },
      { pinStored: false, cardEnd: '', settings: { login: 'imp2', addresses: ['imp2@import.example', 'second@import.example'] } },
    ]);
    expect(await facts('account.changed.v1')).toBe(0);
  });

  it('changes guests who are there, or leaves them, as is wanted', async () => {
    const changed = csv.replace('First', 'Changed');
    expect(await guests.importGuests({ csv: changed, existing: 'skip' })).toMatchObject({ imported: true, added: 0, changed: 0, skipped: 2 });
    expect(await guests.importGuests({ csv: changed })).toMatchObject({ imported: true, changed: 1, unchanged: 1 });
    expect(await found({ search: 'imp1' })).toMatchObject([{ version: 2, origin: 'import', settings: { displayName: 'Changed' } }]);
    expect(await facts('account.changed.v1')).toBe(1);
    // The swap of an address and a card.
    const swap = 'login,addresses,card\nimp1,imp2@import.example,\nimp2,imp1@import.example,card 0001\n';
    expect(await guests.importGuests({ csv: swap })).toMatchObject({ imported: false, refused: 1 });
    expect(await guests.importGuests({ csv: swap.replace('imp2@import.example,\n', 'imp2@import.example,CARD-0002\n') })).toMatchObject({ imported: true, changed: 2 });
    expect(await found({ search: 'import.example' })).toMatchObject([{ cardEnd: '0002', settings: { addresses: ['imp2@import.example'] } }, { cardEnd: '0001', settings: { addresses: ['imp1@import.example'] } }]);
  });

  it('is refused as a whole where it can\'t be read, and without the right', async () => {
    expect(await refusal(guests.importGuests({ csv: 'login,shoe size\n' }))).toMatchObject({ code: Code.InvalidArgument, field: 'csv', message: expect.stringContaining('"shoe size" is no column') });
    expect(await refusal(guests.importGuests({ csv: `login\n${'x'.repeat(1_000_001)}` }))).toMatchObject({ field: 'csv' });
    expect(await refusal(guests.importGuests({ csv, existing: 'replace' }))).toMatchObject({ field: 'existing' });
    expect(await refusal(clientOf(service, 'guests.add').importGuests({ csv }))).toMatchObject({ code: Code.PermissionDenied, message: expect.stringContaining('guests.edit') });
    expect(await clientOf(service, 'guests.add').importGuests({ csv, existing: 'skip' })).toMatchObject({ imported: true, skipped: 2 });
    expect(await refusal(clientOf(service, 'guests.edit').importGuests({ csv }))).toMatchObject({ code: Code.PermissionDenied, message: expect.stringContaining('guests.add') });
  });

  it('is imported not at all where a mail makes one of its guests meanwhile', async () => {
    const mail = await harness.superuser.connect();
    await mail.query('BEGIN');
    await mail.query("INSERT INTO guest_account.guest (account_id, login, login_key, addresses, origin) VALUES (gen_random_uuid(), 'race@race.example', 'race@race.example', ARRAY['race@race.example'], 'mail')");
    const importing = refusal(guests.importGuests({ csv: 'login,addresses\nbefore,before@race.example\n,race@race.example\n' }));
    const waiting = async () => (await harness.superuser.query("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND usename = 'guest_account' AND wait_event = 'transactionid'")).rowCount;
    await expect.poll(waiting).toBe(1);
    await mail.query('COMMIT');
    mail.release();
    expect(await importing).toMatchObject({ code: Code.Aborted, message: expect.stringContaining('import again') });
    expect((await found({ search: 'race.example' })).map(({ origin }) => origin)).toEqual(['mail']);
  });

  it('is exported as it can be imported, in parts, and without formulas', async () => {
    await guests.createGuest({ settings: { login: 'formula', displayName: '=HYPERLINK("http://x")', addresses: ['f@export.example'], validFrom: timestampFromDate(new Date('2020-01-01T00:00:00Z')), note: 'a "note", long' } });
    const { csv: exported, nextCursor } = await guests.exportGuests({ filter: { search: 'example' } });
    expect(nextCursor).toBe('');
    expect(exported).toContain('"\'=HYPERLINK(""http://x"")"');
    expect(exported.split('\r\n')[0]).toBe('login,name,addresses,group,code,company,visitedPerson,validFrom,validUntil,locked,language,note');
    expect(await guests.importGuests({ csv: exported })).toMatchObject({ imported: true, added: 0, changed: 0, unchanged: 4 });
    expect(await refusal(clientOf(service, 'guests.add').exportGuests({}))).toMatchObject({ code: Code.PermissionDenied });
  });

  it('of 10,000 guests is imported in seconds, and comes out in two parts', async () => {
    const many = `login,name,addresses,group,company\n${Array.from({ length: 10_000 }, (_, index) => `many${index},Guest ${index},many${index}@many.example,event,Company ${index % 50}\n`).join('')}`;
    const startedAt = performance.now();
    expect(await guests.importGuests({ csv: many })).toMatchObject({ imported: true, added: 10_000 });
    console.log(`10,000 guests imported in ${Math.round(performance.now() - startedAt)} ms`);
    const first = await guests.exportGuests({ filter: { group: 'event' } });
    const second = await guests.exportGuests({ filter: { group: 'event' }, cursor: first.nextCursor });
    expect(second.nextCursor).toBe('');
    const logins = `${first.csv}${second.csv}`.trim().split('\r\n').slice(1).map((line) => line.split(',')[0]);
    expect(new Set(logins).size).toBe(10_000);
  });
});

describe('the guests of an event', () => {
  const [from, until] = ['2030-05-01T06:00:00Z', '2030-05-03T22:00:00Z'].map((moment) => timestampFromDate(new Date(moment)));
  const filter = { group: 'event', company: 'Company 7' };

  it('are counted before they are changed, and changed together', async () => {
    const change = { validity: { from, until }, locked: false };
    expect(await guests.changeGuests({ filter, change, dryRun: true })).toMatchObject({ found: 200, changed: false });
    expect(await found({ ...filter, state: 'not-yet' })).toEqual([]);
    expect(await refusal(guests.changeGuests({ filter, change, expectedCount: 199 }))).toMatchObject({ code: Code.Aborted, message: expect.stringContaining('200') });
    expect(await guests.changeGuests({ filter, change, expectedCount: 200 })).toMatchObject({ found: 200, changed: true });
    const changed = await found({ ...filter, state: 'not-yet' });
    expect(changed).toHaveLength(200);
    expect(changed[0]).toMatchObject({ version: 2, settings: { validFrom: from, validUntil: until } });
    expect(await guests.changeGuests({ filter, change: { locked: true, group: 'past event' } })).toMatchObject({ found: 200 });
    expect(await found({ search: 'past event', state: 'locked' })).toHaveLength(200);
    expect(await found({ ...filter })).toEqual([]);
  });

  it('of whom an automatic guest\'s end was set, keep it', async () => {
    const { guest } = await guests.createGuest({ settings: { addresses: ['auto@event.example'] } });
    await harness.superuser.query('UPDATE guest_account.guest SET renewed = true WHERE account_id = $1', [guest?.accountId]);
    await guests.changeGuests({ filter: { search: 'auto@event.example' }, change: { locked: true } });
    const renewed = async () => (await harness.superuser.query('SELECT renewed FROM guest_account.guest WHERE account_id = $1', [guest?.accountId])).rows;
    expect(await renewed()).toEqual([{ renewed: true }]);
    await guests.changeGuests({ filter: { search: 'auto@event.example' }, change: { validity: { until } } });
    expect(await renewed()).toEqual([{ renewed: false }]);
  });

  it('are erased together, as a right of its own allows', async () => {
    const gone = { filter: { group: 'past event' }, change: { erase: true } };
    expect(await refusal(clientOf(service, 'guests.edit').changeGuests(gone))).toMatchObject({ code: Code.PermissionDenied, message: expect.stringContaining('guests.delete') });
    expect(await guests.changeGuests(gone)).toMatchObject({ found: 200, changed: true });
    expect(await found(gone.filter)).toEqual([]);
    expect(await guests.changeGuests(gone)).toMatchObject({ found: 0, changed: true });
  });

  it.each([
    ['filter', { change: { locked: true } }], ['filter', { filter: { search: ' \u0301 ' }, change: { locked: true } }], ['change', { filter }], ['change.erase', { filter, change: { erase: true, locked: true } }],
    ['change.group', { filter, change: { group: 'x'.repeat(201) } }], ['change.validity.until', { filter, change: { validity: { from: until, until: from } } }], ['state', { filter: { state: 'x' }, change: { locked: true } }],
  ])('are not changed where %s is wrong (%#)', async (field, request) => {
    expect(await refusal(guests.changeGuests(request))).toMatchObject({ code: Code.InvalidArgument, field });
  });
});
