import { randomUUID } from 'node:crypto';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { type MailSink, type ReceivedMail, startMailSink } from '@inkpost/testkit/mail-sink.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NotificationHarness, type StartedNotification } from '../notification.harness.js';

let harness: NotificationHarness;
let started: StartedNotification;
let sink: MailSink;

const OUTGOING = { host: '127.0.0.1', tls: 'none', fromAddress: 'print@inkpost.test', fromName: 'Print service', language: 'fr' } as const;
const events = () => started.events('configuration.read', 'configuration.write');
const address = (name: string) => `${name}-${randomUUID().slice(0, 8)}@example.org`;
const to = (wanted: string) => (mail: ReceivedMail) => mail.to.includes(wanted);
const lastStep = (journeyId: string) => expect.poll(async () => (await harness.journey(journeyId)).at(-1), { timeout: 15_000 });
const notices = { administrators: ['admin@example.org'], support: ['help@example.org'] };
interface Grouped {
  readonly notices?: { administrators?: string[]; support?: string[]; eventsOn?: string[]; eventsOff?: string[]; limits?: { kind: string; name: string; period: string; left: bigint; amount: bigint }[] }[];
}

const fail = (owner: string, more: Grouped = {}) =>
  harness.publish({
    subject: 'print.job-aborted.v1',
    payload: { messageId: randomUUID(), queueName: 'Hall', owner: { address: owner, displayName: 'Olive', language: 'en' }, job: { jobId: randomUUID(), fileName: 'minutes.pdf', pages: 3 }, reason: 'broken', statusText: 'Broken.', ...more },
  });

beforeAll(async () => {
  [harness, sink] = [await NotificationHarness.start(), await startMailSink()];
  started = await harness.startService();
  await started.client('configuration.write').putOutgoingMail({ settings: { ...OUTGOING, port: sink.port } });
});
afterAll(async () => {
  await harness.stop();
  await sink.stop();
});

