import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GuestService } from '@inkpost/contracts/admin/v1/guests_pb.js';
import { GuestAccountHarness } from '../guest-account.harness.js';

let harness: GuestAccountHarness;
let guests: ReturnType<typeof guestClient>;
type Service = Awaited<ReturnType<GuestAccountHarness['startService']>>;
const guestClient = ({ client }: Service) => client(GuestService, 'guests.read', 'guests.add', 'guests.edit', 'guests.delete');

async function addGuest(address: string, more: object = {}) {
  const { guest } = await guests.createGuest({ settings: { addresses: [address], displayName: 'Grace', ...more } });
  return guest?.accountId ?? '';
}

/** The one fact about a message, once it is there, and before the relay could bring the message a second time. */
const published = (messageId: string) => expect.poll(async () => (await harness.facts(messageId)).filter(({ subject }) => subject !== 'account.changed.v1'), { timeout: 8_000 });

/** Makes everybody wait who adds a guest with this address, until they are let go at once. */
async function holdBackInserts(address: string) {
  const holder = await harness.superuser.connect();
  await holder.query('BEGIN');
  await holder.query("INSERT INTO guest_account.guest (account_id, login, login_key, addresses, origin) VALUES (gen_random_uuid(), $1, $1, ARRAY[$1], 'mail')", [address]);
  // On another connection: within one transaction pg_stat_activity shows what it showed at first.
  const waiting = async () => (await harness.superuser.query("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND usename = 'guest_account' AND wait_event = 'transactionid'")).rowCount;
  return {
    whenWaiting: (count: number) => expect.poll(waiting).toBeGreaterThanOrEqual(count),
    letGo: async () => {
      await holder.query('ROLLBACK');
      holder.release();
    },
  };
}

const rowOf = async (address: string) => (await harness.superuser.query('SELECT *, valid_until - now() AS valid_for FROM guest_account.guest WHERE $1 = ANY (addresses)', [address])).rows;
const shift = (address: string, column: 'valid_until' | 'last_used_at', interval: string) =>
  harness.superuser.query(`UPDATE guest_account.guest SET ${column} = ${column} - $2::interval WHERE $1 = ANY (addresses)`, [address, interval]);

beforeAll(async () => {
  harness = await GuestAccountHarness.start();
  guests = guestClient(await harness.startService({ INKPOST_LANGUAGE: 'fr' }));
});
afterAll(() => harness.stop());

describe('a mail of a guest', () => {
  it('goes on under the account, its documents with it', async () => {
    const accountId = await addGuest('grace@example.org', { language: 'en' });
    const { messageId, documentId } = await harness.accept('grace@example.org');
    await published(messageId).toEqual([{
      subject: 'account.owner-resolved.v1',
      payload: {
        messageId, mailboxId: 'mailbox', queueId: 'queue', subject: 'Please print',
        owner: { accountId, directory: 'guests', address: 'grace@example.org', displayName: 'Grace', language: 'en' },
        documents: [expect.objectContaining({ documentId, pages: 3 })], refusedParts: [expect.objectContaining({ fileName: 'b.txt' })],
      },
    }]);
    expect(await harness.claims(documentId)).toEqual(['print_submit']);
    expect(await harness.journey(messageId)).toEqual([{ step: 'owner-found', evidence: { account: accountId, directory: 'guests', address: 'grace@example.org' } }]);
    expect(await rowOf('grace@example.org')).toMatchObject([{ last_used_at: expect.any(Date), valid_until: null }]);
  });

  it('is refused while the account is locked', async () => {
    await addGuest('locked@example.org', { locked: true });
    const { messageId, documentId } = await harness.accept('locked@example.org', { unknownSender: 'create' });
    await published(messageId).toMatchObject([{ payload: { reason: 'account-locked', statusText: 'The account of this e-mail address is locked: locked@example.org', language: 'fr' } }]);
    expect(await harness.claims(documentId)).toEqual([]);
  });

  it('from any of the addresses goes on under the account, and codes go to the first of them', async () => {
    const { guest } = await guests.createGuest({ settings: { login: 'two-mailboxes', addresses: ['main@example.org', 'second@example.org'] } });
    const { messageId } = await harness.accept('second@example.org');
    await published(messageId).toMatchObject([{ payload: { owner: { accountId: guest?.accountId, address: 'main@example.org' } } }]);
  });

  it('is refused before the account begins, creation allowed or not, and the journey says when that is', async () => {
    const begin = Math.ceil(Date.now() / 1_000) + 3_600;
    await addGuest('early@example.org', { validFrom: { seconds: BigInt(begin) } });
    const { messageId, documentId } = await harness.accept('early@example.org', { unknownSender: 'create' });
    await published(messageId).toMatchObject([{
      subject: 'account.owner-refused.v1', payload: { reason: 'account-not-yet-valid', statusText: 'The account of this e-mail address is not valid yet: early@example.org' },
    }]);
    expect(await harness.journey(messageId)).toMatchObject([{ step: 'owner-refused', evidence: { validFrom: new Date(begin * 1_000).toISOString() } }]);
    expect(await harness.claims(documentId)).toEqual([]);
  });

  it('is refused after the end that an administrator set, creation allowed or not', async () => {
    await addGuest('ended@example.org', { validUntil: { seconds: BigInt(Math.ceil(Date.now() / 1_000) + 3_600) } });
    const { messageId: inTime } = await harness.accept('ended@example.org');
    await published(inTime).toMatchObject([{ subject: 'account.owner-resolved.v1' }]);
    await shift('ended@example.org', 'valid_until', '2 hours');
    const { messageId } = await harness.accept('ended@example.org', { unknownSender: 'create' });
    await published(messageId).toMatchObject([{ subject: 'account.owner-refused.v1', payload: { reason: 'account-expired' } }]);
    const [ended] = await rowOf('ended@example.org');
    expect(await harness.journey(messageId)).toMatchObject([{ evidence: { validUntil: ended.valid_until.toISOString() } }]);
  });
});

