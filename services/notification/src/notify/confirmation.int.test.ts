import { randomUUID } from 'node:crypto';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { type MailSink, type ReceivedMail, startMailSink } from '@inkpost/testkit/mail-sink.js';
import { verifyLink } from '@inkpost/secrets/signed-link.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SPONSOR_REQUESTS_PER_HOUR_MAX } from '../limits.js';
import { NotificationHarness } from '../notification.harness.js';

let harness: NotificationHarness;
let sink: MailSink;

const to = (address: string) => (mail: ReceivedMail) => mail.to.includes(address);
const lastStep = (journeyId: string) => expect.poll(async () => (await harness.journey(journeyId)).at(-1), { timeout: 15_000 });
const address = (name: string) => `${name}-${randomUUID()}@example.org`;
const waitsUntil = new Date(Date.UTC(2099, 10, 25, 13, 5));

interface Wanted {
  readonly asked?: 'sender' | 'sponsor';
  readonly place?: number;
  readonly waitsUntil?: Date;
  readonly waitingId?: string;
  readonly language?: string;
  readonly sender?: string;
}

const want = (recipient: string, { asked = 'sender', place = 0, waitingId = randomUUID(), language = 'en', sender = recipient, ...more }: Wanted = {}) =>
  harness.publish({
    subject: 'account.confirmation-wanted.v1',
    payload: {
      waitingId, asked, place, language, waitsUntil: timestampFromDate(more.waitsUntil ?? waitsUntil), address: recipient, subject: 'Plans', sender: { address: sender, displayName: 'Ada Lovelace' },
      documents: [{ documentId: randomUUID(), fileName: 'plan.pdf', pages: 3 }],
    },
  });

beforeAll(async () => {
  [harness, sink] = [await NotificationHarness.start(), await startMailSink()];
  const { client } = await harness.startService({ INKPOST_PUBLIC_URL: 'https://print.example.org/inkpost/' });
  await client('configuration.write').putOutgoingMail({ settings: { host: '127.0.0.1', port: sink.port, tls: 'none', fromAddress: 'print@inkpost.test', fromName: 'Print service', language: 'fr' } });
});
afterAll(async () => {
  await harness.stop();
  await sink.stop();
});

/** The link of a mail, in its two halves. */
function linkOf(mail: ReceivedMail) {
  const [link = '', waitingId = '', proof = ''] = /https:\/\/print\.example\.org\/inkpost\/confirm\/([\w-]+)\/([\w-]+)/u.exec(mail.text) ?? [];
  return { link, waitingId, proof };
}

describe('an unknown sender', () => {
  it('is asked by a mail whose link is signed for the time and the place, and stays out of the journey and the database', async () => {
    const [ada, waitingId] = [address('ada'), randomUUID()];
    const journeyId = await want(ada, { waitingId });
    const mail = await sink.waitFor(to(ada));
    const { link, proof, ...half } = linkOf(mail);
    expect(half).toEqual({ waitingId });
    expect(verifyLink(harness.masterKey, waitingId, proof)).toEqual({ endsAt: waitsUntil, place: 0 });
    expect(mail).toMatchObject({ subject: 'Confirm that you want to print', text: expect.stringContaining('plan.pdf (3 pages)') as string });
    expect(mail.text).toContain('25 November 2099 at 14:05');
    expect(mail.parsed.html).toContain(`href="${link}"`);
    expect(mail.raw.toString()).toMatch(/^Auto-Submitted: auto-replied/imu);
    await lastStep(journeyId).toMatchObject({ step: 'confirmation-mailed', evidence: { to: ada, waitsUntil: waitsUntil.toISOString() } });
    const { rows } = await harness.superuser.query(`SELECT 1 FROM notification.outgoing o, journey.entry e WHERE strpos(o::text || e::text, $1) > 0`, [proof]);
    expect(rows).toEqual([]);
  });

  it('is asked in the language of the mail, three times an hour, and not once the time is over', async () => {
    const [french, flood, late] = [address('french'), address('flood'), address('late')];
    await want(french, { language: 'fr-CA' });
    expect((await sink.waitFor(to(french))).text).toContain('Nous avons reçu des documents');
    const journeys = await Promise.all(Array.from({ length: 4 }, () => want(flood)));
    await expect.poll(async () => (await Promise.all(journeys.map((id) => harness.journey(id)))).flat().map(({ step }) => step).sort(), { timeout: 15_000 }).toEqual(['confirmation-mailed', 'confirmation-mailed', 'confirmation-mailed', 'not-told']);
    await lastStep(await want(late, { waitsUntil: new Date(Date.now() - 1_000) })).toMatchObject({ step: 'not-told', evidence: { kind: 'confirmation', to: late, reason: 'too-late-to-ask' } });
    expect(sink.mails.filter(to(late))).toEqual([]);
  });
});

describe('a sponsor', () => {
  it('is asked about a sender, each by a link of their own, in the language of the settings', async () => {
    const [grace, ada, waitingId] = [address('grace'), address('ada'), randomUUID()];
    const journeyId = await want(grace, { asked: 'sponsor', place: 2, sender: ada, waitingId });
    const mail = await sink.waitFor(to(grace));
    expect(mail.subject).toBe(`Répondez-vous de ${ada}\u00a0?`);
    expect(mail.text).toContain(`Ada Lovelace (${ada})`);
    expect(verifyLink(harness.masterKey, waitingId, linkOf(mail).proof)).toMatchObject({ place: 2 });
    expect(mail.parsed.to).toMatchObject({ value: [{ address: grace, name: '' }] });
    await lastStep(journeyId).toMatchObject({ step: 'sponsor-request-mailed', evidence: { to: grace } });
  });

  it('is asked about many, but not about any number within an hour; refusals are counted apart', async () => {
    const grace = address('busy');
    await Promise.all(Array.from({ length: 4 }, () => want(grace, { asked: 'sponsor', place: 1, sender: address('guest') })));
    await expect.poll(() => sink.mails.filter(to(grace)).length, { timeout: 15_000 }).toBe(4);
    await harness.publish({ subject: 'account.owner-refused.v1', payload: { messageId: randomUUID(), sender: { address: grace }, reason: 'no-account', statusText: 'no', senderMayBeTold: true } });
    await expect.poll(() => sink.mails.filter(to(grace)).length, { timeout: 15_000 }).toBe(5);
    await harness.superuser.query('UPDATE notification.notice_grant SET granted_at = array_fill(now(), ARRAY[$2::int]), flow_message_ids = ARRAY(SELECT gen_random_uuid() FROM generate_series(1, $2)) WHERE address = $1', [`sponsor ${grace}`, SPONSOR_REQUESTS_PER_HOUR_MAX]);
    await lastStep(await want(grace, { asked: 'sponsor', place: 1, sender: address('guest') })).toMatchObject({ step: 'not-told', evidence: { kind: 'sponsor-request', reason: 'too-many-notices' } });
  });
});
