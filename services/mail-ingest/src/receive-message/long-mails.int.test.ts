import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { createTransport } from 'nodemailer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWithServer } from '@inkpost/testkit/describe-with-server.js';
import { type DovecotServer, startDovecot } from '@inkpost/testkit/dovecot-server.js';
import { MailClient } from '../adapters/smtp/mail-client.harness.js';
import { eventually, MailIngestHarness, type Replica } from '../mail-ingest.harness.js';

const MB = 1024 * 1024;
/** What a mail of 25 MB may add to the memory of the process. The requirement is 80, the aim 40. */
const GROWTH_MAX_MB = 40;
const to = 'print@inkpost.test';
const user = { address: 'long@inkpost.test', password: 'secret' };

let harness: MailIngestHarness;
let replica: Replica;

beforeAll(async () => {
  harness = await MailIngestHarness.start();
  replica = await harness.startReplica();
  await harness.addSmtpMailbox(replica, to);
});
afterAll(() => harness.stop());

const block = Buffer.from(randomBytes(57 * 1024).toString('base64').replaceAll(/.{76}/g, '$&\r\n'), 'latin1');

/** A mail that nobody has in memory: one block of base64 lines, again and again. */
function* longMail(subject: string, sizeBytes: number): Generator<Buffer, void, undefined> {
  const firstLine = Buffer.from('%PDF-1.7'.padEnd(57)).toString('base64');
  yield Buffer.from(`From: a@example.org\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@example.org>\r\nContent-Type: application/pdf; name=long.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n${firstLine}\r\n`);
  for (let sent = 0; sent < sizeBytes; sent += block.length) yield block;
}

async function sendByHand(protocol: 'smtp' | 'lmtp', subject: string, sizeBytes: number): Promise<string> {
  const client = await MailClient.connect(protocol === 'smtp' ? replica.smtpPort : replica.lmtpPort);
  await client.begin(protocol, to);
  for (const piece of longMail(subject, sizeBytes)) await client.write(piece);
  const reply = await client.command('.');
  client.close();
  return reply;
}

/** In MB, while the work is done. */
async function growthDuring(work: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage.rss();
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 5);
  await work();
  clearInterval(timer);
  return (Math.max(most, process.memoryUsage.rss()) - before) / MB;
}

describe.each(['smtp', 'lmtp'] as const)('a long mail by %s', (protocol) => {
  it('passes through little memory', async () => {
    // What is loaded with the first mail is not its length.
    await sendByHand(protocol, `${protocol}-short`, 100_000);
    const growth = await growthDuring(async () => expect(await sendByHand(protocol, `${protocol}-long`, 25 * MB)).toMatch(/^250/));
    const { documents } = await harness.messageAbout(`${protocol}-long`);
    expect(documents[0]?.sizeBytes).toBeGreaterThan(18 * MB);
    expect(growth).toBeLessThan(GROWTH_MAX_MB);
  });

  it('of 150 MB, whose size nobody announced, is heard to its end, refused, and in memory no more than others', async () => {
    const growth = await growthDuring(async () => expect(await sendByHand(protocol, `${protocol}-huge`, 150 * MB)).toMatch(/^552/));
    expect(growth).toBeLessThan(GROWTH_MAX_MB);
    expect((await harness.spoolFiles()).some((name) => name.endsWith('.part'))).toBe(false);
  });
});

describeWithServer('dovecot', 'a long mail by IMAP', () => {
  let dovecot: DovecotServer;

  beforeAll(async () => {
    dovecot = await startDovecot({ users: [user] });
    const imap = { host: '127.0.0.1', port: dovecot.imapPort, tls: 'none', password: user.password };
    await replica.mailboxes.createMailbox({ settings: { address: user.address, kind: 'imap', queueId: 'queue', enabled: true, afterProcessing: 'keep', imap } });
  });
  afterAll(() => dovecot.remove());

  async function deliver(subject: string, sizeBytes: number): Promise<void> {
    const transport = createTransport({ host: '127.0.0.1', port: dovecot.lmtpPort, lmtp: true, ignoreTLS: true });
    await transport.sendMail({ envelope: { from: 'a@example.org', to: user.address }, raw: Readable.from(longMail(subject, sizeBytes)) });
    transport.close();
  }

  it('passes through little memory', async () => {
    await deliver('imap-short', 100_000);
    await harness.messageAbout('imap-short');
    const growth = await growthDuring(async () => {
      await deliver('imap-long', 25 * MB);
      await eventually(() => harness.messageAbout('imap-long'), 'it is taken in', 20_000);
    });
    expect((await harness.messageAbout('imap-long')).documents[0]?.sizeBytes).toBeGreaterThan(18 * MB);
    expect(growth).toBeLessThan(GROWTH_MAX_MB);
  });

  it('of 150 MB is refused without being fetched, and its sender told', async () => {
    const growth = await growthDuring(async () => {
      await deliver('imap-huge', 150 * MB);
      const { documents, refusedParts } = await eventually(() => harness.messageAbout('imap-huge'), 'it is refused', 20_000);
      expect([documents, refusedParts.map(({ reason }) => reason)]).toEqual([[], ['too-large']]);
    });
    expect(growth).toBeLessThan(GROWTH_MAX_MB);
  });
});
