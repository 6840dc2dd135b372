import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { samplePdf } from '@inkpost/testkit/sample-pdf.js';
import { MailClient } from '../adapters/smtp/mail-client.harness.js';
import { MailIngestHarness, type Replica } from '../mail-ingest.harness.js';

const run = promisify(execFile);
const to = 'print@inkpost.test';

/** A file system that is really full has to be mounted, which only root may. */
describe.skipIf(process.getuid?.() !== 0)('a spool whose disk is full', () => {
  let harness: MailIngestHarness;
  let replica: Replica;

  beforeAll(async () => {
    harness = await MailIngestHarness.start();
    replica = await harness.startReplica();
    await harness.addSmtpMailbox(replica, to);
    await run('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=700', 'tmpfs', harness.spoolFolder]);
  });
  afterAll(async () => {
    await run('umount', ['--lazy', harness.spoolFolder]);
    await harness.stop();
  });

  const pdf = samplePdf({ sizeBytes: 3_000_000 });
  const mail = `Message-ID: <full@example.org>\r\nFrom: a@example.org\r\nSubject: full\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n${pdf.toString('base64').replaceAll(/.{76}/g, '$&\r\n')}\r\n.\r\n`;
  async function send(protocol: 'smtp' | 'lmtp', raw: string): Promise<string> {
    const client = await MailClient.connect(protocol === 'smtp' ? replica.smtpPort : replica.lmtpPort);
    await client.begin(protocol, to);
    await client.write(raw);
    const reply = await client.reply();
    client.close();
    return reply;
  }

  it('has mails wait with the client, leaves nothing half written, and takes what still fits', async () => {
    for (const [protocol, answer] of [['smtp', /^451 /], ['lmtp', /^451 4\.3\.0 /]] as const) expect(await send(protocol, mail)).toMatch(answer);
    expect(await harness.spoolFiles()).toEqual([]);
    expect(await send('smtp', 'From: a@example.org\r\nSubject: small\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.7\r\n.\r\n')).toMatch(/^250/);
    expect((await harness.received()).map(({ subject }) => subject)).toEqual(['small']);
  });

  it('takes them once there is room again', async () => {
    await run('mount', ['-o', 'remount,size=50m', harness.spoolFolder]);
    for (const protocol of ['lmtp', 'smtp'] as const) expect(await send(protocol, mail)).toMatch(/^250/);
    const messages = (await harness.received()).filter(({ subject }) => subject === 'full');
    expect(messages).toHaveLength(1);
    expect((await harness.documentBytes(messages[0]?.documents[0]?.documentId ?? '')).equals(pdf)).toBe(true);
  });
});