describe('a mail of an unknown sender', () => {
  it('is refused where no accounts may be made, with the words of SKY-121, and its document is erased', async () => {
    const { messageId, documentId } = await harness.accept('nobody@example.org');
    await published(messageId).toEqual([{
      subject: 'account.owner-refused.v1',
      payload: {
        messageId, sender: { address: 'nobody@example.org', displayName: 'Ada Lovelace' }, subject: 'Please print', language: 'fr',
        reason: 'no-account', statusText: 'No user found with e-mail address: nobody@example.org', senderMayBeTold: true,
      },
    }]);
    expect(await harness.journey(messageId)).toMatchObject([{ step: 'owner-refused', evidence: { reason: 'no-account', unknownSender: 'refuse' } }]);
    expect(await harness.claims(documentId)).toEqual([]);
    expect(await rowOf('nobody@example.org')).toEqual([]);
    const { rows } = await harness.superuser.query('SELECT wrapped_key FROM spool.document WHERE id = $1', [documentId]);
    expect(rows).toEqual([{ wrapped_key: null }]);
  });

  it('makes a guest where accounts may be made, for 30 days, and tells of it', async () => {
    const { messageId, documentId } = await harness.accept('ada@example.org', { unknownSender: 'create', language: 'en-GB' });
    await published(messageId).toMatchObject([{ payload: { created: true, owner: { address: 'ada@example.org', displayName: 'Ada Lovelace', language: 'en' } } }]);
    const [guest] = await rowOf('ada@example.org');
    expect(guest).toMatchObject({ origin: 'mail', display_name: 'Ada Lovelace', language: 'en', locked: false, valid_for: { days: 29, hours: 23 } });
    expect((await harness.facts(messageId))[0]).toEqual({
      subject: 'account.changed.v1', payload: { accountId: guest.account_id, address: 'ada@example.org', displayName: 'Ada Lovelace', language: 'en', version: 1 },
    });
    expect(await harness.journey(messageId)).toMatchObject([{ step: 'owner-created', evidence: { account: guest.account_id, validDays: 30 } }]);
    expect(await harness.claims(documentId)).toEqual(['print_submit']);
  });

  it('makes the guest once when ten arrive together', async () => {
    const held = await holdBackInserts('ten@example.org');
    const mails = await Promise.all(Array.from({ length: 10 }, () => harness.accept('ten@example.org', { unknownSender: 'create' })));
    await held.whenWaiting(4);
    await held.letGo();
    for (const { messageId } of mails) await published(messageId).toMatchObject([{ subject: 'account.owner-resolved.v1' }]);
    const facts = (await Promise.all(mails.map(({ messageId }) => harness.facts(messageId)))).flat();
    const owners = facts.filter(({ subject }) => subject === 'account.owner-resolved.v1').map(({ payload }) => payload as { owner: { accountId: string }; created?: boolean });
    const [guest, ...others] = await rowOf('ten@example.org');
    expect(others).toEqual([]);
    expect(new Set(owners.map(({ owner }) => owner.accountId))).toEqual(new Set([guest.account_id]));
    expect(owners.filter(({ created }) => created)).toHaveLength(1);
    expect(facts.filter(({ subject }) => subject === 'account.changed.v1')).toHaveLength(1);
    for (const { documentId } of mails) expect(await harness.claims(documentId)).toEqual(['print_submit']);
  });

  it('is refused with the words of SKY-122 where the guest base takes no guest', async () => {
    await harness.superuser.query('REVOKE INSERT ON guest_account.guest FROM guest_account');
    const { messageId, documentId } = await harness.accept('unlucky@example.org', { unknownSender: 'create' });
    await published(messageId).toMatchObject([{ subject: 'account.owner-refused.v1', payload: { reason: 'account-not-created', statusText: 'Failed to create a new user with e-mail address: unlucky@example.org' } }]);
    expect(await harness.claims(documentId)).toEqual([]);
    await harness.superuser.query('GRANT INSERT ON guest_account.guest TO guest_account');
  });

  it.each(['', 'Not.Normal@example.org', "x'; DROP TABLE guest; --@example.org", `${'a'.repeat(400)}@example.org`])('is refused where %j can be no account', async (address) => {
    const { messageId } = await harness.accept(address, { unknownSender: 'create' });
    await published(messageId).toMatchObject([{ payload: { reason: 'account-not-created', statusText: `Failed to create a new user with e-mail address: ${address}` } }]);
  });
});

