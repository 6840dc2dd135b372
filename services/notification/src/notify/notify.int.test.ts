import { randomUUID } from 'node:crypto';
import type { PayloadInit } from '@inkpost/flow/payload.js';
import { type MailSink, type ReceivedMail, startMailSink } from '@inkpost/testkit/mail-sink.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NotificationHarness, type StartedNotification } from '../notification.harness.js';

let harness: NotificationHarness;
let started: StartedNotification;
let sink: MailSink;

const settings = () => ({ host: '127.0.0.1', port: sink.port, tls: 'none', fromAddress: 'print@inkpost.test', fromName: 'Print service', language: 'fr' });
const set = (more: object = {}) => started.client('configuration.write').putOutgoingMail({ settings: { ...settings(), ...more } });
const to = (address: string) => (mail: ReceivedMail) => mail.to.includes(address);
const mailsTo = (address: string) => sink.mails.filter(to(address));
const lastStep = (journeyId: string) => expect.poll(async () => (await harness.journey(journeyId)).at(-1), { timeout: 15_000 });
const header = (mail: ReceivedMail, name: string) => new RegExp(`^${name}: (.*)$`, 'imu').exec(mail.raw.toString())?.[1]?.trim();
const address = (name: string) => `${name}-${randomUUID()}@example.org`;

beforeAll(async () => {
  [harness, sink] = [await NotificationHarness.start(), await startMailSink()];
  started = await harness.startService();
  await set();
});

afterAll(async () => {
  await harness.stop();
  await sink.stop();
});

describe('the code', () => {
  it('is mailed to its owner, and stays out of the journey and the database', async () => {
    const owner = address('olive');
    const journeyId = await harness.hold('QX7RTM2K', { owner: { address: owner, displayName: 'Olive, "the" Owner' }, refusedParts: [{ fileName: 'photo.jpg', reason: 'unsupported-format' }] });
    const mail = await sink.waitFor(to(owner));
    const flowMessageId = await harness.flowMessageId(journeyId);
    expect(mail.text).toContain('QX7R-TM2K');
    expect(mail.text).toContain('minutes.pdf (3 pages)');
    expect(mail.text).toContain('photo.jpg (not a PDF)');
    expect(mail.text).toContain('25 November 2026 at 14:05');
    expect(mail.parsed.html).toContain('QX7R-TM2K');
    expect(mail.parsed.from?.value).toMatchObject([{ address: 'print@inkpost.test', name: 'Print service' }]);
    expect(mail.parsed.to).toMatchObject({ value: [{ address: owner, name: 'Olive, "the" Owner' }] });
    expect(mail.from).toBe('print@inkpost.test');
    expect(mail.parsed.messageId).toBe(`<${flowMessageId}@inkpost.test>`);
    expect(['Auto-Submitted', 'X-Auto-Response-Suppress', 'Content-Language'].map((name) => header(mail, name))).toEqual(['auto-generated', 'All', 'en']);
    await lastStep(journeyId).toMatchObject({ step: 'code-mailed', evidence: { to: owner, language: 'en', documents: 1, queue: 'Hall', internetMessageId: mail.parsed.messageId, answer: expect.stringContaining('250') as string } });
    expect(await harness.isHandled(journeyId)).toBe(true);
    const { rows } = await harness.superuser.query("SELECT 1 FROM notification.outgoing o, journey.entry e WHERE o::text || e::text ~ 'QX7R'");
    expect(rows).toEqual([]);
  });

  it('is written in the language that the account has by now, else in the owner\'s, else in that of the settings', async () => {
    const accountId = randomUUID();
    await harness.publish({ subject: 'account.changed.v1', payload: { accountId, address: 'new@example.org', language: 'fr', version: 1 } });
    await expect.poll(async () => (await harness.superuser.query('SELECT 1 FROM notification.contact WHERE account_id = $1', [accountId])).rowCount).toBe(1);
    const owners = { known: { accountId, address: address('known'), language: 'en' }, own: { address: address('own'), language: 'en-GB' }, none: { address: address('none'), language: '' } };
    for (const owner of Object.values(owners)) await harness.hold('QX7RTM2K', { owner });
    expect((await sink.waitFor(to(owners.known.address))).text).toContain('Vos documents vous attendent');
    expect((await sink.waitFor(to(owners.own.address))).text).toContain('Your documents are waiting');
    expect((await sink.waitFor(to(owners.none.address))).text).toContain('Vos documents vous attendent');
    // A code goes where it was sealed for, whatever the account's address became.
    expect(mailsTo('new@example.org')).toEqual([]);
  });

  it('that was sealed for another address is not mailed at all', async () => {
    const mine = address('mine');
    const other = await harness.hold('QX7RTM2K', { owner: { address: address('other') } });
    const { rows: [row] } = await harness.superuser.query<{ payload: { sealedPuk: string } }>('SELECT payload FROM flow.message WHERE journey_id = $1', [other]);
    const sealedPuk = Buffer.from(row?.payload?.sealedPuk ?? 'AAAA', 'base64');
    const journeyId = await harness.hold('QX7RTM2K', { owner: { address: mine }, sealedPuk });
    await lastStep(journeyId).toMatchObject({ step: 'gave-up', evidence: { reason: expect.stringContaining('secrets.seal-broken') as string } });
    expect(mailsTo(mine)).toEqual([]);
  });
});

