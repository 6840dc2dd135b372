import { randomUUID } from 'node:crypto';
import { Code, ConnectError } from '@connectrpc/connect';
import { ErasureService } from '@inkpost/contracts/admin/v1/erasures_pb.js';
import { GuestService } from '@inkpost/contracts/admin/v1/guests_pb.js';
import { FlowClient, type Publication } from '@inkpost/flow/flow-client.js';
import { FLOW } from '@inkpost/flow/flow.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseMasterKey } from '@inkpost/secrets/master-key.js';
import { createLog } from '@inkpost/telemetry/log.js';
import { PeoplePurge } from '../forget-people/people-purge.js';
import { GuestAccountHarness } from '../guest-account.harness.js';
import { ErasureStore } from './erasure.store.js';
import { PeopleErasure } from './people-erasure.js';

let harness: GuestAccountHarness;
let guests: ReturnType<typeof clients>['guests'];
let erasures: ReturnType<typeof clients>['erasures'];
type Service = Awaited<ReturnType<GuestAccountHarness['startService']>>;
const clients = ({ client }: Service) => ({
  guests: client(GuestService, 'guests.read', 'guests.add', 'guests.edit', 'guests.delete'),
  erasures: client(ErasureService, 'guests.read', 'guests.delete'),
});

let service: Service;
beforeAll(async () => {
  harness = await GuestAccountHarness.start();
  service = await harness.startService();
  ({ guests, erasures } = clients(service));
});
afterAll(() => harness.stop());

const addressOf = (name: string) => `${name}-${randomUUID().slice(0, 8)}@example.org`;
const addGuest = async (addresses: string[], more: object = {}) => (await guests.createGuest({ settings: { addresses, displayName: 'Grace Hopper', ...more } })).guest?.accountId ?? '';
const proofOf = async (erasureId: string) => (await erasures.getErasure({ erasureId })).erasure;
const waitedFor = async (erasureId: string) => ((await proofOf(erasureId))?.parts ?? []).filter(({ doneAt }) => !doneAt).map(({ service: name }) => name).sort();

/** What a service of the flow answers once it has erased its part. */
async function answer(subject: Extract<Publication['subject'], `${string}.account-erased.v1`>, erasureId: string, counts: Record<string, number>): Promise<void> {
  const flow = new FlowClient(harness.database.pool(FLOW[subject].from), harness.sender);
  await flow.publish({ journeyId: erasureId, entries: [], publish: [{ subject, payload: { erasureId, counts } }] });
}

async function answerAll(erasureId: string): Promise<void> {
  await answer('mail.account-erased.v1', erasureId, { mails: 2 });
  await answer('acceptance.account-erased.v1', erasureId, { verdicts: 2 });
  await answer('print.account-erased.v1', erasureId, { jobs: 1, canceled: 1 });
  await answer('notification.account-erased.v1', erasureId, { contacts: 1 });
  await answer('statistics.account-erased.v1', erasureId, { names: 1 });
}

/** Every table of every schema as text, to look for what must not be there. */
async function everything(): Promise<string> {
  const { rows } = await harness.superuser.query<{ name: string }>("SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')");
  const texts = await Promise.all(rows.map(async ({ name }) => JSON.stringify((await harness.superuser.query(`SELECT to_jsonb(t) AS row FROM ${name} AS t`)).rows)));
  return texts.join('\n').toLowerCase();
}

async function writeJourney(sender: string, entries: readonly { readonly step: string; readonly evidence: object; readonly document?: string }[]): Promise<string> {
  const id = randomUUID();
  await harness.superuser.query('SELECT journey.begin_message($1, $2)', [id, JSON.stringify({ sender, subject: 'Minutes of the secret meeting', internetMessageId: '<1@laptop-of-grace>', mailbox: 'print@inkpost.test' })]);
  await harness.superuser.query('SELECT journey.append($1, $2)', [id, JSON.stringify(entries)]);
  return id;
}

