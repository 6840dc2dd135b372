import { randomUUID } from 'node:crypto';
import { type MailSink, startMailSink } from '@inkpost/testkit/mail-sink.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NotificationHarness } from '../notification.harness.js';

let harness: NotificationHarness;
let sink: MailSink;

beforeAll(async () => {
  [harness, sink] = [await NotificationHarness.start(), await startMailSink()];
  const { client } = await harness.startService();
  await client('configuration.write').putOutgoingMail({ settings: { host: '127.0.0.1', port: sink.port, tls: 'none', fromAddress: 'print@inkpost.test', fromName: 'Print service', language: 'fr' } });
});
afterAll(async () => {
  await harness.stop();
  await sink.stop();
});

const address = (name: string) => `${name}-${randomUUID().slice(0, 8)}@example.org`;
const lastStep = (journeyId: string) => expect.poll(async () => (await harness.journey(journeyId)).at(-1), { timeout: 15_000 });
const mailsTo = (to: string) => sink.mails.filter((mail) => mail.to.includes(to));
const contact = async (accountId: string) => (await harness.superuser.query('SELECT address, merged_into, erased_at IS NOT NULL AS erased FROM notification.contact WHERE account_id = $1', [accountId])).rows[0];
const settled = async (publication: Parameters<NotificationHarness['publish']>[0]) => {
  const journeyId = await harness.publish(publication);
  await expect.poll(() => harness.isHandled(journeyId)).toBe(true);
};
const change = (accountId: string, more: { address: string; otherAddresses?: string[]; version?: number; inDirectory?: boolean }) =>
  settled({ subject: 'account.changed.v1', payload: { accountId, displayName: 'Ada', language: 'en', version: 1, ...more } });
const expire = (owner: { accountId: string; address: string }) => harness.publish({
  subject: 'print.job-expired.v1', payload: { messageId: randomUUID(), queueName: 'Hall', owner: { ...owner, displayName: 'Ada', language: 'en' }, jobs: [{ jobId: randomUUID(), fileName: 'minutes.pdf', pages: 3 }] },
});
const refuseUnproven = (sender: string) => harness.publish({
  subject: 'acceptance.message-refused.v1',
  payload: { messageId: randomUUID(), sender: { address: sender }, subject: 'Minutes', language: 'en', reason: 'sender-unauthenticated', statusText: 'no', senderMayBeTold: false, knownSenderMayBeTold: true },
});

describe('somebody of a directory', () => {
  it('is known by each of their addresses, and no longer by one that they lost', async () => {
    const [accountId, main, alias] = [randomUUID(), address('main'), address('alias')];
    await change(accountId, { address: main, otherAddresses: [alias], inDirectory: true, version: 1_000 });
    await lastStep(await refuseUnproven(alias)).toMatchObject({ step: 'refusal-mailed', evidence: { to: alias } });
    await change(accountId, { address: main, inDirectory: true, version: 1_000 });
    await lastStep(await refuseUnproven(alias)).toMatchObject({ step: 'not-told', evidence: { reason: 'sender-unknown' } });
  });
});

describe('a guest who is somebody of a directory now', () => {
  it('is written to there, also about what was printed for the guest, and a late fact doesn\'t bring the guest back', async () => {
    const [guest, person, old, main] = [randomUUID(), randomUUID(), address('guest'), address('person')];
    await change(guest, { address: old });
    await settled({ subject: 'account.merged.v1', payload: { accountId: guest, into: { accountId: person, directory: 'AD', address: main, displayName: 'Ada', language: 'fr' }, version: 1_000 } });
    await change(guest, { address: old, version: 2 });
    expect([await contact(guest), await contact(person)]).toEqual([{ address: '', merged_into: person, erased: false }, { address: main, merged_into: null, erased: false }]);
    await lastStep(await expire({ accountId: guest, address: old })).toMatchObject({ step: 'expired-mailed', evidence: { to: main, language: 'fr' } });
    expect(mailsTo(old)).toEqual([]);
    await settled({ subject: 'account.erased.v1', payload: { returningAccountIds: [person], accountIds: [guest], addresses: [main] } });
    expect([await contact(guest), await contact(person)]).toEqual([{ address: '', merged_into: null, erased: true }, undefined]);
  });
});

describe('an erased person', () => {
  it('gets no mail that was still to be sent, and the memory of mails names them no more', async () => {
    const owner = { accountId: randomUUID(), address: address('erased') };
    await change(owner.accountId, { address: owner.address });
    await lastStep(await expire(owner)).toMatchObject({ step: 'expired-mailed' });
    await sink.stop();
    const waiting = await expire(owner);
    await lastStep(waiting).toMatchObject({ step: 'waiting' });
    await settled({ subject: 'account.erased.v1', payload: { erasureId: randomUUID(), accountIds: [owner.accountId], addresses: [owner.address] } });
    const { rows: answers } = await harness.superuser.query("SELECT payload -> 'counts' AS counts FROM flow.message WHERE subject = 'notification.account-erased.v1'");
    expect(answers).toEqual([{ counts: { contacts: 1, mails: 2, noticeLimits: 0, mailsNotSent: 1 } }]);
    expect(await harness.isHandled(waiting)).toBe(true);
    const { rows } = await harness.superuser.query<{ text: string }>('SELECT o::text AS text FROM notification.outgoing o UNION ALL SELECT c::text FROM notification.contact c UNION ALL SELECT n::text FROM notification.notice_grant n');
    expect(rows.filter(({ text }) => text.includes(owner.address))).toEqual([]);
  });
});