describe('a refusal', () => {
  const refuse = (more: PayloadInit<'acceptance.message-refused.v1'>) =>
    harness.publish({ subject: 'acceptance.message-refused.v1', payload: { messageId: randomUUID(), subject: 'Plan', reason: 'nothing-to-print', statusText: 'The mail has no document to print: attach a PDF.', senderMayBeTold: true, ...more } });

  it('is told to a sender who may be told, as an answer', async () => {
    const sender = address('sender');
    const journeyId = await refuse({ sender: { address: sender, displayName: 'Sam' }, language: 'en', refusedParts: [{ fileName: 'a.pdf', reason: 'encrypted' }] });
    const mail = await sink.waitFor(to(sender));
    expect(mail.subject).toBe('Not printed: Plan');
    expect(mail.text).toContain('a.pdf (protected by a password)');
    expect(header(mail, 'Auto-Submitted')).toBe('auto-replied');
    await lastStep(journeyId).toMatchObject({ step: 'refusal-mailed', evidence: { to: sender, reason: 'nothing-to-print' } });
  });

  it('of an unknown owner is told with its exact status text', async () => {
    const sender = address('stranger');
    const statusText = `No user found with e-mail address: ${sender}`;
    await harness.publish({ subject: 'account.owner-refused.v1', payload: { messageId: randomUUID(), sender: { address: sender }, subject: '', language: '', reason: 'user-not-found', statusText, senderMayBeTold: true } });
    expect((await sink.waitFor(to(sender))).text).toContain(statusText);
  });

  it.each([
    ['who may not be told', { senderMayBeTold: false }, 'sender-may-not-be-told', address('forged')],
    ['without an address', {}, 'no-address', ''],
    ['who is Inkpost itself', {}, 'own-address', 'Print@Inkpost.test'],
    ['whose address is a list', {}, 'address-unusable', 'a@example.org,b@example.org'],
    ['whose address starts a header', {}, 'address-unusable', 'a@example.org\r\nBcc: b@example.org'],
  ])('is not told to a sender %s, and the journey says why', async (_, more, reason, sender) => {
    const before = sink.mails.length;
    await lastStep(await refuse({ sender: { address: sender }, ...more })).toMatchObject({ step: 'not-told', evidence: { kind: 'refusal', reason } });
    expect(sink.mails.length).toBe(before);
  });

  it('of a mail that nobody authenticated is told only to a sender who is known', async () => {
    const [known, stranger, erased] = [address('known'), address('stranger'), address('erased')];
    const ids = { [known]: randomUUID(), [erased]: randomUUID() };
    for (const [accountAddress, accountId] of Object.entries(ids)) await harness.publish({ subject: 'account.changed.v1', payload: { accountId, address: accountAddress, language: 'en', version: 1 } });
    await expect.poll(async () => (await harness.superuser.query('SELECT 1 FROM notification.contact WHERE account_id = ANY ($1)', [Object.values(ids)])).rowCount).toBe(2);
    await harness.publish({ subject: 'account.erased.v1', payload: { accountIds: [ids[erased] ?? ''] } });
    await expect.poll(async () => (await harness.superuser.query('SELECT 1 FROM notification.contact WHERE account_id = $1 AND erased_at IS NOT NULL', [ids[erased]])).rowCount).toBe(1);
    const unproven = { senderMayBeTold: false, knownSenderMayBeTold: true, reason: 'sender-unauthenticated' };
    for (const nobody of [stranger, erased]) await lastStep(await refuse({ sender: { address: nobody }, ...unproven })).toMatchObject({ step: 'not-told', evidence: { reason: 'sender-unknown' } });
    await lastStep(await refuse({ sender: { address: known }, language: 'en', ...unproven })).toMatchObject({ step: 'refusal-mailed' });
    expect((await sink.waitFor(to(known))).text).toContain('Nothing shows that this mail came from your address');
    expect([...mailsTo(stranger), ...mailsTo(erased)]).toEqual([]);
  });

  it('is told three times an hour to one address, however many come at once; codes are not counted', async () => {
    const sender = address('flood');
    const journeys = await Promise.all(Array.from({ length: 8 }, () => refuse({ sender: { address: sender } })));
    const steps = async () => (await Promise.all(journeys.map((id) => harness.journey(id)))).flat().map(({ step, evidence }) => evidence['reason'] === 'too-many-notices' ? 'too-many' : step).sort();
    await expect.poll(steps).toEqual([...Array.from({ length: 3 }, () => 'refusal-mailed'), ...Array.from({ length: 5 }, () => 'too-many')]);
    await harness.hold('QX7RTM2K', { owner: { address: sender } });
    await expect.poll(() => mailsTo(sender).length).toBe(4);
    await harness.superuser.query("UPDATE notification.notice_grant SET granted_at = ARRAY(SELECT g - interval '61 minutes' FROM unnest(granted_at) AS g) WHERE address = $1", [sender]);
    await refuse({ sender: { address: sender } });
    await expect.poll(() => mailsTo(sender).length).toBe(5);
  });
});