describe('the erasure of a guest', () => {
  it('is told to every service, and complete when each has answered and the journeys name nobody', async () => {
    const [address, alias] = [addressOf('grace'), addressOf('hopper')];
    const accountId = await addGuest([address, alias], { login: 'grace', note: 'a note' });
    const document = randomUUID();
    const own = await writeJourney(alias, [
      { step: 'received', evidence: { sender: alias, mailbox: 'print@inkpost.test', documents: 1 } },
      { step: 'owner-found', evidence: { account: accountId, directory: 'guests', address } },
      { step: 'held', document, evidence: { fileName: 'secret.pdf', queueId: 'hall', queueName: 'Hall 1', jobHoldUntil: '2026-03-04T12:00:00.000Z' } },
      { step: 'sent-to-printer', document, evidence: { fileName: 'secret.pdf', bytes: 1234, printerJobId: 7 } },
    ]);
    const vouched = await writeJourney('somebody@example.org', [{ step: 'waiting-for-sponsor', evidence: { asked: [address, `not-${address}`], text: `Asked <${address.toUpperCase()}>.` } }]);

    const { erasure } = await erasures.eraseGuest({ accountId });
    const erasureId = erasure?.erasureId ?? '';
    expect(erasure).toMatchObject({ about: 'guest', requestedBy: 'tester', people: 1 });
    expect(await harness.facts(erasureId)).toEqual(Array.from({ length: 5 }, () => ({ subject: 'account.erased.v1', payload: { erasureId, accountIds: [accountId], addresses: [address, alias] } })));
    expect(await waitedFor(erasureId)).toEqual(['acceptance', 'domain-sync', 'journey', 'mail-ingest', 'notification', 'print-submit']);
    expect(await guests.getGuest({ accountId }).catch((error: unknown) => ConnectError.from(error).code)).toBe(Code.NotFound);

    await answer('print.account-erased.v1', erasureId, { jobs: 1, canceled: 1 });
    await expect.poll(() => waitedFor(erasureId)).toEqual(['acceptance', 'domain-sync', 'journey', 'mail-ingest', 'notification']);
    await answer('mail.account-erased.v1', erasureId, { mails: 2 });
    await answer('acceptance.account-erased.v1', erasureId, { verdicts: 2 });
    await answer('statistics.account-erased.v1', erasureId, { names: 1 });
    await answer('notification.account-erased.v1', erasureId, { contacts: 1 });
    await expect.poll(async () => (await proofOf(erasureId))?.completedAt, { timeout: 8_000 }).toBeDefined();
    expect((await proofOf(erasureId))?.parts.map(({ service: name, counts }) => [name, counts])).toEqual([
      ['acceptance', { verdicts: 2 }], ['domain-sync', { names: 1 }], ['guest-account', expect.objectContaining({ accounts: 1 })], ['journey', { journeys: 1, entries: 4, mentions: 1 }],
      ['mail-ingest', { mails: 2 }], ['notification', { contacts: 1 }], ['print-submit', { jobs: 1, canceled: 1 }],
    ]);

    expect(await harness.journey(own)).toEqual([
      { step: 'received', evidence: { documents: 1 } },
      { step: 'owner-found', evidence: { directory: 'guests' } },
      { step: 'held', evidence: { queueId: 'hall', queueName: 'Hall 1', jobHoldUntil: '2026-03-04T12:00:00.000Z' } },
      { step: 'sent-to-printer', evidence: { bytes: 1234, printerJobId: 7 } },
      { step: 'people-erased', evidence: { erasureId } },
    ]);
    const pseudonym = `erased-${erasureId}`;
    expect((await harness.superuser.query('SELECT sender, subject, internet_message_id FROM journey.message WHERE id = $1', [own])).rows).toEqual([{ sender: pseudonym, subject: '', internet_message_id: '' }]);
    expect(await harness.journey(vouched)).toEqual([{ step: 'waiting-for-sponsor', evidence: { asked: [pseudonym, `not-${address}`], text: `Asked <${pseudonym}>.` } }]);

    // The open messages that nobody consumes here, and whoever bears a longer address, are not the erasure's.
    await harness.superuser.query("DELETE FROM flow.message WHERE journey_id IN ($1, $2)", [erasureId, accountId]);
    const left = (await everything()).replaceAll(`not-${address}`, '');
    for (const trace of [address, alias, accountId, 'secret.pdf', 'grace hopper', 'a note']) expect(left).not.toContain(trace);
  });

  it('is proved by the address alone, and by no other', async () => {
    const address = addressOf('proved');
    const { erasure } = await erasures.eraseGuest({ accountId: await addGuest([address]) });
    await answerAll(erasure?.erasureId ?? '');
    const proofs = async (of: string) => (await erasures.proveErasure({ address: of })).erasures.map(({ erasureId }) => erasureId);
    expect(await proofs(address.toUpperCase())).toEqual([erasure?.erasureId]);
    expect(await proofs(`x${address}`)).toEqual([]);
    const { erasures: listed, nextCursor } = await erasures.listErasures({ limit: 1 });
    expect(listed).toMatchObject([{ erasureId: erasure?.erasureId }]);
    expect((await erasures.listErasures({ limit: 1, cursor: nextCursor })).erasures[0]?.erasureId).not.toBe(erasure?.erasureId);
  });

  it('ends what only the account could do: mails on their way to it, its roles, its tokens', async () => {
    const address = addressOf('busy');
    const accountId = await addGuest([address], { login: `busy-${randomUUID()}` });
    const [documentId, messageId] = [randomUUID(), randomUUID()];
    await harness.superuser.query("INSERT INTO guest_account.role_member (role_id, directory_id, account_id, login) VALUES ('print-on-behalf', 'guests', $1, 'busy')", [accountId]);
    await harness.superuser.query(`INSERT INTO spool.document (id, sha256, size_bytes, wrapped_key) VALUES ($1, '\\x00', 1, '\\x01')`, [documentId]);
    await harness.superuser.query("INSERT INTO spool.claim (document_id, service, until) VALUES ($1, 'guest_account', now() + interval '1 day')", [documentId]);
    await harness.superuser.query(
      `INSERT INTO flow.message (subject, producer, consumer, journey_id, payload, state, due_at) VALUES ('acceptance.message-accepted.v1', 'acceptance', 'guest_account', $1, $2, 'dead', now())`,
      [messageId, JSON.stringify({ messageId, sender: { address }, documents: [{ documentId }] })],
    );
    const { erasure } = await erasures.eraseGuest({ accountId });
    expect(erasure?.parts.find(({ service: name }) => name === 'guest-account')?.counts).toMatchObject({ accounts: 1, memberships: 1, mailsNotPrinted: 1 });
    expect(await harness.claims(documentId)).toEqual([]);
    expect((await harness.superuser.query('SELECT 1 FROM flow.message WHERE journey_id = $1', [messageId])).rowCount).toBe(0);
    await answerAll(erasure?.erasureId ?? '');
  });

  it('is asked for once: a second time there is no such guest', async () => {
    const accountId = await addGuest([addressOf('once')]);
    await guests.deleteGuest({ accountId });
    const again = erasures.eraseGuest({ accountId });
    await expect(again).rejects.toMatchObject({ code: Code.NotFound });
    await expect(erasures.eraseGuest({ accountId: "'; DROP TABLE guest; --" })).rejects.toMatchObject({ code: Code.NotFound });
  });

  it('needs the right to delete guests', async () => {
    const reader = service.client(ErasureService, 'guests.read');
    await expect(reader.eraseAddress({ address: addressOf('any') })).rejects.toMatchObject({ code: Code.PermissionDenied });
  });
});

