import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GuestSettings, GuestService } from '@inkpost/contracts/admin/v1/guests_pb.js';
import { FieldProblemSchema } from '@inkpost/contracts/admin/v1/diagnostics_pb.js';
import type { Right } from '@inkpost/service/rights.js';
import { GuestAccountHarness } from '../guest-account.harness.js';

const RIGHTS = ['guests.read', 'guests.add', 'guests.edit', 'guests.delete'] as const;
type Service = Awaited<ReturnType<GuestAccountHarness['startService']>>;
const clientOf = (service: Service, ...rights: readonly Right[]) => service.client(GuestService, ...rights);

let harness: GuestAccountHarness;
let service: Service;
let guests: ReturnType<typeof clientOf>;

async function add(address: string, more: Partial<Omit<GuestSettings, '$typeName' | '$unknown'>> = {}) {
  const { guest } = await guests.createGuest({ settings: { address, ...more } });
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
    const end = timestampFromDate(new Date('2030-01-31T12:34:56.789Z'));
    const added = await add('Zoë@Büro.example', { displayName: 'Zoë', company: 'Büro', validUntil: end });
    expect(added).toMatchObject({ origin: 'administrator', version: 1, settings: { address: 'zoë@xn--bro-hoa.example', displayName: 'Zoë', company: 'Büro', language: '', locked: false, validUntil: end } });
    expect((await guests.getGuest({ accountId: added.accountId })).guest).toEqual(added);
    const { guest: changed } = await guests.updateGuest({ accountId: added.accountId, settings: { address: 'zoe@example.org', language: 'fr', locked: true }, version: 1 });
    expect(changed).toMatchObject({ version: 2, settings: { address: 'zoe@example.org', displayName: '', language: 'fr', locked: true } });
    expect(changed?.settings?.validUntil).toBeUndefined();
    await guests.deleteGuest({ accountId: added.accountId });
    expect(await refusal(guests.getGuest({ accountId: added.accountId }))).toMatchObject({ code: Code.NotFound });
    expect(await harness.facts(added.accountId)).toEqual([
      { subject: 'account.changed.v1', payload: { accountId: added.accountId, address: 'zoë@xn--bro-hoa.example', displayName: 'Zoë', language: 'en', version: 1 } },
      { subject: 'account.changed.v1', payload: { accountId: added.accountId, address: 'zoe@example.org', language: 'fr', version: 2 } },
      { subject: 'account.erased.v1', payload: { accountId: added.accountId } },
    ]);
  });

  it('that somebody changed meanwhile is not overwritten', async () => {
    const { accountId, version } = await add('meanwhile@example.org');
    await guests.updateGuest({ accountId, settings: { address: 'meanwhile@example.org', company: 'first' }, version });
    expect(await refusal(guests.updateGuest({ accountId, settings: { address: 'meanwhile@example.org', company: 'second' }, version }))).toMatchObject({ code: Code.Aborted });
    expect((await guests.getGuest({ accountId })).guest).toMatchObject({ version: 2, settings: { company: 'first' } });
    expect(await harness.facts(accountId)).toHaveLength(2);
    await guests.updateGuest({ accountId, settings: { address: 'meanwhile@example.org', company: 'third' }, version: 0 });
    expect((await guests.getGuest({ accountId })).guest).toMatchObject({ version: 3, settings: { company: 'third' } });
  });

  it('can not have the address of another, however it is written', async () => {
    const { accountId } = await add('first@example.org');
    await add('taken@example.org');
    expect(await refusal(add('TAKEN@Example.org'))).toMatchObject({ code: Code.AlreadyExists, message: expect.stringContaining('taken@example.org') });
    expect(await refusal(guests.updateGuest({ accountId, settings: { address: 'taken@example.org' } }))).toMatchObject({ code: Code.AlreadyExists });
    expect((await guests.getGuest({ accountId })).guest).toMatchObject({ version: 1, settings: { address: 'first@example.org' } });
  });

  it('is refused with the name of the field that is wrong', async () => {
    expect(await refusal(add('nonsense'))).toMatchObject({ code: Code.InvalidArgument, field: 'address' });
    expect(await refusal(guests.createGuest({}))).toMatchObject({ code: Code.InvalidArgument, field: 'settings' });
    const { accountId } = await add('fine@example.org');
    expect(await refusal(guests.updateGuest({ accountId, settings: { address: 'fine@example.org', language: 'xx' } }))).toMatchObject({ code: Code.InvalidArgument, field: 'language' });
  });

  it.each(['00000000-0000-4000-8000-000000000000', '', 'x', "' OR 1=1"])('%j is not found', async (accountId) => {
    const settings = { address: 'a@example.org' };
    for (const call of [() => guests.getGuest({ accountId }), () => guests.updateGuest({ accountId, settings }), () => guests.deleteGuest({ accountId })]) {
      expect(await refusal(call())).toMatchObject({ code: Code.NotFound });
    }
  });
});

