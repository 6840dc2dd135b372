import { randomBytes } from 'node:crypto';
import { rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseMasterKey } from '@inkpost/secrets/master-key.js';
import { Spool } from '@inkpost/spool/spool.js';
import { samplePdf } from '@inkpost/testkit/sample-pdf.js';
import { sendMail } from '@inkpost/testkit/send-mail.js';
import { MailClient } from '../adapters/smtp/mail-client.harness.js';
import { eventually, MailIngestHarness, type Replica } from '../mail-ingest.harness.js';
import { TcpRelay } from '../tcp-relay.harness.js';

const to = 'print@inkpost.test';
const pdf = samplePdf({ sizeBytes: 200_000 });

let harness: MailIngestHarness;
let postgres: TcpRelay;
let replica: Replica;

beforeAll(async () => {
  harness = await MailIngestHarness.start();
  const url = new URL(harness.database.url);
  postgres = await TcpRelay.to(Number(url.port));
  url.port = String(postgres.port);
  replica = await harness.startReplica({ INKPOST_DATABASE_URL: url.toString() });
  await harness.addSmtpMailbox(replica, to);
});
afterAll(async () => {
  await harness.stop();
  await postgres.close();
});

const mail = (subject: string) => ({ from: 'a@example.org', to, subject, messageId: `<${subject}@example.org>`, attachments: [{ filename: 'a.pdf', content: pdf }] });
const send = (subject: string) => sendMail({ port: replica.smtpPort, ...mail(subject) });
const countOf = async (subject: string) => (await harness.received()).filter((message) => message.subject === subject).length;

it('asks the client to try again while the database is away, and takes the mail in when it is back', async () => {
  await postgres.close();
  await expect(send('away')).rejects.toMatchObject({ responseCode: 451 });
  const client = await MailClient.connect(replica.lmtpPort);
  await expect(client.begin('lmtp', to)).rejects.toThrow('451 4.3.0');
  client.close();
  await postgres.open();
  await eventually(() => send('away').catch(() => undefined), 'the mail is taken in');
  expect(await countOf('away')).toBe(1);
});

it('asks the client to try again while the spool is away, and takes the mail in when it is back', async () => {
  await rename(harness.spoolFolder, `${harness.spoolFolder}-away`);
  await expect(send('no spool')).rejects.toMatchObject({ responseCode: 451 });
  expect(await countOf('no spool')).toBe(0);
  await rename(`${harness.spoolFolder}-away`, harness.spoolFolder);
  await send('no spool');
  expect(await countOf('no spool')).toBe(1);
});

it('loses and doubles nothing when the connection breaks after the commit and before its answer', async () => {
  // The same bytes each time, as a mail server sends them again.
  const raw = `From: a@example.org\r\nSubject: doubt\r\nMessage-ID: <doubt@example.org>\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n${pdf.toString('base64').replaceAll(/.{76}/g, '$&\r\n')}\r\n`;
  const sendRaw = () => sendMail({ port: replica.smtpPort, from: 'a@example.org', to, raw }).then(() => 250, (error: { responseCode?: number }) => error.responseCode);
  postgres.deafOnce = 'flow.publish.mail-received';
  const first = sendRaw();
  await eventually(async () => (await countOf('doubt')) === 1, 'the mail is committed');
  postgres.cut();
  expect(await first).toBe(451);
  await eventually(async () => (await sendRaw()) === 250, 'the mail is taken in');
  const messages = (await harness.received()).filter(({ subject }) => subject === 'doubt');
  expect(messages).toHaveLength(1);
  expect((await harness.documentBytes(messages[0]?.documents[0]?.documentId ?? '')).equals(pdf)).toBe(true);
});

it('removes what a killed process left in the spool, an hour later, and nothing that is known', async () => {
  await send('known');
  const [message] = (await harness.received()).filter(({ subject }) => subject === 'known');
  const known = message?.documents[0]?.documentId ?? '';
  const stray = await new Spool(harness.superuser, parseMasterKey(randomBytes(32).toString('hex')), harness.spoolFolder).write((async function* () {
    yield pdf;
  })(), 1_000_000);
  const half = `${stray.id}.0a0b0c0d.part`;
  await writeFile(join(harness.spoolFolder, stray.id.slice(-2), half), 'half');
  const fresh = await harness.spoolFiles();
  const old = new Date(Date.now() - 2 * 3_600_000);
  for (const id of [known, stray.id, half]) await utimes(join(harness.spoolFolder, id.split('.')[0]?.slice(-2) ?? '', id), old, old);
  // It sweeps when it starts.
  await harness.startReplica();
  await eventually(async () => !(await harness.spoolFiles()).includes(half), 'the spool is swept');
  expect((await harness.spoolFiles()).sort()).toEqual(fresh.filter((name) => name !== half && name !== stray.id).sort());
});