describe('the erasure of an address', () => {
  it('ends the wait of a mail for its sponsors, and takes a sponsor out of others\' waits', async () => {
    const [address, sponsor] = [addressOf('waits'), addressOf('sponsor')];
    const wait = (sender: string) => harness.accept(sender, { unknownSender: 'sponsor', sponsors: [sponsor, 'boss@example.org'] });
    const [own, other] = [await wait(address), await wait(addressOf('other'))];
    const waiting = async () => (await harness.superuser.query<{ address: string; sponsors: string[] }>('SELECT address, sponsors FROM guest_account.waiting_sender WHERE sponsors && $1 ORDER BY address', [['boss@example.org']])).rows;
    await expect.poll(waiting).toHaveLength(2);
    const { erasure } = await erasures.eraseAddress({ address });
    expect(erasure?.parts.find(({ service: name }) => name === 'guest-account')?.counts).toMatchObject({ waitingSenders: 1, mailsNotPrinted: 1 });
    expect([await harness.claims(own.documentId), await harness.claims(other.documentId)]).toEqual([[], ['guest_account']]);
    await erasures.eraseAddress({ address: sponsor });
    expect(await waiting()).toMatchObject([{ sponsors: ['boss@example.org', ''] }]);
  });

  it('takes the journeys of somebody who never had an account', async () => {
    const address = addressOf('stranger');
    const { messageId } = await harness.accept(address);
    await harness.superuser.query('SELECT journey.begin_message($1, $2)', [messageId, JSON.stringify({ sender: address, subject: 'Hello' })]);
    await expect.poll(() => harness.journey(messageId)).toHaveLength(1);
    await harness.superuser.query('DELETE FROM flow.message WHERE journey_id = $1', [messageId]);
    const { erasure } = await erasures.eraseAddress({ address: ` ${address.toUpperCase()} ` });
    expect(erasure).toMatchObject({ about: 'address', people: 1 });
    await answerAll(erasure?.erasureId ?? '');
    await expect.poll(async () => (await proofOf(erasure?.erasureId ?? ''))?.completedAt, { timeout: 8_000 }).toBeDefined();
    expect(await harness.journey(messageId)).toMatchObject([{ step: 'owner-refused', evidence: { reason: 'no-account' } }, { step: 'people-erased' }]);
    await harness.superuser.query("DELETE FROM flow.message WHERE subject = 'account.erased.v1'");
    expect(await everything()).not.toContain(address);
  });

  it.each(['', 'nobody', 'a@b@example.org', `${'x'.repeat(400)}@example.org`])('refuses %j with the field and what it wants', async (address) => {
    await expect(erasures.eraseAddress({ address })).rejects.toMatchObject({ code: Code.InvalidArgument, message: expect.stringContaining('must be one e-mail address') as unknown });
  });
});

