import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GuestFilterSchema, type GuestSettings, GuestService } from '@inkpost/contracts/admin/v1/guests_pb.js';
import { FieldProblemSchema } from '@inkpost/contracts/admin/v1/diagnostics_pb.js';
import type { Right } from '@inkpost/service/rights.js';
import { GuestAccountHarness } from '../guest-account.harness.js';
import { foldText } from './fold-text.js';

const RIGHTS = ['guests.read', 'guests.add', 'guests.edit', 'guests.delete'] as const;
type Service = Awaited<ReturnType<GuestAccountHarness['startService']>>;
const clientOf = (service: Service, ...rights: readonly Right[]) => service.client(GuestService, ...rights);

let harness: GuestAccountHarness;
let service: Service;
let guests: ReturnType<typeof clientOf>;

async function add(address: string, more: Partial<Omit<GuestSettings, '$typeName' | '$unknown'>> = {}) {
  const { guest } = await guests.createGuest({ settings: { addresses: [address], ...more } });
  if (!guest) throw new Error('no guest');
  return guest;
}

/** Code and, for an invalid argument, the field. */
async function refusal(call: Promise<unknown>): Promise<{ code: Code; field: string | undefined; message: string }> {
  const error = await call.then(() => { throw new Error('it was not refused'); }, (reason: unknown) => ConnectError.from(reason));
  return { code: error.code, field: error.findDetails(FieldProblemSchema)[0]?.field, message: error.rawMessage };
}

beforeAll(async () => {
  harness = await GuestAccountHarness.start();
  service = await harness.startService();
  guests = clientOf(service, ...RIGHTS);
});
afterAll(() => harness.stop());