describe('an event', () => {
  it('about a certificate goes to administrators, each occasion once, as soon as the mail server takes it (V-08)', async () => {
    const [desk, copy] = [address('desk'), address('copy')];
    const occasion = () => ({ occasionId: randomUUID(), server: 'printserver1', certificate: 'CN=print.example.org', endsAt: timestampFromDate(new Date('2026-12-24T11:00:00Z')) });
    const first = occasion();
    expect(await events().tellCertificateEnd(first)).toMatchObject({ outcome: 'off' });
    for (const event of ['certificate-expiring', 'certificate-expired']) await events().putNotificationEvent({ event, enabled: true, targets: [desk, copy] });
    expect(await events().tellCertificateEnd(first)).toMatchObject({ outcome: 'told' });
    const mail = await sink.waitFor(to(desk));
    expect(mail).toMatchObject({ subject: expect.stringMatching(/^Le certificat du serveur HTTP va bientôt expirer\s: printserver1$/u) as string, to: [desk, copy] });
    expect(mail.text).toContain('CN=print.example.org');
    expect(await events().tellCertificateEnd(first)).toMatchObject({ outcome: 'told-before' });
    const unheard = occasion();
    await started.client('configuration.write').putOutgoingMail({ settings: { ...OUTGOING, port: 1 } });
    expect(await events().tellCertificateEnd({ ...unheard, ended: true })).toMatchObject({ outcome: 'not-sent' });
    await started.client('configuration.write').putOutgoingMail({ settings: { ...OUTGOING, port: sink.port } });
    await harness.superuser.query("UPDATE notification.outgoing SET created_at = created_at - interval '2 minutes' WHERE flow_message_id = $1", [unheard.occasionId]);
    expect(await events().tellCertificateEnd({ ...unheard, ended: true })).toMatchObject({ outcome: 'told' });
    await expect.poll(() => sink.mails.filter(to(desk)).map(({ subject }) => subject)).toEqual([mail.subject, expect.stringMatching(/^Le certificat du serveur HTTP a expiré\s: printserver1$/u)]);
  });

  it('about an object that stepped aside goes to administrators, once', async () => {
    const desk = address('desk');
    await events().putNotificationEvent({ event: 'object-renamed', enabled: true, targets: [desk] });
    const renamed = { occasionId: randomUUID(), server: 'Lyon', object: 'queue "front"', renamed: 'front-Lyon' };
    expect([await events().tellObjectRenamed(renamed), await events().tellObjectRenamed(renamed)]).toMatchObject([{ outcome: 'told' }, { outcome: 'told-before' }]);
    const { subject, text } = await sink.waitFor(to(desk));
    expect([subject, text]).toEqual([expect.stringMatching(/^Un objet de Lyon a changé de nom\s: front-Lyon$/u), expect.stringContaining('queue "front"')]);
    await expect(events().putNotificationEvent({ event: 'object-renamed', enabled: true, targets: ['$USER'] })).rejects.toThrow('targets');
  });

  it('is told as it is set: to whom, in whose words, and back in those that Inkpost brings along', async () => {
    const [first, second, third] = [address('first'), address('second'), address('third')];
    await events().putNotificationEvent({ event: 'failed', enabled: true, targets: ['$USER', '$QUEUEADMIN', 'desk@example.org'] });
    const template = { language: 'en', subject: 'Oh no: $DOCUMENTS', title: 'Sorry, $USER', text: 'At $QUEUE: $REASON\n\nAsk $QUEUESUPPORT.\n\nLeft: $QUEUEQUOTA.' };
    const { event } = await events().putNotificationTemplate({ event: 'failed', template });
    expect(event?.templates).toMatchObject([{ language: 'fr', default: true }, { ...template, default: false }]);
    await fail(first, { notices: [{ ...notices, limits: [{ kind: 'quota', name: 'Pages', period: 'month', left: 37n, amount: 200n }] }] });
    const mail = await sink.waitFor(to(first));
    expect(mail).toMatchObject({ subject: 'Oh no: minutes.pdf', to: [first, 'admin@example.org', 'desk@example.org'], text: 'Sorry, Olive\n\nAt Hall: damaged or incomplete\n\nAsk help@example.org.\n\nLeft: 37 of 200 pages this month (Pages).\n' });
    expect(mail.parsed.cc).toMatchObject({ text: 'admin@example.org, desk@example.org' });
    await fail(second);
    expect((await sink.waitFor(to(second))).text).toBe('Sorry, Olive\n\nAt Hall: damaged or incomplete\n');
    await events().resetNotificationTemplate({ event: 'failed', language: 'en' });
    await events().putNotificationEvent({ event: 'failed', enabled: true, targets: ['$USER'] });
    await fail(third, { notices: [notices] });
    expect(await sink.waitFor(to(third))).toMatchObject({ subject: 'Not printed: minutes.pdf', to: [third], text: expect.stringContaining('For help: help@example.org') as string });
  });

  it('goes to contacts alone where that is wanted, and to nobody where there is none', async () => {
    const owner = address('alone');
    await events().putNotificationEvent({ event: 'expired', enabled: true, targets: ['$QUEUESUPPORT'] });
    const expire = (more: Grouped) => harness.publish({ subject: 'print.job-expired.v1', payload: { messageId: randomUUID(), queueName: 'Hall', owner: { address: owner, displayName: 'Olive', language: 'en' }, jobs: [{ fileName: 'a.pdf' }], ...more } });
    await lastStep(await expire({ notices: [{ support: ['only-help@example.org'] }] })).toMatchObject({ step: 'expired-mailed', evidence: { to: 'only-help@example.org' } });
    await lastStep(await expire({})).toMatchObject({ step: 'not-told', evidence: { reason: 'no-target' } });
    expect(sink.mails.filter(to(owner))).toEqual([]);
  });

  it('that is off is told to nobody, unless the group of the queue wants it; a group may also want none', async () => {
    const [off, on, unwanted] = [address('off'), address('on'), address('unwanted')];
    await events().putNotificationEvent({ event: 'failed', enabled: false, targets: ['$USER'] });
    await lastStep(await fail(off)).toMatchObject({ step: 'not-told', evidence: { kind: 'aborted', reason: 'event-off' } });
    await fail(on, { notices: [{ eventsOn: ['failed'] }] });
    await sink.waitFor(to(on));
    await events().putNotificationEvent({ event: 'failed', enabled: true, targets: ['$USER'] });
    await lastStep(await fail(unwanted, { notices: [{ eventsOff: ['failed'] }] })).toMatchObject({ step: 'not-told', evidence: { reason: 'event-off' } });
    expect([...sink.mails.filter(to(off)), ...sink.mails.filter(to(unwanted))]).toEqual([]);
  });
});

