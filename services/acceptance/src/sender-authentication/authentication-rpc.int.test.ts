import { randomUUID } from 'node:crypto';
import { Code, ConnectError } from '@connectrpc/connect';
import { FieldProblemSchema } from '@inkpost/contracts/admin/v1/diagnostics_pb.js';
import { samplePdf } from '@inkpost/testkit/sample-pdf.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AcceptanceHarness, type ReceivedInit } from '../acceptance.harness.js';

let harness: AcceptanceHarness;
let started: Awaited<ReturnType<AcceptanceHarness['startService']>>;

beforeAll(async () => {
  harness = await AcceptanceHarness.start();
  started = await harness.startService();
  await started.client('configuration.write').putConditions({ conditions: { acceptedDomains: ['example.org'], unknownSender: 'create' } });
});
afterAll(() => harness.stop());

const owner = () => started.authentication('configuration.read', 'configuration.write');
const strict = { mode: 'require', trustedServers: ['mx.example.org'], trustedRelays: ['192.0.2.0/24'] };

/** What mail-ingest was told about a mailbox, in its order. */
async function told(mailboxId: string): Promise<{ readonly version: number; readonly mode: string; readonly usesDefault?: boolean }[]> {
  const { rows } = await harness.superuser.query<{ payload: never }>(
    "SELECT payload FROM flow.message WHERE subject = 'acceptance.sender-authentication-changed.v1' AND coalesce(payload->>'mailboxId', '') = $1 ORDER BY (payload->>'version')::int", [mailboxId]);
  return rows.map(({ payload }) => payload);
}

async function fieldOf(call: Promise<unknown>): Promise<string | undefined> {
  const error = ConnectError.from(await call.then(() => new Error('nothing was refused'), (cause: unknown) => cause));
  return error.code === Code.InvalidArgument ? error.findDetails(FieldProblemSchema)[0]?.field : error.message;
}

describe('sender authentication', () => {
  it('reports by default, and believes no server but this machine\'s own', async () => {
    expect(await owner().getSenderAuthentication({})).toMatchObject({ settings: { mode: 'report', trustedServers: [], trustedRelays: ['127.0.0.0/8', '::1'] }, usesDefault: false });
    expect(await owner().getSenderAuthentication({ mailboxId: randomUUID() })).toMatchObject({ settings: { mode: 'report' }, usesDefault: true });
  });

  it('of a mailbox is kept while it follows the general settings, and mail-ingest hears of each change', async () => {
    const mailboxId = randomUUID();
    expect(await owner().putSenderAuthentication({ mailboxId, settings: strict })).toMatchObject({ settings: strict, usesDefault: false, own: strict });
    expect(await owner().putSenderAuthentication({ mailboxId, useDefault: true })).toMatchObject({ settings: { mode: 'report' }, usesDefault: true, own: strict });
    expect(await owner().putSenderAuthentication({ mailboxId })).toMatchObject({ settings: strict, usesDefault: false, own: strict });
    const facts = await told(mailboxId);
    expect(facts).toMatchObject([{ ...strict }, { ...strict, usesDefault: true }, { ...strict }]);
    expect(new Set(facts.map(({ version }) => version)).size).toBe(3);
    await harness.publish(randomUUID(), { subject: 'mailbox.deleted.v1', payload: { mailboxId } });
    await expect.poll(async () => (await owner().getSenderAuthentication({ mailboxId })).own).toBeUndefined();
  });

  it('of a mailbox that never had its own begins as a copy of the general ones', async () => {
    const mailboxId = randomUUID();
    const copied = await owner().putSenderAuthentication({ mailboxId });
    expect(copied).toMatchObject({ usesDefault: false, own: { mode: 'report', trustedRelays: ['127.0.0.0/8', '::1'] } });
  });

  it('is refused with the name of the field that is wrong, and to who may not', async () => {
    for (const [field, wrong] of Object.entries({ mode: { ...strict, mode: 'maybe' }, trustedServers: { ...strict, trustedServers: ['a b'] }, trustedRelays: { ...strict, trustedRelays: ['0.0.0.0/0'] } })) {
      expect(await fieldOf(owner().putSenderAuthentication({ settings: wrong }))).toBe(field);
    }
    expect(await fieldOf(owner().putSenderAuthentication({}))).toBe('settings');
    expect(await fieldOf(owner().putSenderAuthentication({ useDefault: true }))).toBe('useDefault');
    expect(await fieldOf(owner().getSenderAuthentication({ mailboxId: 'x' }))).toBe('mailboxId');
    await expect(started.authentication('configuration.read').putSenderAuthentication({ settings: strict })).rejects.toMatchObject({ code: Code.PermissionDenied });
    expect((await owner().getSenderAuthentication({})).settings).toMatchObject({ mode: 'report' });
  });
});