describe('the list of guests', () => {
  beforeAll(async () => {
    for (let index = 0; index < 25; index += 1) await add(`p${String(index).padStart(2, '0')}@page.example`, { displayName: index % 2 === 0 ? 'Even 100%_sure' : 'Odd' });
  });

  it('comes page by page, in order, nothing left out and nothing twice, also while guests come and go', async () => {
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = await guests.listGuests({ search: '@page.example', limit: 10, cursor });
      seen.push(...page.guests.map(({ settings }) => settings?.address ?? ''));
      cursor = page.nextCursor;
      if (seen.length === 10) {
        const [first] = page.guests;
        await guests.deleteGuest({ accountId: first?.accountId ?? '' });
        await add('p0-before@page.example');
      }
    } while (cursor !== '');
    expect(seen).toEqual(Array.from({ length: 25 }, (_, index) => `p${String(index).padStart(2, '0')}@page.example`));
  });

  it('finds by a part of the address or the name, in any case, and takes signs for what they are', async () => {
    const count = async (search: string) => (await guests.listGuests({ search, limit: 200 })).guests.length;
    expect(await count('P03@PAGE')).toBe(1);
    expect(await count('odd')).toBe(12);
    expect(await count('100%_SURE')).toBe(12);
    for (const search of ['100_', 'p0_@page', '%page%', 'p\\', 'nobody-at-all']) expect(await count(search)).toBe(0);
  });

  it('has 50 guests a page where no size is asked for, and never more than 200', async () => {
    await Promise.all(Array.from({ length: 40 }, (_, index) => add(`more${index}@page.example`)));
    expect((await guests.listGuests({})).guests).toHaveLength(50);
    expect(await refusal(guests.listGuests({ limit: 201 }))).toMatchObject({ code: Code.InvalidArgument, field: 'limit' });
  });

  it.each([{ cursor: 'not ours!' }, { cursor: 'x'.repeat(501) }, { cursor: Buffer.from('a\u0000b').toString('base64url') }, { search: 'x'.repeat(201) }, { search: '\u0000' }])('refuses %j', async (request) => {
    expect(await refusal(guests.listGuests(request))).toMatchObject({ code: Code.InvalidArgument, field: Object.keys(request)[0] });
  });
});

it('needs for each act its own right', async () => {
  const { accountId } = await add('right@example.org');
  const settings = { address: 'right@example.org' };
  const acts = [
    ['guests.read', (client: typeof guests) => client.listGuests({})],
    ['guests.read', (client: typeof guests) => client.getGuest({ accountId })],
    ['guests.add', (client: typeof guests) => client.createGuest({ settings: { address: 'new@example.org' } })],
    ['guests.edit', (client: typeof guests) => client.updateGuest({ accountId, settings })],
    ['guests.delete', (client: typeof guests) => client.deleteGuest({ accountId })],
  ] as const;
  for (const [right, act] of acts) {
    const others = RIGHTS.filter((other) => other !== right);
    expect(await refusal(act(clientOf(service, ...others)))).toMatchObject({ code: Code.PermissionDenied, message: expect.stringContaining(right) });
    await act(clientOf(service, right));
  }
});