describe('a code', () => {
  it('is mailed in the installation\'s own words, and stays out of the journey and the database', async () => {
    await events().putNotificationTemplate({ event: 'document-waiting', template: { language: 'en', subject: 'Print me', title: 'Hello $USER', text: 'Code $CODE until $UNTIL' } });
    const owner = address('own-words');
    const journeyId = await harness.hold('QX7RTM2K', { owner: { address: owner, displayName: 'Olive', language: 'en' } });
    expect((await sink.waitFor(to(owner))).text).toContain('Code QX7R-TM2K until');
    await lastStep(journeyId).toMatchObject({ step: 'code-mailed' });
    await events().resetNotificationTemplate({ event: 'document-waiting', language: 'en' });
    const { rows } = await harness.superuser.query("SELECT 1 FROM notification.outgoing o, journey.entry e WHERE o::text || e::text ~ 'QX7R'");
    expect(rows).toEqual([]);
  });

  it('is not mailed to who has a PIN: they are told to use it', async () => {
    const owner = address('pin');
    const journeyId = await harness.hold('QX7RTM2K', { owner: { address: owner, displayName: 'Olive', language: 'en' }, byPin: true, sealedPuk: new Uint8Array() });
    expect(await sink.waitFor(to(owner))).toMatchObject({ subject: '1 document waiting to be printed – Minutes', text: expect.stringContaining('use your PIN with your login or your card') as string });
    await lastStep(journeyId).toMatchObject({ step: 'waiting-mailed', evidence: { to: owner } });
  });
});

describe('an administrator', () => {
  it('sees all events with their words and macros, and a preview that bears no real code', async () => {
    const all = (await events().listNotificationEvents({})).events;
    expect(all.map(({ event, enabled }) => [event, enabled])).toContainEqual(['printed', false]);
    expect(all.find(({ event }) => event === 'document-waiting')?.macros).toContain('$CODE');
    const kept = await events().previewNotificationTemplate({ event: 'document-waiting', template: { language: 'fr' } });
    expect(kept).toMatchObject({ subject: 'Votre code pour imprimer 2 documents – Réunion de lundi', text: expect.stringContaining('0000-TEST') as string });
    const own = await events().previewNotificationTemplate({ event: 'printed', template: { language: 'en', subject: 'S', title: 'T', text: 'Hello $USER at $QUEUE' } });
    expect(own.text).toBe('T\n\nHello Alex Taylor at Reception\n');
    const desk = address('desk');
    expect(await events().testNotificationTemplate({ event: 'expiring', language: 'en', to: desk })).toMatchObject({ sent: true, answer: expect.stringContaining('250') as string });
    expect((await sink.waitFor(to(desk))).subject).toBe('Reminder: 2 documents waiting to be printed');
  });

  it.each([
    ['text: must have $CODE', () => events().putNotificationTemplate({ event: 'document-waiting', template: { language: 'en', subject: 'S', title: 'T', text: 'none' } })],
    ['text: must not have $NAME', () => events().previewNotificationTemplate({ event: 'failed', template: { language: 'en', subject: 'S', title: 'T', text: '$NAME' } })],
    ['language: must be one of fr, en', () => events().resetNotificationTemplate({ event: 'failed', language: 'de' })],
    ['targets: must be $USER alone', () => events().putNotificationEvent({ event: 'code-requested', enabled: true, targets: ['$USER', 'a@example.org'] })],
    ['to: must be one e-mail address', () => events().testNotificationTemplate({ event: 'failed', language: 'en', to: 'nobody' })],
    ['There is no notification event "gone"', () => events().putNotificationEvent({ event: 'gone', enabled: true, targets: ['$USER'] })],
    ['This needs the right "configuration.write"', () => started.events('configuration.read').putNotificationEvent({ event: 'failed', enabled: true, targets: ['$USER'] })],
  ])('is told what is wrong: %s', async (reason, call) => {
    await expect(call()).rejects.toThrow(reason);
  });
});
