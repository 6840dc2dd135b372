import { randomBytes, randomUUID } from 'node:crypto';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CanaryService } from '@inkpost/contracts/admin/v1/mailbox_diagnosis_pb.js';
import type { FlowClient } from '@inkpost/flow/flow-client.js';
import { decodePayload, type Payload } from '@inkpost/flow/payload.js';
import { parseMasterKey } from '@inkpost/secrets/master-key.js';
import { createLog } from '@inkpost/telemetry/log.js';
import { samplePdf } from '@inkpost/testkit/sample-pdf.js';
import { sendMail } from '@inkpost/testkit/send-mail.js';
import { eventually, MailIngestHarness, type Replica } from '../mail-ingest.harness.js';
import { CanaryMetrics } from './canary-metrics.js';
import { CanaryRound } from './canary-round.js';
import { CANARY_HEADER, CanaryTokens } from './canary-token.js';
import { CanaryStore } from './canary.store.js';

const address = 'print@example.org';
type Requested = Payload<'mailbox.canary-requested.v1'>;

let harness: MailIngestHarness;
let replica: Replica;
let mailboxId: string;
let notification: FlowClient;
const canaries = () => replica.clientOf(CanaryService);

beforeAll(async () => {
  harness = await MailIngestHarness.start();
  replica = await harness.startReplica();
  notification = await harness.flowOf('notification');
  mailboxId = await harness.addSmtpMailbox(replica, address);
});
afterAll(() => harness.stop());

/** What notification is asked for. */
async function requested(canaryId: string): Promise<Requested> {
  const { rows } = await harness.superuser.query<{ payload: never }>("SELECT payload FROM flow.message WHERE subject = 'mailbox.canary-requested.v1' AND journey_id = $1", [canaryId]);
  const [row] = rows;
  if (!row) throw new Error('nobody was asked to send the canary');
  return decodePayload('mailbox.canary-requested.v1', row.payload);
}

/** Asks for a canary, whatever was asked for before. */
async function send(): Promise<Requested> {
  await harness.superuser.query("UPDATE mail_ingest.canary SET requested_at = requested_at - interval '1 minute'");
  const { canary } = await canaries().sendCanary({ mailboxId });
  expect(canary).toMatchObject({ state: 'sending', requestedBy: 'tester' });
  return requested(canary?.canaryId ?? '');
}

async function deliver(token: string, own: object = {}): Promise<void> {
  await sendMail({ port: replica.smtpPort, from: 'inkpost@example.org', to: address, headers: { [CANARY_HEADER]: token, 'Auto-Submitted': 'auto-generated' }, ...own });
}

async function handled(payload: { readonly canaryId: string; readonly mailed: boolean; readonly answer: string }): Promise<void> {
  await notification.publish({ journeyId: payload.canaryId, entries: [], publish: [{ subject: 'notification.canary-handled.v1', payload: { mailboxId, handledAt: timestampFromDate(new Date()), ...payload } }] });
}

async function shown(canaryId: string) {
  const found = (await canaries().getCanaries({ mailboxId })).canaries.find((canary) => canary.canaryId === canaryId);
  if (!found) throw new Error('the canary is not shown');
  return found;
}