it('proofs are forgotten after five years, those that are not complete never, and people who send no mails after ninety days', async () => {
  const pool = harness.database.pool('guest-account');
  const erasureOf = (id: string, completed: string) => pool.query(`INSERT INTO erasure (erasure_id, about, requested_by, people, account_ids, addresses, requested_at, completed_at) VALUES ($1, 'guest', 'old', 1, '{}', '{}', now() - interval '6 years', ${completed})`, [id]);
  const [old, kept, open] = [randomUUID(), randomUUID(), randomUUID()];
  await erasureOf(old, "now() - interval '1828 days'");
  await erasureOf(kept, "now() - interval '1826 days'");
  await erasureOf(open, 'NULL');
  await pool.query("INSERT INTO known_person (sender_address, account_id, facts_sha256, told_at) SELECT 'seen' || age || '@example.org', gen_random_uuid(), '', now() - make_interval(days => age) FROM (VALUES (91), (89)) AS v (age)");
  const purge = new PeoplePurge(pool, new ErasureStore(pool, new FlowClient(pool, harness.sender), new PeopleErasure(parseMasterKey('ab'.repeat(32)))), createLog('test', 'fatal'));
  expect(await purge.purge()).toEqual({ people: 1, proofs: 1 });
  expect((await pool.query<{ id: string }>("SELECT erasure_id AS id FROM erasure WHERE requested_by = 'old'")).rows.map(({ id }) => id).sort()).toEqual([kept, open].sort());
});