describe('a mail', () => {
  const receive = async (mode: string, more: ReceivedInit, sender = 'a@example.org') => {
    const mailboxId = randomUUID();
    await owner().putSenderAuthentication({ mailboxId, settings: { mode } });
    const mail = await harness.receive(sender, [samplePdf()], { mailboxId, ...more });
    await expect.poll(() => harness.verdict(mail.messageId), { timeout: 15_000 }).toBeDefined();
    return { ...mail, verdict: await harness.verdict(mail.messageId), journey: await harness.journey(mail.messageId) };
  };
  const forged: ReceivedInit = { senderAuthentication: 'fail', authentications: [{ measuredBy: 'inkpost', basis: 'dmarc', dmarc: 'fail' }] };

  it('whose sender is forged is refused where authentication is reported, tells nobody and erases the document', async () => {
    const { messageId, documentIds: [documentId = ''], verdict, journey } = await receive('report', forged);
    expect(verdict).toMatchObject({ subject: 'acceptance.message-refused.v1', payload: { reason: 'sender-forged', statusText: 'The job was submitted with an e-mail address that its domain disowns (DMARC): a@example.org' } });
    expect(verdict?.payload).not.toHaveProperty('senderMayBeTold');
    expect(verdict?.payload).not.toHaveProperty('knownSenderMayBeTold');
    expect(journey).toMatchObject([{ step: 'sender-unauthenticated', evidence: { address: 'a@example.org', reason: 'sender-forged', mode: 'report', senderAuthentication: 'fail' } }]);
    expect(await harness.claims(documentId)).toEqual([]);
    const { rows } = await harness.superuser.query('SELECT verdict, reason, rule, authentication, authentication_basis FROM acceptance.verdict WHERE message_id = $1', [messageId]);
    expect(rows).toEqual([{ verdict: 'refused', reason: 'sender-forged', rule: 'sender authentication: DMARC says fail', authentication: 'fail', authentication_basis: 'dmarc' }]);
  });

  it('that nothing shows to be authentic is refused where that is required, and tells only a known sender', async () => {
    const { verdict } = await receive('require', { senderAuthentication: 'none' });
    expect(verdict).toMatchObject({ subject: 'acceptance.message-refused.v1', payload: { reason: 'sender-unauthenticated', knownSenderMayBeTold: true } });
    expect(verdict?.payload).not.toHaveProperty('senderMayBeTold');
  });

  it('is accepted where it is authentic, where nobody asks, and where it could not be found out but is only reported', async () => {
    expect((await receive('require', { senderAuthentication: 'pass' })).verdict).toMatchObject({ subject: 'acceptance.message-accepted.v1', payload: { senderMayBeTold: true } });
    expect((await receive('off', forged)).verdict).toMatchObject({ subject: 'acceptance.message-accepted.v1' });
    const { verdict, journey } = await receive('report', { senderAuthentication: 'temperror' });
    expect(verdict).toMatchObject({ subject: 'acceptance.message-accepted.v1', payload: { knownSenderMayBeTold: true } });
    expect(journey[0]).toMatchObject({ step: 'sender-accepted', evidence: { senderAuthentication: 'temperror' } });
  });

  it('of a forbidden address is refused for that, forged or not', async () => {
    expect((await receive('require', forged, 'a@other.example')).verdict).toMatchObject({ payload: { reason: 'sender-not-allowed' } });
  });
});

