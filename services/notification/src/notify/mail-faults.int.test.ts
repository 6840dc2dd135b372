import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { callbackify } from 'node:util';
import { freePort } from '@inkpost/testkit/free-port.js';
import { type MailSink, type ReceivedMail, startMailSink } from '@inkpost/testkit/mail-sink.js';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NotificationHarness, type StartedNotification } from '../notification.harness.js';

let harness: NotificationHarness;
let started: StartedNotification;
let sink: MailSink;

const set = (port: number) =>
  started.client('configuration.write').putOutgoingMail({ settings: { host: '127.0.0.1', port, tls: 'none', fromAddress: 'print@inkpost.test', language: 'en' } });
const to = (address: string) => (mail: ReceivedMail) => mail.to.includes(address);
const mailsTo = (address: string) => sink.mails.filter(to(address));
const steps = async (journeyId: string) => (await harness.journey(journeyId)).map(({ step }) => step);
const lastStep = (journeyId: string) => expect.poll(async () => (await harness.journey(journeyId)).at(-1), { timeout: 15_000 });
const hold = async (name: string) => {
  const address = `${name}-${randomUUID()}@example.org`;
  return { address, journeyId: await harness.hold('QX7RTM2K', { owner: { address } }) };
};

beforeAll(async () => {
  [harness, sink] = [await NotificationHarness.start(), await startMailSink()];
  started = await harness.startService();
});

afterAll(async () => {
  await harness.stop();
  await sink.stop();
});

describe('a mail', () => {
  it('waits while no server is configured, and is sent once one is', async () => {
    const { address, journeyId } = await hold('early');
    await lastStep(journeyId).toMatchObject({ step: 'waiting', evidence: { reason: 'notification.not-configured: No outgoing mail server is configured yet.' } });
    await set(sink.port);
    await sink.waitFor(to(address));
    await expect.poll(() => harness.isHandled(journeyId)).toBe(true);
  });

  it('is tried again when the server says so, with the same Message-ID', async () => {
    sink.failNext(451);
    const { address, journeyId } = await hold('later');
    const mail = await sink.waitFor(to(address));
    await lastStep(journeyId).toMatchObject({ step: 'code-mailed', evidence: { tries: 2, internetMessageId: mail.parsed.messageId } });
    expect((await harness.journey(journeyId))[0]).toMatchObject({ step: 'attempt-failed', evidence: { attempt: 1, reason: expect.stringContaining('451 refused as the test asked for') as string } });
    expect(mail.parsed.messageId).toBe(`<${await harness.flowMessageId(journeyId)}@inkpost.test>`);
  });

  it('that the server will never take is recorded with what it said, and not tried again', async () => {
    sink.failNext(550);
    const { address, journeyId } = await hold('never');
    await lastStep(journeyId).toMatchObject({ step: 'mail-not-delivered', evidence: { kind: 'code', to: address, answer: expect.stringContaining('550 refused as the test asked for') as string } });
    expect(await harness.isHandled(journeyId)).toBe(true);
    expect(await steps(journeyId)).toEqual(['mail-not-delivered']);
    const { rows } = await harness.superuser.query('SELECT state, tries FROM notification.outgoing WHERE recipient = $1', [address]);
    expect(rows).toEqual([{ state: 'failed', tries: 1 }]);
  });

  it('waits for a server that is down, outside the attempts, and is sent when it comes back', async () => {
    const { port } = sink;
    await sink.stop();
    const { address, journeyId } = await hold('down');
    await lastStep(journeyId).toMatchObject({ step: 'waiting', evidence: { reason: expect.stringContaining('notification.mail-server-unreachable') as string } });
    sink = await startMailSink(port);
    await sink.waitFor(to(address), 20_000);
    await expect.poll(() => harness.isHandled(journeyId)).toBe(true);
    expect(await steps(journeyId)).not.toContain('attempt-failed');
    expect(mailsTo(address)).toHaveLength(1);
  });

  it('is not sent again when it could not be recorded at first', async () => {
    const allow = await harness.forbidRecording();
    const { address, journeyId } = await hold('unrecorded');
    await lastStep(journeyId).toMatchObject({ step: 'attempt-failed' });
    await allow();
    await lastStep(journeyId).toMatchObject({ step: 'code-mailed' });
    expect(mailsTo(address)).toHaveLength(1);
  });

  it('is sent again, recognisably the same, when the process died between sending and recording', async () => {
    const allow = await harness.forbidRecording();
    const { address, journeyId } = await hold('died');
    await lastStep(journeyId).toMatchObject({ step: 'attempt-failed' });
    await started.service.stop();
    await allow();
    started = await harness.startService();
    await lastStep(journeyId).toMatchObject({ step: 'code-mailed', evidence: { tries: 2 } });
    const ids = mailsTo(address).map((mail) => mail.parsed.messageId);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });

  it('keeps the code out of the journey even if the server quotes it', async () => {
    const quoting = await startServer({
      onData: callbackify(async (stream: Readable, _session: SMTPServerSession) => {
        const [code] = /QX7R-\w{4}/u.exec((await buffer(stream)).toString()) ?? [];
        throw Object.assign(new Error(`I dislike "${code}" and QX7RTM2K`), { responseCode: 554 });
      }),
    });
    await set(quoting.port);
    const { journeyId } = await hold('quoted');
    await lastStep(journeyId).toMatchObject({ step: 'mail-not-delivered', evidence: { answer: expect.stringMatching(/554 I dislike "…" and …/u) as string } });
    await quoting.stop();
    await set(sink.port);
  });

  it('to one recipient who is unknown does not hold up the others', async () => {
    const choosy = await startServer({
      onRcptTo: ({ address }, _session, callback) => callback(address.startsWith('unknown') ? Object.assign(new Error('no such user'), { responseCode: 550 }) : null),
      onData: callbackify(async (stream: Readable, _session: SMTPServerSession) => void (await buffer(stream))),
    });
    await set(choosy.port);
    const mails = await Promise.all(['unknown', 'known', 'unknown', 'known'].map(hold));
    for (const { address, journeyId } of mails) await lastStep(journeyId).toMatchObject(address.startsWith('unknown') ? { step: 'mail-not-delivered', evidence: { answer: '550 no such user' } } : { step: 'code-mailed' });
    await choosy.stop();
    await set(sink.port);
  });
});

async function startServer(options: ConstructorParameters<typeof SMTPServer>[0]): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const port = await freePort();
  const server = new SMTPServer({ authOptional: true, disabledCommands: ['STARTTLS'], logger: false, closeTimeout: 500, ...options });
  await once(server.listen(port, '127.0.0.1'), 'listening');
  return { port, stop: () => new Promise((resolve) => server.close(resolve)) };
}