describe('an automatic guest', () => {
  it('stays valid by use', async () => {
    const { messageId: first } = await harness.accept('regular@example.org', { unknownSender: 'create' });
    await published(first).toMatchObject([{ payload: { created: true } }]);
    await shift('regular@example.org', 'valid_until', '29 days');
    await shift('regular@example.org', 'last_used_at', '29 days');
    const { messageId: second } = await harness.accept('regular@example.org');
    await published(second).toMatchObject([{ subject: 'account.owner-resolved.v1' }]);
    expect(await rowOf('regular@example.org')).toMatchObject([{ valid_for: { days: 29, hours: 23 }, version: 1 }]);
  });

  it('who comes back later than that is the same guest again, or nobody where no accounts may be made', async () => {
    const { messageId: first } = await harness.accept('returning@example.org', { unknownSender: 'create' });
    await published(first).toMatchObject([{ payload: { created: true } }]);
    const [{ account_id: accountId }] = await rowOf('returning@example.org');
    await shift('returning@example.org', 'valid_until', '31 days');
    const { messageId: refused } = await harness.accept('returning@example.org');
    await published(refused).toMatchObject([{ payload: { reason: 'account-expired' } }]);
    const { messageId: again } = await harness.accept('returning@example.org', { unknownSender: 'create' });
    await published(again).toMatchObject([{ subject: 'account.owner-resolved.v1', payload: { owner: { accountId } } }]);
    expect(await harness.journey(again)).toMatchObject([{ step: 'owner-revived' }]);
    expect(await rowOf('returning@example.org')).toMatchObject([{ valid_for: { days: 29, hours: 23 } }]);
  });

  it('ends when an administrator sets an end, whatever is sent then', async () => {
    const { messageId: first } = await harness.accept('fixed@example.org', { unknownSender: 'create' });
    await published(first).toMatchObject([{ payload: { created: true } }]);
    const [{ account_id: accountId }] = await rowOf('fixed@example.org');
    await guests.updateGuest({ accountId, settings: { addresses: ['fixed@example.org'], validUntil: { seconds: BigInt(Math.floor(Date.now() / 1_000) - 60) } } });
    const { messageId } = await harness.accept('fixed@example.org', { unknownSender: 'create' });
    await published(messageId).toMatchObject([{ payload: { reason: 'account-expired' } }]);
  });
});

it('a message that is delivered again changes nothing and tells nothing twice', async () => {
  const mail = await harness.accept('twice@example.org', { unknownSender: 'create' });
  await published(mail.messageId).toHaveLength(1);
  const [facts, before] = [await harness.facts(mail.messageId), await harness.handled()];
  await harness.deliverAgain(mail);
  await expect.poll(() => harness.handled()).toBe(before + 1);
  expect(await harness.facts(mail.messageId)).toEqual(facts);
  expect(await harness.journey(mail.messageId)).toHaveLength(1);
});