describe('a guest', () => {
  it('is added, read, changed and erased, and each change is told', async () => {
    const [begin, end] = [timestampFromDate(new Date('2029-01-31T12:34:56.789Z')), timestampFromDate(new Date('2030-01-31T12:34:56.789Z'))];
    const settings = {
      login: 'Zoe', addresses: ['Zoë@Büro.example', 'zoe@work.example'], displayName: 'Zoë', company: 'Büro', group: 'fair', analyticalCode: 'K-12', visitedPerson: 'Ada', note: 'by train',
      validFrom: begin, validUntil: end, password: 'Print-2026', pin: '4711', cardNumber: '04:A3:7F:12',
    };
    const { guest: added } = await guests.createGuest({ settings });
    const accountId = added?.accountId ?? '';
    expect(added).toMatchObject({
      origin: 'administrator', version: 1, state: 'not-yet', passwordStored: true, pinStored: true, cardEnd: '7F12',
      settings: {
        login: 'Zoe', addresses: ['zoë@xn--bro-hoa.example', 'zoe@work.example'], displayName: 'Zoë', company: 'Büro', group: 'fair', analyticalCode: 'K-12', visitedPerson: 'Ada', note: 'by train',
        language: '', locked: false, validFrom: begin, validUntil: end,
      },
    });
    for (const secret of ['Print-2026', '4711', '04A3']) expect(JSON.stringify(added, (_, value) => typeof value === 'bigint' ? String(value) : value)).not.toContain(secret);
    expect((await guests.getGuest({ accountId })).guest).toEqual(added);
    const { guest: changed } = await guests.updateGuest({ accountId, settings: { login: 'Zoe', addresses: ['zoe@example.org'], language: 'fr', locked: true }, version: 1 });
    expect(changed).toMatchObject({ version: 2, state: 'locked', passwordStored: true, pinStored: true, cardEnd: '7F12', settings: { addresses: ['zoe@example.org'], displayName: '', language: 'fr', locked: true } });
    expect(changed?.settings?.validUntil).toBeUndefined();
    const { guest: bare } = await guests.updateGuest({ accountId, settings: { login: 'Zoe', password: '', pin: '', cardNumber: '' } });
    expect(bare).toMatchObject({ passwordStored: false, pinStored: false, cardEnd: '', settings: { addresses: [] } });
    await guests.deleteGuest({ accountId });
    expect(await refusal(guests.getGuest({ accountId }))).toMatchObject({ code: Code.NotFound });
    expect(await harness.facts(accountId)).toEqual([
      { subject: 'account.changed.v1', payload: { accountId, address: 'zoë@xn--bro-hoa.example', otherAddresses: ['zoe@work.example'], displayName: 'Zoë', language: 'en', version: 1 } },
      { subject: 'account.changed.v1', payload: { accountId, address: 'zoe@example.org', language: 'fr', version: 2 } },
      { subject: 'account.changed.v1', payload: { accountId, language: 'en', version: 3 } },
    ]);
    const { rows: erased } = await harness.superuser.query("SELECT payload FROM flow.message WHERE subject = 'account.erased.v1' AND payload -> 'accountIds' ? $1 LIMIT 1", [accountId]);
    expect(erased).toMatchObject([{ payload: { accountIds: [accountId] } }]);
    const { rows: addresses } = await harness.superuser.query('SELECT 1 FROM guest_account.guest_address WHERE account_id = $1', [accountId]);
    expect(addresses).toEqual([]);
  });

  it('that somebody changed meanwhile is not overwritten', async () => {
    const { accountId, version } = await add('meanwhile@example.org');
    const addresses = ['meanwhile@example.org'];
    await guests.updateGuest({ accountId, settings: { addresses, company: 'first' }, version });
    expect(await refusal(guests.updateGuest({ accountId, settings: { addresses, company: 'second' }, version }))).toMatchObject({ code: Code.Aborted });
    expect((await guests.getGuest({ accountId })).guest).toMatchObject({ version: 2, settings: { company: 'first' } });
    expect(await harness.facts(accountId)).toHaveLength(2);
    await guests.updateGuest({ accountId, settings: { addresses, company: 'third' }, version: 0 });
    expect((await guests.getGuest({ accountId })).guest).toMatchObject({ version: 3, settings: { company: 'third' } });
  });

  it('can not have the login, an address or the card of another, however they are written', async () => {
    const { accountId } = await add('first@example.org');
    await add('taken@example.org', { login: 'Taken', cardNumber: 'CAFE-1234' });
    const cases = { addresses: { addresses: ['x@example.org', 'TAKEN@Example.org'] }, login: { login: 'TAKEN' }, cardNumber: { login: 'other', cardNumber: 'cafe 1234' } };
    for (const [field, settings] of Object.entries(cases)) {
      const taken = { code: Code.AlreadyExists, message: expect.stringContaining(`${field}: `) };
      expect(await refusal(guests.createGuest({ settings }))).toMatchObject(taken);
      expect(await refusal(guests.updateGuest({ accountId, settings }))).toMatchObject(taken);
    }
    expect((await guests.getGuest({ accountId })).guest).toMatchObject({ version: 1, cardEnd: '', settings: { login: 'first@example.org', addresses: ['first@example.org'] } });
  });

  it('may change the order of the addresses, and take one that another gave away', async () => {
    const [one, two] = [await add('one@swap.example', { login: 'swap1' }), await add('two@swap.example', { login: 'swap2' })];
    await guests.updateGuest({ accountId: two.accountId, settings: { login: 'swap2' } });
    const { guest } = await guests.updateGuest({ accountId: one.accountId, settings: { login: 'swap1', addresses: ['two@swap.example', 'one@swap.example'] } });
    expect(guest?.settings?.addresses).toEqual(['two@swap.example', 'one@swap.example']);
  });

  it('is refused with the name of the field that is wrong', async () => {
    expect(await refusal(add('nonsense'))).toMatchObject({ code: Code.InvalidArgument, field: 'addresses' });
    expect(await refusal(guests.createGuest({}))).toMatchObject({ code: Code.InvalidArgument, field: 'settings' });
    const { accountId } = await add('fine@example.org');
    expect(await refusal(guests.updateGuest({ accountId, settings: { addresses: ['fine@example.org'], language: 'xx' } }))).toMatchObject({ code: Code.InvalidArgument, field: 'language' });
  });

  it.each(['00000000-0000-4000-8000-000000000000', '', 'x', "' OR 1=1"])('%j is not found', async (accountId) => {
    const settings = { addresses: ['a@example.org'] };
    for (const call of [() => guests.getGuest({ accountId }), () => guests.updateGuest({ accountId, settings }), () => guests.deleteGuest({ accountId })]) {
      expect(await refusal(call())).toMatchObject({ code: Code.NotFound });
    }
  });
});

