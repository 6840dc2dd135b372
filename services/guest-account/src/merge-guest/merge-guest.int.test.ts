import { Code } from '@connectrpc/connect';
import { GuestMergeService } from '@inkpost/contracts/admin/v1/erasures_pb.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DirectoriesHarness } from '../directories/directories.harness.js';

let desk: DirectoriesHarness;
let directoryId: string;
const merges = () => desk.service.client(GuestMergeService, 'guests.edit');

beforeAll(async () => {
  desk = await DirectoriesHarness.start();
  directoryId = await desk.add({ name: 'STAFF', kind: 'local' });
  await desk.setMembers(directoryId, 'guests');
});
afterAll(() => desk.stop());

const addGuest = async (addresses: string[], more: object = {}) => (await desk.clients.guests.createGuest({ settings: { addresses, displayName: 'Guest', ...more } })).guest?.accountId ?? '';
const hire = async (login: string, addresses: string[]) => (await desk.clients.people.createPerson({ directoryId, settings: { login, displayName: `${login} of staff`, addresses, language: 'fr' } })).person?.accountId ?? '';
const resolved = async (address: string) => {
  const { messageId } = await desk.base.accept(address);
  await expect.poll(async () => (await desk.base.facts(messageId)).map(({ subject }) => subject), { timeout: 8_000 }).toContain('account.owner-resolved.v1');
  const facts = await desk.base.facts(messageId);
  return { messageId, facts: facts.filter(({ subject }) => subject !== 'account.owner-resolved.v1') };
};
const guestRow = async (accountId: string) => (await desk.base.superuser.query('SELECT 1 FROM guest_account.guest WHERE account_id = $1', [accountId])).rowCount;
const mergedRow = async (accountId: string) => (await desk.base.superuser.query('SELECT account_id, directory, merged_by, pin_hash IS NOT NULL AS pin, card_end, group_name FROM guest_account.merged_account WHERE guest_account_id = $1', [accountId])).rows;

describe('somebody of a directory', () => {
  it('is told to others with the first mail and with the first after a change, and else costs no message', async () => {
    const accountId = await hire('told', ['told@staff.example', 'alias@staff.example']);
    const first = await resolved('alias@staff.example');
    expect(first.facts).toEqual([{
      subject: 'account.changed.v1',
      payload: { accountId, address: 'told@staff.example', otherAddresses: ['alias@staff.example'], displayName: 'told of staff', language: 'fr', inDirectory: true, version: expect.any(Number) as unknown },
    }]);
    expect((await resolved('alias@staff.example')).facts).toEqual([]);
    await desk.base.superuser.query("UPDATE guest_account.known_person SET told_at = told_at - interval '31 days' WHERE account_id = $1", [accountId]);
    expect((await resolved('alias@staff.example')).facts).toHaveLength(1);
    await desk.base.superuser.query("UPDATE guest_account.local_person SET display_name = 'Told Anew' WHERE account_id = $1", [accountId]);
    expect((await resolved('alias@staff.example')).facts).toMatchObject([{ payload: { displayName: 'Told Anew' } }]);
  });
});