describe('what happens to a job', () => {
  const owner = (name: string) => ({ accountId: randomUUID(), address: address(name), displayName: 'Olive', language: 'en' });
  const job = { jobId: randomUUID(), fileName: 'minutes.pdf', pages: 3 };

  it('is told to its owner: aborted, expiring, expired', async () => {
    const [aborted, expiring, expired] = [owner('aborted'), owner('expiring'), owner('expired')];
    const fact = { messageId: randomUUID(), queueName: 'Hall' };
    const journeyId = await harness.publish({ subject: 'print.job-aborted.v1', payload: { ...fact, owner: aborted, job, reason: 'document-format-error', statusText: 'The printer refused the document.' } });
    await harness.publish({ subject: 'print.job-expiring.v1', payload: { ...fact, owner: expiring, jobs: [job, job], jobHoldUntil: { seconds: 1_800_000_000n } } });
    await harness.publish({ subject: 'print.job-expired.v1', payload: { ...fact, owner: expired, jobs: [job] } });
    expect(await sink.waitFor(to(aborted.address))).toMatchObject({ subject: 'Not printed: minutes.pdf', text: expect.stringContaining('The printer refused the document.') as string });
    expect(await sink.waitFor(to(expiring.address))).toMatchObject({ subject: 'Reminder: 2 documents waiting to be printed', text: expect.stringContaining('before Friday, 15 January 2027 at 09:00') as string });
    expect(await sink.waitFor(to(expired.address))).toMatchObject({ subject: 'Not fetched: 1 document' });
    await lastStep(journeyId).toMatchObject({ step: 'aborted-mailed', document_id: job.jobId, evidence: { to: aborted.address, reason: 'document-format-error' } });
  });

  it('is told at the address that the account has by now, and to nobody once it is erased', async () => {
    const olive = owner('moved');
    const now = address('now');
    const journeys: string[] = [];
    const expire = async () => journeys.push(await harness.publish({ subject: 'print.job-expired.v1', payload: { messageId: randomUUID(), queueName: 'Hall', owner: olive, jobs: [job] } }));
    const contact = async () => (await harness.superuser.query('SELECT address, version, erased_at IS NOT NULL AS erased FROM notification.contact WHERE account_id = $1', [olive.accountId])).rows;
    const change = (changed: string, version: number) => harness.publish({ subject: 'account.changed.v1', payload: { accountId: olive.accountId, address: changed, language: 'fr', version } });
    await change(now, 7);
    await expect.poll(contact).toEqual([{ address: now, version: 7, erased: false }]);
    const late = await change('older@example.org', 6);
    await expect.poll(() => harness.isHandled(late)).toBe(true);
    expect(await contact()).toEqual([{ address: now, version: 7, erased: false }]);
    await expire();
    expect((await sink.waitFor(to(now))).subject).toBe('Non retiré\u00a0: 1 document');

    await harness.publish({ subject: 'account.erased.v1', payload: { accountIds: [olive.accountId] } });
    await expect.poll(contact).toEqual([{ address: '', version: 7, erased: true }]);
    const { rows } = await harness.superuser.query('SELECT recipient FROM notification.outgoing WHERE journey_id = $1', [journeys[0]]);
    expect(rows).toEqual([{ recipient: '' }]);
    await change('back@example.org', 8);
    await expire();
    await lastStep(journeys[1] ?? '').toMatchObject({ step: 'not-told', evidence: { reason: 'account-erased' } });
    expect(await contact()).toEqual([{ address: '', version: 7, erased: true }]);
    expect([...mailsTo('back@example.org'), ...mailsTo(olive.address)]).toEqual([]);
  });

  it('is told when it was printed only where that is wanted', async () => {
    const olive = owner('completed');
    const complete = () => harness.publish({ subject: 'print.job-completed.v1', payload: { messageId: randomUUID(), queueName: 'Hall', owner: olive, job, completedAt: { seconds: 1_800_000_000n } } });
    const unwanted = await complete();
    await expect.poll(() => harness.isHandled(unwanted)).toBe(true);
    expect([mailsTo(olive.address), await harness.journey(unwanted)]).toEqual([[], []]);
    await started.events('configuration.write').putNotificationEvent({ event: 'printed', enabled: true, targets: ['$USER'] });
    await lastStep(await complete()).toMatchObject({ step: 'completed-mailed', document_id: job.jobId });
    expect(mailsTo(olive.address)).toMatchObject([{ subject: 'Printed: minutes.pdf' }]);
  });
});