describe('the list of guests', () => {
  const found = async (filter: MessageInitShape<typeof GuestFilterSchema>) => (await guests.listGuests({ filter, limit: 200 })).guests.map(({ settings }) => settings?.login ?? '');

  beforeAll(async () => {
    for (let index = 0; index < 25; index += 1) await add(`p${String(index).padStart(2, '0')}@page.example`, { displayName: index % 2 === 0 ? 'Even 100%_sure' : 'Odd', company: `C${index % 3}` });
  });

  it('comes page by page, in order, nothing left out and nothing twice, also while guests come and go', async () => {
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = await guests.listGuests({ filter: { search: '@page.example' }, limit: 10, cursor });
      seen.push(...page.guests.map(({ settings }) => settings?.login ?? ''));
      cursor = page.nextCursor;
      if (seen.length === 10) {
        const [first] = page.guests;
        await guests.deleteGuest({ accountId: first?.accountId ?? '' });
        await add('p0-before@page.example');
      }
    } while (cursor !== '');
    expect(seen).toEqual(Array.from({ length: 25 }, (_, index) => `p${String(index).padStart(2, '0')}@page.example`));
  });

  it.each(['login', 'name', 'company', 'group', 'valid-until', 'created-at', 'last-used-at'])('comes in the order of %s in both directions, page by page', async (sort) => {
    const walk = async (descending: boolean) => {
      const seen: string[] = [];
      let cursor = '';
      do {
        const page = await guests.listGuests({ filter: { search: 'page.example' }, sort, descending, limit: 7, cursor });
        seen.push(...page.guests.map(({ accountId }) => accountId));
        cursor = page.nextCursor;
      } while (cursor !== '');
      return seen;
    };
    const [ascending, descending] = [await walk(false), await walk(true)];
    expect(new Set(ascending).size).toBe(25);
    expect(descending).toEqual(ascending.toReversed());
  });

  it('finds by parts of all that is known, in any case and without accents, and takes signs for what they are', async () => {
    await add('jose@search.example', { login: 'jpérez', displayName: 'José Pérez ÅNGSTRÖM', company: 'Société Générale', group: 'Foire', analyticalCode: 'AX-77', visitedPerson: 'Grace Hopper', cardNumber: '99887766' });
    for (const search of ['JPEREZ', 'perez jose', 'josé', 'ngstro', 'generale', 'FOIRE', 'ax-77', 'hopper', '7766', 'jose@search']) {
      expect(await found({ search }), search).toContain('jpérez');
    }
    for (const search of ['8877', 'jose nobody', 'p%rez']) expect(await found({ search })).toEqual([]);
    expect(await found({ search: 'P03@PAGE' })).toHaveLength(1);
    expect(await found({ search: 'odd' })).toHaveLength(12);
    expect(await found({ search: '100%_SURE' })).toHaveLength(12);
    for (const search of ['100_', 'p0_@page', '%page%', 'p\\', 'nobody-at-all']) expect(await found({ search })).toEqual([]);
    const { accountId } = await add('later@search.example', { displayName: 'Before' });
    await guests.updateGuest({ accountId, settings: { addresses: ['later@search.example'], displayName: 'Ünïque' } });
    expect(await found({ search: 'unique' })).toEqual(['later@search.example']);
  });

  it('finds one or two letters where a word begins with them', async () => {
    await add('zq-first@short.example', { displayName: 'Yw Éz' });
    for (const search of ['zq', 'yw', 'éz', 'e', 'ez yw', 'fi', 'short f']) expect(await found({ search: `${search} short.example` }), search).toEqual(['zq-first@short.example']);
    for (const search of ['qf', 'w', 'zz', 'z short.exampl ir']) expect(await found({ search: `${search} short.example` }), search).toEqual([]);
  });

  it('compares letters in the database as in what is searched for', async () => {
    // But for one of Unicode 16, which PostgreSQL 17 does not know.
    const letters = Array.from({ length: 0x2500 - 0x20 }, (_, index) => String.fromCodePoint(index + 0x20)).filter((letter) => /\p{L}|\p{N}|\p{P}/u.test(letter) && letter !== '\u1c89');
    const { rows } = await harness.superuser.query<{ letter: string; folded: string }>('SELECT letter, guest_account.fold_text(letter) AS folded FROM unnest($1::text[]) AS letter', [letters]);
    expect(rows.length).toBeGreaterThan(6_000);
    expect(rows.filter(({ letter, folded }) => folded !== foldText(letter))).toEqual([]);
    await add('odos@search.example', { displayName: 'ΟΔΟΣ Ὀδός' });
    for (const search of ['οδος', 'ΟΔΌΣ', 'οδοσ']) expect(await found({ search })).toEqual(['odos@search.example']);
  });

  it('is of one group, company, state or origin', async () => {
    const [past, ahead] = [new Date(Date.now() - 60_000), new Date(Date.now() + 3_600_000)].map(timestampFromDate);
    await add('f1@filter.example', { group: 'fair', company: 'ACME' });
    await add('f2@filter.example', { group: 'fair', locked: true, validUntil: past });
    await add('f3@filter.example', { group: 'fairest', validUntil: past });
    await add('f4@filter.example', { validFrom: ahead });
    const here = (filter: object) => found({ search: 'filter.example', ...filter });
    expect(await here({ group: 'fair' })).toEqual(['f1@filter.example', 'f2@filter.example']);
    expect(await here({ group: 'fair', company: 'ACME' })).toEqual(['f1@filter.example']);
    expect(await here({ state: 'active' })).toEqual(['f1@filter.example']);
    expect(await here({ state: 'locked' })).toEqual(['f2@filter.example']);
    expect(await here({ state: 'expired' })).toEqual(['f3@filter.example']);
    expect(await here({ state: 'not-yet' })).toEqual(['f4@filter.example']);
    expect(await here({ origin: 'administrator' })).toHaveLength(4);
    expect(await here({ origin: 'mail' })).toEqual([]);
  });

  it('has 50 guests a page where no size is asked for, and never more than 200', async () => {
    await Promise.all(Array.from({ length: 40 }, (_, index) => add(`more${index}@page.example`)));
    expect((await guests.listGuests({})).guests).toHaveLength(50);
    expect(await refusal(guests.listGuests({ limit: 201 }))).toMatchObject({ code: Code.InvalidArgument, field: 'limit' });
  });

  const cursorOf = (...parts: unknown[]) => ({ cursor: Buffer.from(JSON.stringify(parts)).toString('base64url') });
  it.each([
    ['cursor', { cursor: 'not ours!' }], ['cursor', { cursor: 'x'.repeat(3_001) }], ['cursor', cursorOf('login', false, 'a\u0000b', 'x')], ['cursor', cursorOf('name', false, 'a', 'a')], ['cursor', cursorOf('login', true, 'a', 'a')],
    ['cursor', { sort: 'created-at', ...cursorOf('created-at', false, 'yesterday', 'a') }], ['sort', { sort: 'pin' }],
    ['search', { filter: { search: 'x'.repeat(201) } }], ['search', { filter: { search: 'a b c d e f g h i' } }], ['search', { filter: { search: '\u0000' } }], ['group', { filter: { group: 'x'.repeat(201) } }],
    ['state', { filter: { state: 'dead' } }], ['origin', { filter: { origin: 'x' } }],
  ])('refuses a wrong %s (%#)', async (field, request) => {
    expect(await refusal(guests.listGuests(request))).toMatchObject({ code: Code.InvalidArgument, field });
  });
});

it('needs for each act its own right', async () => {
  const { accountId } = await add('right@example.org');
  const settings = { addresses: ['right@example.org'] };
  const acts = [
    ['guests.read', (client: typeof guests) => client.listGuests({})],
    ['guests.read', (client: typeof guests) => client.getGuest({ accountId })],
    ['guests.add', (client: typeof guests) => client.createGuest({ settings: { addresses: ['new@example.org'] } })],
    ['guests.edit', (client: typeof guests) => client.updateGuest({ accountId, settings })],
    ['guests.delete', (client: typeof guests) => client.deleteGuest({ accountId })],
  ] as const;
  for (const [right, act] of acts) {
    const others = RIGHTS.filter((other) => other !== right);
    expect(await refusal(act(clientOf(service, ...others)))).toMatchObject({ code: Code.PermissionDenied, message: expect.stringContaining(right) });
    await act(clientOf(service, right));
  }
});
