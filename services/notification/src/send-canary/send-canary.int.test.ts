import { randomUUID } from 'node:crypto';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { decodePayload, type Payload } from '@inkpost/flow/payload.js';
import { freePort } from '@inkpost/testkit/free-port.js';
import { type MailSink, startMailSink } from '@inkpost/testkit/mail-sink.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NotificationHarness, type StartedNotification } from '../notification.harness.js';

let harness: NotificationHarness;
let started: StartedNotification;
let sink: MailSink;

// The mailbox's own address is often the sender of all mails as well.
const address = 'print@inkpost.test';
const set = (more: object = {}) => started.client('configuration.write').putOutgoingMail({ settings: { host: '127.0.0.1', port: sink.port, tls: 'none', fromAddress: address, language: 'en', ...more } });

beforeAll(async () => {
  [harness, sink] = [await NotificationHarness.start(), await startMailSink()];
  started = await harness.startService();
  await set();
});
afterAll(async () => {
  await harness.stop();
  await sink.stop();
});

/** Asks for a canary; gives what mail-ingest is told of it. */
async function send(own: { readonly expiresInMs?: number; readonly address?: string } = {}): Promise<Payload<'notification.canary-handled.v1'> & { token: string }> {
  const [canaryId, mailboxId] = [randomUUID(), randomUUID()];
  const token = `${canaryId}.token`;
  await harness.publish({ subject: 'mailbox.canary-requested.v1', payload: { canaryId, mailboxId, address, token, expiresAt: timestampFromMs(Date.now() + (own.expiresInMs ?? 60_000)), ...(own.address ? { address: own.address } : {}) } }, canaryId);
  const find = async () => (await harness.superuser.query<{ payload: never }>("SELECT payload FROM flow.message WHERE journey_id = $1 AND subject = 'notification.canary-handled.v1'", [canaryId])).rows;
  await expect.poll(find).toHaveLength(1);
  const [told] = await find();
  if (!told) throw new Error('mail-ingest was told nothing');
  const payload = decodePayload('notification.canary-handled.v1', told.payload);
  expect(payload).toMatchObject({ canaryId, mailboxId });
  return { ...payload, token };
}

describe('a canary mail', () => {
  it('goes to the mailbox with its token, and what the server said goes back', async () => {
    const { mailed, answer, token, canaryId } = await send();
    expect({ mailed, answer }).toEqual({ mailed: true, answer: expect.stringContaining('250') });
    const mail = await sink.waitFor(({ raw }) => raw.toString().includes(token));
    expect(mail.raw.toString()).toMatch(new RegExp(`^Inkpost-Canary: ${token}\r?$`, 'mu'));
    expect(mail.raw.toString()).toMatch(/^Auto-Submitted: auto-generated\r?$/mu);
    expect(mail).toMatchObject({ to: [address], subject: 'Test of Inkpost’s reception', text: expect.stringContaining('It is not printed') });
    expect(mail.parsed.attachments).toEqual([]);
    const journey = await harness.journey(canaryId);
    expect(journey).toMatchObject([{ step: 'canary-mailed', evidence: { to: address } }]);
    // Nobody who reads the journey could send a mail that passes for it.
    expect(JSON.stringify(journey)).not.toContain(token);
  });

  it('does not wait for a mail server that refuses or is away: it says so at once', async () => {
    sink.failNext(550);
    expect(await send()).toMatchObject({ mailed: false, answer: expect.stringContaining('550') });
    await set({ port: await freePort() });
    const away = await send();
    expect(away).toMatchObject({ mailed: false, answer: expect.stringMatching(/^The mail server 127\.0\.0\.1:\d+ can't be reached/) });
    expect(await harness.journey(away.canaryId)).toMatchObject([{ step: 'canary-not-mailed', evidence: { to: address, answer: away.answer } }]);
    await set();
  });

  it('is not sent when it comes too late, or where no mail can go', async () => {
    const before = sink.mails.length;
    expect(await send({ expiresInMs: -1 })).toMatchObject({ mailed: false, answer: expect.stringContaining('too late') });
    expect(await send({ address: '"quoted local"@example.org' })).toMatchObject({ mailed: false, answer: expect.stringContaining('address') });
    expect(sink.mails.length).toBe(before);
  });
});