describe('a canary', () => {
  it('comes in: in ledger and journey, with its latency, and goes no further', async () => {
    const { canaryId, token } = await send();
    await handled({ canaryId, mailed: true, answer: '250 queued' });
    await expect.poll(async () => (await shown(canaryId)).state).toBe('under-way');
    await deliver(token, { attachments: [{ filename: 'a.pdf', content: samplePdf() }] });
    const arrived = await shown(canaryId);
    expect(arrived).toMatchObject({ state: 'arrived', text: expect.stringMatching(/^It came in after \d+\.\d seconds\.$/) });
    expect(arrived.latencyMs).toBeGreaterThan(0);
    expect(arrived.latencyMs).toBeLessThan(20_000);
    expect((await harness.journey(canaryId)).map(({ step }) => step)).toEqual(['canary-requested', 'canary-received']);
    const { rows } = await harness.superuser.query('SELECT mailbox_id, message_id FROM mail_ingest.ledger WHERE message_id = $1', [canaryId]);
    expect(rows).toEqual([{ mailbox_id: mailboxId, message_id: canaryId }]);
    expect(await harness.received()).toEqual([]);
    expect(await harness.spoolFiles()).toEqual([]);
    // No mail that somebody sent.
    expect((await replica.mailboxes.getMailbox({ mailboxId })).mailbox?.counts).toMatchObject({ received: 0 });
  });

  it('that comes twice counts once', async () => {
    const { canaryId, token } = await send();
    await deliver(token, { messageId: '<one@example.org>' });
    const first = await shown(canaryId);
    await deliver(token, { messageId: '<two@example.org>' });
    expect(await shown(canaryId)).toMatchObject({ receivedAt: first.receivedAt, latencyMs: first.latencyMs });
    expect(await harness.received()).toEqual([]);
  });

  it('that somebody forged, or sent to another mailbox, is a mail like any other', async () => {
    const { canaryId, token } = await send();
    await harness.addSmtpMailbox(replica, 'other@example.org');
    const forged = new CanaryTokens(parseMasterKey(randomBytes(32).toString('hex'))).sign(canaryId, mailboxId);
    await deliver(forged, { subject: 'forged' });
    await deliver(token, { subject: 'misled', to: 'other@example.org' });
    await harness.messageAbout('forged');
    await harness.messageAbout('misled');
    expect(await shown(canaryId)).toMatchObject({ state: 'sending' });
  });

  it('that the outgoing mail server did not take says why', async () => {
    const { canaryId } = await send();
    await handled({ canaryId, mailed: false, answer: 'The mail server smtp.example.org:587 refuses: 535 who are you' });
    await expect.poll(async () => (await shown(canaryId)).state).toBe('not-sent');
    expect((await shown(canaryId)).text).toBe('It was not sent: The mail server smtp.example.org:587 refuses: 535 who are you');
    expect((await shown(canaryId)).mailedAt).toBeUndefined();
    const { mailbox } = await replica.mailboxes.getMailbox({ mailboxId });
    expect(mailbox).toMatchObject({ state: 'listening', problem: expect.stringMatching(/^Canary mail of .* UTC: It was not sent: .*535 who are you$/), canary: { state: 'not-sent' } });
    // The next one that comes in makes good, and what is older than a day says nothing.
    await deliver((await send()).token);
    expect((await replica.mailboxes.getMailbox({ mailboxId })).mailbox).toMatchObject({ problem: '', canary: { state: 'arrived', latencyMs: expect.any(Number) } });
    await harness.superuser.query("UPDATE mail_ingest.canary SET requested_at = requested_at - interval '2 days'");
    expect((await replica.mailboxes.getMailbox({ mailboxId })).mailbox?.canary).toBeUndefined();
  });

  it('is not asked for twice in a breath, nor for a mailbox that is disabled or unknown, nor without the right', async () => {
    await send();
    const refusal = async (call: Promise<unknown>): Promise<Code | undefined> => call.then(() => undefined, (reason: unknown) => ConnectError.from(reason).code);
    expect(await refusal(canaries().sendCanary({ mailboxId }))).toBe(Code.ResourceExhausted);
    const { mailbox } = await replica.mailboxes.createMailbox({ settings: { address: 'off@example.org', kind: 'smtp', queueId: 'queue', enabled: false } });
    expect(await refusal(canaries().sendCanary({ mailboxId: mailbox?.mailboxId ?? '' }))).toBe(Code.FailedPrecondition);
    expect(await refusal(canaries().getCanaries({ mailboxId: randomUUID() }))).toBe(Code.NotFound);
    const reader = replica.clientOf(CanaryService, 'configuration.read');
    expect(await refusal(reader.sendCanary({ mailboxId }))).toBe(Code.PermissionDenied);
    expect(await refusal(reader.scheduleCanary({ mailboxId, everyMinutes: 10 }))).toBe(Code.PermissionDenied);
    expect(await refusal(replica.clientOf(CanaryService, 'jobs.read').getCanaries({ mailboxId }))).toBe(Code.PermissionDenied);
    for (const everyMinutes of [1, 4, 1_441]) expect(await refusal(canaries().scheduleCanary({ mailboxId, everyMinutes }))).toBe(Code.InvalidArgument);
  });

  it('is sent by schedule, once whatever the number of replicas, and told when it is lost', async () => {
    const scheduled = await harness.addSmtpMailbox(replica, 'scheduled@example.org');
    await canaries().scheduleCanary({ mailboxId: scheduled, everyMinutes: 10 });
    expect((await canaries().getCanaries({ mailboxId: scheduled })).everyMinutes).toBe(10);
    const metrics = new CanaryMetrics(harness.telemetry.meter('test'));
    const store = new CanaryStore(harness.database.pool('mail-ingest'), await harness.flowOf('mail-ingest'), new CanaryTokens(parseMasterKey(randomBytes(32).toString('hex'))));
    const rounds = [1, 2].map(() => new CanaryRound(store, metrics, createLog('test', 'fatal'), 20));
    for (const round of rounds) round.onApplicationBootstrap();
    try {
      const first = async () => (await canaries().getCanaries({ mailboxId: scheduled })).canaries;
      await expect.poll(first).toHaveLength(1);
      expect((await first())[0]).toMatchObject({ requestedBy: '', state: 'sending' });
      const troubledBefore = metrics.troubledMailboxes;
      await harness.superuser.query("UPDATE mail_ingest.canary SET requested_at = now() - interval '1 hour', mailed = true, handled_at = now() WHERE mailbox_id = $1", [scheduled]);
      await expect.poll(async () => (await first())[0]?.state).toBe('lost');
      await expect.poll(() => metrics.troubledMailboxes).toBe(troubledBefore + 1);
      const told = await eventually(async () => {
        const { rows } = await harness.superuser.query<{ lost: boolean }>('SELECT lost FROM mail_ingest.canary WHERE mailbox_id = $1', [scheduled]);
        return rows[0]?.lost;
      }, 'the loss was told');
      expect(told).toBe(true);
      // Due again in ten minutes, not before; switched off, never.
      expect(await first()).toHaveLength(1);
      await canaries().scheduleCanary({ mailboxId: scheduled, everyMinutes: 0 });
      expect((await canaries().getCanaries({ mailboxId: scheduled })).everyMinutes).toBe(0);
    } finally {
      for (const round of rounds) await round.onModuleDestroy();
    }
  });

  it('goes with its mailbox', async () => {
    const doomed = await harness.addSmtpMailbox(replica, 'doomed@example.org');
    await canaries().scheduleCanary({ mailboxId: doomed, everyMinutes: 10 });
    await canaries().sendCanary({ mailboxId: doomed });
    await replica.mailboxes.deleteMailbox({ mailboxId: doomed });
    const { rows } = await harness.superuser.query('SELECT 1 FROM mail_ingest.canary WHERE mailbox_id = $1', [doomed]);
    expect(rows).toEqual([]);
  });
});