describe('the rule lab', () => {
  const past = async (mailboxId: string, mails: readonly { sender: string; count: number; reason?: string; rule?: string; days?: number; authentication?: string }[]) => {
    for (const { sender, count, reason = '', rule = 'accepted domain example.org', days = 1, authentication = 'none' } of mails) {
      await harness.superuser.query(
        `INSERT INTO acceptance.verdict (message_id, mailbox_id, sender, verdict, reason, rule, authentication, at)
         SELECT gen_random_uuid(), $1, $2, CASE $3 WHEN '' THEN 'accepted' ELSE 'refused' END, $3, $4, $5, now() - make_interval(days => $6) - n * interval '1 second' FROM generate_series(1, $7) AS n`,
        [mailboxId, sender, reason, rule, authentication, days, count]);
    }
  };
  const lab = (request: object) => started.client('configuration.read').tryDraft(request);

  it('says what a draft would make of the mails of the last days', async () => {
    const mailboxId = randomUUID();
    await past(mailboxId, [
      { sender: 'a@example.org', count: 398 }, { sender: 'b@example.org', count: 9 }, { sender: 'c@example.org', count: 5, reason: 'nothing-to-print' },
      { sender: 'd@example.org', count: 3, days: 31 }, { sender: 'e@new.example', count: 2, reason: 'sender-not-allowed', rule: '' },
    ]);
    const draft = { acceptedDomains: ['example.org', 'new.example'], refusedAddresses: ['b@example.org', 'c@example.org', 'd@example.org'] };
    const tried = await lab({ mailboxId, draft, days: 30 });
    expect(tried).toMatchObject({ mails: 414, nowRefused: 14, nowAccepted: 2, changedSenders: 3 });
    expect(tried.changed.map(({ sender, mails, now }) => [sender, mails, now?.accepted])).toEqual([['b@example.org', 9, false], ['c@example.org', 5, false], ['e@new.example', 2, true]]);
    expect(await lab({ mailboxId, draft, days: 1, senderAuthentication: 'require' })).toMatchObject({ mails: 0 });
    expect(await lab({ mailboxId, draft, days: 2, senderAuthentication: 'require' })).toMatchObject({ mails: 414, nowRefused: 412 });
  });

  it('tries the general conditions with the mails of those mailboxes only that follow them', async () => {
    const [following, own, word] = [randomUUID(), randomUUID(), `only-${randomUUID()}.example`];
    await started.client('configuration.write').putConditions({ mailboxId: own, conditions: { acceptedDomains: [word] } });
    await past(following, [{ sender: `a@${word}`, count: 1, reason: 'sender-not-allowed', rule: '' }]);
    await past(own, [{ sender: `b@${word}`, count: 1, reason: 'sender-not-allowed', rule: '' }]);
    const { changed } = await lab({ draft: { acceptedDomains: [word] }, days: 2 });
    expect(changed.map(({ sender }) => sender).filter((sender) => sender.endsWith(word))).toEqual([`a@${word}`]);
  });

  it('tries an uploaded mail\'s sender, also by what is saved', async () => {
    const mail = { withSender: true, sender: 'a@example.org', senderVerdict: 'none' };
    expect(await lab(mail)).toMatchObject({ mails: 0, uploaded: { accepted: true, rule: 'accepted domain example.org' } });
    expect(await lab({ ...mail, senderAuthentication: 'require' })).toMatchObject({ uploaded: { accepted: false, rule: 'sender authentication is required' } });
    expect(await lab({ withSender: true })).toMatchObject({ uploaded: { accepted: false, rule: '' } });
  });

  it('refuses what can\'t be tried, and who may not', async () => {
    expect(await fieldOf(lab({}))).toBe('days');
    expect(await fieldOf(lab({ days: 31 }))).toBe('days');
    expect(await fieldOf(lab({ days: 1, senderAuthentication: 'x' }))).toBe('senderAuthentication');
    expect(await fieldOf(lab({ days: 1, draft: { acceptedDomains: ['a b'] } }))).toBe('acceptedDomains');
    await expect(started.client('jobs.read').tryDraft({ days: 1 })).rejects.toMatchObject({ code: Code.PermissionDenied });
  });
});
