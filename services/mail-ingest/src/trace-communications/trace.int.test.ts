import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { type Client, Code, ConnectError } from '@connectrpc/connect';
import { beforeAll, expect, it } from 'vitest';
import { TraceService } from '@inkpost/contracts/admin/v1/mailbox_diagnosis_pb.js';
import { createLog } from '@inkpost/telemetry/log.js';
import { describeWithServer } from '@inkpost/testkit/describe-with-server.js';
import { type DovecotServer, type MailUser, startDovecot } from '@inkpost/testkit/dovecot-server.js';
import { samplePdf } from '@inkpost/testkit/sample-pdf.js';
import { composeMail, sendMail } from '@inkpost/testkit/send-mail.js';
import { TRACE_BYTES_MAX, TRACE_WAITING_BYTES_MAX } from '../limits.js';
import { eventually, MailIngestHarness, type Replica } from '../mail-ingest.harness.js';
import { TcpRelay } from '../tcp-relay.harness.js';
import { TraceLog } from './trace-log.js';
import { TraceStore } from './trace.store.js';

const users = ['imap', 'pop3', 'ends'].map((name): MailUser => ({ address: `${name}@inkpost.test`, password: `Hunter2-${name}` }));
const HOUR_MS = 3_600_000;

describeWithServer('dovecot', 'a traced conversation', () => {
  let dovecot: DovecotServer;
  let harness: MailIngestHarness;
  let replica: Replica;
  let traces: Client<typeof TraceService>;
  let relay: TcpRelay;

  beforeAll(async () => {
    dovecot = await startDovecot({ users });
    relay = await TcpRelay.to(dovecot.imapsPort);
    harness = await MailIngestHarness.start();
    replica = await harness.startReplica({ INKPOST_POP3_EVERY_SECONDS: '1' });
    traces = replica.clientOf(TraceService, 'diagnostics');
    return async () => {
      await harness.stop();
      await relay.close();
      await dovecot.remove();
    };
  });

  async function watch(name: string, kind: 'imap' | 'pop3' = 'imap'): Promise<string> {
    const server = { host: '127.0.0.1', tls: 'implicit', password: `Hunter2-${name}`, certificateAuthority: dovecot.ca };
    const own = kind === 'imap' ? { imap: { ...server, port: relay.port } } : { pop3: { ...server, port: dovecot.pop3sPort } };
    const { mailbox } = await replica.mailboxes.createMailbox({ settings: { address: `${name}@inkpost.test`, kind, queueId: 'queue', enabled: true, ...own } });
    return mailbox?.mailboxId ?? '';
  }

  async function deliver(name: string, subject: string): Promise<Buffer> {
    const { raw } = await composeMail({ from: 'ada@example.org', to: `${name}@inkpost.test`, subject, text: `the text of ${subject}`, attachments: [{ filename: 'secret.pdf', content: samplePdf({ text: 'the document' }) }] });
    await dovecot.deliver({ to: [`${name}@inkpost.test`], raw });
    await harness.messageAbout(subject);
    return raw;
  }

  const read = async (mailboxId: string, by = traces): Promise<string> => (await by.readTraceLog({ mailboxId })).log;

  /** The log, once this stands in it. */
  async function logWith(mailboxId: string, expected: RegExp, by = traces): Promise<string> {
    await expect.poll(() => read(mailboxId, by)).toMatch(expected);
    return read(mailboxId, by);
  }

  /** Neither the password nor any line of the mail, plain or encoded. */
  function expectNothingSecret(log: string, raw: Buffer): void {
    expect(log).not.toContain('Hunter2');
    for (const encoded of [Buffer.from('Hunter2-imap').toString('base64'), Buffer.from('\0imap@inkpost.test\0Hunter2-imap').toString('base64')]) expect(log).not.toContain(encoded.slice(0, 20));
    const lines = raw.toString('latin1').split('\r\n').filter((line) => line.length > 40);
    expect(lines.length).toBeGreaterThan(5);
    for (const line of lines) expect(log).not.toContain(line);
    expect(log).not.toMatch(/the text of|the document/);
  }

  it('of an IMAP mailbox is in its log from the greeting on, without secrets and without the mails', async () => {
    const mailboxId = await watch('imap');
    expect((await traces.getTrace({ mailboxId })).trace).toMatchObject({ active: false, sizeBytes: 0 });
    expect(await read(mailboxId)).toBe('');
    await deliver('imap', 'before');
    const { trace } = await traces.startTrace({ mailboxId });
    expect(trace).toMatchObject({ active: true, startedBy: 'tester' });
    expect(Number(trace?.until?.seconds) - Date.now() / 1_000).toBeCloseTo(1_800, -2);
    await logWith(mailboxId, /C: .* IDLE/);
    const raw = await deliver('imap', 'traced');
    const log = await logWith(mailboxId, /S: .* FETCH \(.*UID/);
    expect(log).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z -- connecting\n\S+ S: \* OK .*\n\S+ C: /);
    expect(log).toMatch(/AUTHENTICATE PLAIN|LOGIN/);
    expectNothingSecret(log, raw);
    expect((await traces.getTrace({ mailboxId })).trace?.sizeBytes).toBeGreaterThan(500);
    // What goes wrong is in it too.
    relay.cut();
    await logWith(mailboxId, /-- The (?:connection to the )?mail server .* Tried again in \d+ seconds/);
    await eventually(async () => (await replica.mailboxes.getMailbox({ mailboxId })).mailbox?.state === 'connected', 'the mailbox is connected again', 15_000);
    await traces.stopTrace({ mailboxId });
    await expect.poll(async () => (await traces.getTrace({ mailboxId })).trace?.active).toBe(false);
    // It goes on with a connection that is not traced.
    const after = await logWith(mailboxId, /C: \w+ LOGOUT\n(?:.*\n)*.* OK Logout/);
    await deliver('imap', 'after');
    expect(await read(mailboxId)).toBe(after);
    await replica.mailboxes.deleteMailbox({ mailboxId });
    const { rows } = await harness.superuser.query('SELECT 1 FROM mail_ingest.trace_piece');
    expect(rows).toEqual([]);
  });

  it('of a POP3 mailbox is in its log', async () => {
    const mailboxId = await watch('pop3', 'pop3');
    await traces.startTrace({ mailboxId });
    const raw = await deliver('pop3', 'by pop3');
    const log = await logWith(mailboxId, /C: RETR 1/);
    expect(log).toMatch(/S: \+OK/);
    expectNothingSecret(log, raw);
    await replica.mailboxes.deleteMailbox({ mailboxId });
  });

  it('of mail servers that deliver is in the log of those mailboxes alone that are named, from their first word on', async () => {
    const [traced, other] = [await harness.addSmtpMailbox(replica, 'traced@inkpost.test'), await harness.addSmtpMailbox(replica, 'other@inkpost.test')];
    const mail = { port: replica.smtpPort, from: 'ada@example.org', attachments: [{ filename: 'secret.pdf', content: samplePdf({ text: 'the document' }) }] };
    await sendMail({ ...mail, to: 'traced@inkpost.test', subject: 'untraced' });
    await traces.startTrace({ mailboxId: traced });
    await sendMail({ ...mail, to: 'other@inkpost.test', subject: 'to another one' });
    await sendMail({ ...mail, to: ['other@inkpost.test', 'traced@inkpost.test'], subject: 'to both' });
    const log = await logWith(traced, /the connection is closed/);
    const said = [...log.matchAll(/^\S+ \[\w+\] ([CS]: \w+|--)/gm)].map(([, start]) => start);
    expect(said.filter((start) => start?.startsWith('C: '))).toEqual(['C: EHLO', 'C: MAIL', 'C: RCPT', 'C: RCPT', 'C: DATA']);
    expect([said[0], said.at(-1)]).toEqual(['S: 220', '--']);
    expect(log).toMatch(/S: 250 .*Taken in as/);
    expect(log).not.toMatch(/to both|the document|JVBERi/);
    expect(await read(other)).toBe('');
    await traces.stopTrace({ mailboxId: traced });
    await sendMail({ ...mail, to: 'traced@inkpost.test', subject: 'after' });
    await harness.messageAbout('after');
    expect(await read(traced)).toBe(log);
  });

  it('ends by itself, survives a restart, and is read from any replica', async () => {
    const mailboxId = await watch('ends');
    await traces.startTrace({ mailboxId, until: timestampFromMs(Date.now() + HOUR_MS) });
    await logWith(mailboxId, /C: .* IDLE/);
    const second = await harness.startReplica();
    const before = (await read(mailboxId)).match(/-- connecting/g)?.length ?? 0;
    await replica.stop();
    // The other one watches it now, and writes on.
    const log = await logWith(mailboxId, new RegExp(`(?:-- connecting[^]*){${before + 1}}C: .* IDLE`), second.clientOf(TraceService, 'diagnostics'));
    replica = second;
    traces = second.clientOf(TraceService, 'diagnostics');
    expect((await traces.getTrace({ mailboxId })).trace).toMatchObject({ active: true });
    await harness.superuser.query("UPDATE mail_ingest.trace SET until = now() + interval '300 ms' WHERE mailbox_id = $1", [mailboxId]);
    await expect.poll(async () => (await traces.getTrace({ mailboxId })).trace?.active).toBe(false);
    // Its watcher begins anew without it, once it has noticed.
    const ended = await eventually(async () => {
      const now = await read(mailboxId);
      await deliver('ends', `after the end ${now.length} ${Math.random()}`);
      return now.length >= log.length && now === (await read(mailboxId)) && now;
    }, 'nothing is written any more');
    // The next trace has a log of its own.
    await traces.startTrace({ mailboxId });
    const next = await logWith(mailboxId, /C: .* IDLE/);
    expect(next).not.toContain(ended.slice(0, 60));
  });

  it('has a log that does not grow without end: the oldest lines go', async () => {
    const mailboxId = await harness.addSmtpMailbox(replica, 'long@inkpost.test');
    const store = new TraceStore(harness.database.pool('mail-ingest'));
    await store.start(mailboxId, new Date(Date.now() + HOUR_MS), 'tester');
    const piece = 'x'.repeat(200 * 1_024 - 10);
    for (let count = 100; count < 130; count += 1) await store.append(mailboxId, `${count} ${piece}\n`);
    const log = await store.read(mailboxId);
    expect(log.length).toBeGreaterThan(TRACE_BYTES_MAX - 250 * 1_024);
    expect(log.length).toBeLessThanOrEqual(TRACE_BYTES_MAX);
    expect(log).toMatch(/^1[01]\d x/);
    expect(log).toMatch(/\n129 x+\n$/);
    expect((await store.find(mailboxId))?.sizeBytes).toBe(Buffer.byteLength(log));
    // Of a conversation that is too fast the rest is left out, and that is said.
    const fast = new TraceLog(store, createLog('test', 'fatal'));
    const write = fast.of(mailboxId);
    for (let count = 0; count < 2_000; count += 1) write(`S: ${'word '.repeat(100)}`);
    await fast.onModuleDestroy();
    const end = (await store.read(mailboxId)).slice(log.length - TRACE_BYTES_MAX);
    expect(end).toMatch(/-- \d{3,} lines are left out here: there were too many at once\n$/);
    expect(TRACE_WAITING_BYTES_MAX).toBeLessThan(2_000 * 500);
  });

  it('is forgotten after some days', async () => {
    const mailboxId = await harness.addSmtpMailbox(replica, 'old@inkpost.test');
    const store = new TraceStore(harness.database.pool('mail-ingest'));
    await store.start(mailboxId, new Date(Date.now() + HOUR_MS), 'tester');
    await store.append(mailboxId, 'S: 220\n');
    await harness.superuser.query("UPDATE mail_ingest.trace SET until = now() - interval '6 days' WHERE mailbox_id = $1", [mailboxId]);
    await store.forgetOld();
    expect(await store.read(mailboxId)).toBe('S: 220\n');
    await harness.superuser.query("UPDATE mail_ingest.trace SET until = now() - interval '8 days' WHERE mailbox_id = $1", [mailboxId]);
    await store.forgetOld();
    expect(await store.find(mailboxId)).toBeUndefined();
    expect(await store.read(mailboxId)).toBe('');
  });

  it('is for whoever may diagnose, and for a day at most', async () => {
    const mailboxId = await harness.addSmtpMailbox(replica, 'rights@inkpost.test');
    const refusal = async (call: Promise<unknown>): Promise<Code | undefined> => call.then(() => undefined, (reason: unknown) => ConnectError.from(reason).code);
    const administrator = replica.clientOf(TraceService, 'configuration.read', 'configuration.write');
    for (const call of ['startTrace', 'stopTrace', 'getTrace', 'readTraceLog'] as const) expect(await refusal(administrator[call]({ mailboxId }))).toBe(Code.PermissionDenied);
    for (const untilMs of [Date.now() - 1, Date.now() + 25 * HOUR_MS]) expect(await refusal(traces.startTrace({ mailboxId, until: timestampFromMs(untilMs) }))).toBe(Code.InvalidArgument);
    expect(await refusal(traces.startTrace({ mailboxId: 'unknown' }))).toBe(Code.NotFound);
    expect((await traces.stopTrace({ mailboxId })).trace).toMatchObject({ active: false });
  });
});