describe('a guest with the address of somebody of a directory', () => {
  it('is merged by the next mail, once, with PIN and card, also when ten come together', async () => {
    const guestId = await addGuest(['mary@staff.example'], { pin: '4711', cardNumber: '04A37F12', group: 'fair' });
    const accountId = await hire('mary', ['mary@staff.example']);
    // All find the guest before the first may close the account.
    const holder = await desk.base.superuser.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT 1 FROM guest_account.guest WHERE account_id = $1 FOR UPDATE', [guestId]);
    const coming = Promise.all(Array.from({ length: 10 }, () => resolved('mary@staff.example')));
    const waiting = async () => (await desk.base.superuser.query("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND usename = 'guest_account' AND wait_event_type = 'Lock'")).rowCount;
    await expect.poll(waiting, { timeout: 8_000 }).toBeGreaterThanOrEqual(3);
    await holder.query('ROLLBACK');
    holder.release();
    const mails = await coming;
    const facts = mails.flatMap((mail) => mail.facts);
    expect(facts.filter(({ subject }) => subject === 'account.merged.v1')).toEqual(expect.arrayContaining([
      { subject: 'account.merged.v1', payload: { accountId: guestId, into: { accountId, directory: 'STAFF', address: 'mary@staff.example', displayName: 'mary of staff', language: 'fr' }, version: expect.any(Number) as unknown } },
    ]));
    // One message for each of the two who consume it.
    expect(facts.filter(({ subject }) => subject === 'account.merged.v1')).toHaveLength(2);
    expect(await guestRow(guestId)).toBe(0);
    expect(await mergedRow(guestId)).toEqual([{ account_id: accountId, directory: 'STAFF', merged_by: '', pin: true, card_end: '7F12', group_name: 'fair' }]);
    const steps = (await Promise.all(mails.map(({ messageId }) => desk.base.journey(messageId)))).flat().filter(({ step }) => step === 'guest-merged');
    expect(steps).toEqual([{ step: 'guest-merged', evidence: { account: accountId, guest: guestId, directory: 'STAFF', address: 'mary@staff.example' } }]);
  });

  it('stays a guest where something would be lost: another address, or an administrator\'s lock', async () => {
    const [more, locked] = [await addGuest(['more@staff.example', 'more@home.example']), await addGuest(['locked@staff.example'], { locked: true })];
    await hire('more', ['more@staff.example']);
    await hire('locked', ['locked@staff.example']);
    for (const address of ['more@staff.example', 'locked@staff.example']) expect((await resolved(address)).facts.map(({ subject }) => subject)).toEqual(['account.changed.v1']);
    for (const guestId of [more, locked]) expect(await guestRow(guestId)).toBe(1);
  });
});

describe('by hand', () => {
  it('a guest is merged into whoever the directories know, and told which addresses lead nowhere then', async () => {
    const guestId = await addGuest(['jo@home.example', 'jo@staff.example']);
    const accountId = await hire('jo', ['jo@staff.example']);
    expect(await merges().mergeGuest({ accountId: guestId })).toMatchObject({ accountId, directory: 'STAFF', login: 'jo', addressesLeft: ['jo@home.example'] });
    expect(await mergedRow(guestId)).toMatchObject([{ account_id: accountId, merged_by: 'tester' }]);
    expect(await desk.base.facts(guestId)).toContainEqual(expect.objectContaining({ subject: 'account.merged.v1' }));
    await expect(merges().mergeGuest({ accountId: guestId })).rejects.toMatchObject({ code: Code.NotFound });
  });

  it('it may be somebody without any address in common', async () => {
    const guestId = await addGuest(['kim@home.example']);
    const accountId = await hire('kim', ['kim@staff.example']);
    await expect(merges().mergeGuest({ accountId: guestId })).rejects.toMatchObject({ code: Code.FailedPrecondition, message: expect.stringContaining('directoryId and login') as unknown });
    expect(await merges().mergeGuest({ accountId: guestId, directoryId, login: 'KIM' })).toMatchObject({ accountId, addressesLeft: ['kim@home.example'] });
  });

  it.each([
    [{ directoryId: 'meta', login: 'kim' }, 'directoryId', 'must be a directory with people of its own'],
    [{ directoryId: 'guests', login: 'kim' }, 'directoryId', 'must be a directory with people of its own'],
    [{ login: 'kim' }, 'directoryId', 'both, or neither'],
    [{ directoryId: 'guests' }, 'login', 'both, or neither'],
  ])('%j is refused with the field and the reason', async (request, field, reason) => {
    const guestId = await addGuest([`${field}-${Math.random().toString(36).slice(2)}@home.example`]);
    await expect(merges().mergeGuest({ accountId: guestId, ...request })).rejects.toMatchObject({ code: Code.InvalidArgument, message: expect.stringContaining(reason) as unknown });
    expect(await guestRow(guestId)).toBe(1);
  });
});
