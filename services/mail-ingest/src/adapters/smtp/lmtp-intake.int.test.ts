import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createTransport } from 'nodemailer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deliverByLmtp } from '@inkpost/testkit/deliver-by-lmtp.js';
import { describeWithServer } from '@inkpost/testkit/describe-with-server.js';
import { samplePdf } from '@inkpost/testkit/sample-pdf.js';
import { type TemporaryFolder, temporaryFolder } from '@inkpost/testkit/temporary-folder.js';
import { eventually, MailIngestHarness, type Replica } from '../../mail-ingest.harness.js';
import { TcpRelay } from '../../tcp-relay.harness.js';
import { startLmtpProxy } from './lmtp-proxy.harness.js';
import { MailClient } from './mail-client.harness.js';

const MB = 1024 * 1024;
const run = promisify(execFile);
const [first, second] = ['first@inkpost.test', 'second@inkpost.test'];

let harness: MailIngestHarness;
let replica: Replica;
let folder: TemporaryFolder;

beforeAll(async () => {
  harness = await MailIngestHarness.start();
  replica = await harness.startReplica();
  for (const address of [first, second]) await harness.addSmtpMailbox(replica, address);
  folder = await temporaryFolder('lmtp');
});
afterAll(async () => {
  await harness.stop();
  await folder.remove();
});

const mail = (subject: string) => `From: a@example.org\r\nSubject: ${subject}\r\nMessage-ID: <${subject.replaceAll(' ', '-')}@example.org>\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.7 ${subject}\r\n`;
const countOf = async (subject: string) => (await harness.received()).filter((message) => message.subject === subject).length;

describe('a mail by LMTP', () => {
  it('is answered for each recipient, once it is durable, with the id that it has there', async () => {
    const client = await MailClient.connect(replica.lmtpPort);
    const offered = (await client.command('LHLO test.example')).split('\r\n').map((line) => line.slice(4));
    expect(offered.slice(1)).toEqual(['PIPELINING', '8BITMIME', 'SMTPUTF8', 'ENHANCEDSTATUSCODES', `SIZE ${50 * MB}`, '']);
    expect(await client.command('MAIL FROM:<a@example.org>')).toMatch(/^250 2\.1\.0/);
    expect(await client.command(`RCPT TO:<${first}>`)).toMatch(/^250 2\.1\.5/);
    expect(await client.command('RCPT TO:<nobody@inkpost.test>')).toMatch(/^550 5\.1\.1/);
    expect(await client.command(`RCPT TO:<${second.toUpperCase()}>`)).toMatch(/^250/);
    expect(await client.command('DATA')).toMatch(/^354/);
    await client.write(`${mail('for two')}.\r\n`);
    const replies = [await client.reply(), await client.reply()];
    client.close();
    const messages = (await harness.received()).filter(({ subject }) => subject === 'for two');
    expect(replies.map((reply) => /^250 2\.6\.0 Taken in as (\S+)\r\n$/.exec(reply)?.[1])).toEqual([first, second].map((address) => messages.find(({ mailboxAddress }) => mailboxAddress === address)?.messageId));
    const ids = messages.flatMap(({ documents }) => documents.map(({ documentId }) => documentId));
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect((await harness.documentBytes(id)).toString()).toBe('%PDF-1.7 for two\r\n');
    expect((await harness.journey(messages[0]?.messageId ?? ''))[0]).toMatchObject({ step: 'received', evidence: { source: 'smtp', protocol: 'LMTP', client: '127.0.0.1', envelopeSender: 'a@example.org' } });
  });

  it('whose recipient is named twice is answered twice and taken once', async () => {
    const client = await MailClient.connect(replica.lmtpPort);
    await client.begin('lmtp', first, second, first.toUpperCase());
    await client.write(`${mail('named twice')}.\r\n`);
    const [one, two, three] = [await client.reply(), await client.reply(), await client.reply()];
    expect([one, two].every((reply) => reply.startsWith('250 2.'))).toBe(true);
    expect(three).toBe(one);
    expect(await client.command('NOOP')).toMatch(/^250/);
    expect(await countOf('named twice')).toBe(2);
    client.close();
  });

  it('that one mailbox can\'t take is taken by the others, and once by them when it comes again', async () => {
    const { rows: [mailbox] } = await harness.superuser.query<{ id: string }>('SELECT id FROM mail_ingest.mailbox WHERE address = $1', [second]);
    await harness.superuser.query(`ALTER TABLE mail_ingest.ledger ADD CONSTRAINT broken CHECK (mailbox_id <> '${mailbox?.id}') NOT VALID`);
    const deliver = async () => {
      const client = await MailClient.connect(replica.lmtpPort);
      await client.begin('lmtp', first, second);
      await client.write(`${mail('half taken')}.\r\n`);
      const replies = [await client.reply(), await client.reply()];
      client.close();
      return replies.map((reply) => reply.slice(0, 9));
    };
    expect(await deliver()).toEqual(['250 2.6.0', '451 4.3.0']);
    expect(await countOf('half taken')).toBe(1);
    await harness.superuser.query('ALTER TABLE mail_ingest.ledger DROP CONSTRAINT broken');
    expect(await deliver()).toEqual(['250 2.6.0', '250 2.6.0']);
    expect(await countOf('half taken')).toBe(2);
  });

  it('may come in one breath (pipelining), in eight bits, to and from addresses of other scripts', async () => {
    await harness.addSmtpMailbox(replica, 'дрк@inkpost.test');
    const client = await MailClient.connect(replica.lmtpPort);
    await client.write('LHLO test.example\r\nMAIL FROM:<é@example.org> BODY=8BITMIME SMTPUTF8\r\nRCPT TO:<дрк@inkpost.test>\r\nRCPT TO:<nobody@inkpost.test>\r\nDATA\r\n');
    const replies = [];
    for (let reply = await client.reply(); ; reply = await client.reply()) {
      replies.push(reply.slice(0, 3));
      if (reply.startsWith('354')) break;
    }
    expect(replies).toEqual(['250', '250', '250', '550', '354']);
    await client.write(Buffer.concat([Buffer.from('Subject: eight bits\r\nContent-Type: application/pdf; name="'), Buffer.from('été.pdf', 'latin1'), Buffer.from('"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n%PDF-'), Buffer.from([0, 0x80, 0xff]), Buffer.from('\r\n..\r\n.\r\nQUIT\r\n')]));
    expect([(await client.reply()).slice(0, 3), (await client.reply()).slice(0, 3)]).toEqual(['250', '221']);
    const { documents } = await harness.messageAbout('eight bits');
    expect(documents).toMatchObject([{ fileName: 'été.pdf' }]);
    expect(await harness.documentBytes(documents[0]?.documentId ?? '')).toEqual(Buffer.concat([Buffer.from('%PDF-'), Buffer.from([0, 0x80, 0xff]), Buffer.from('\r\n.\r\n')]));
    client.close();
  });

  it('needs LHLO, and is none after HELO or EHLO (RFC 2033, 4.1)', async () => {
    const client = await MailClient.connect(replica.lmtpPort);
    for (const greeting of ['EHLO test.example', 'HELO test.example']) expect(await client.command(greeting)).toMatch(/^500/);
    expect(await client.command('MAIL FROM:<a@example.org>')).toMatch(/^503/);
    client.close();
  });
});

describe('a mail by LMTP that is larger than may be', () => {
  it('is refused before it is sent when its size is announced', async () => {
    const client = await MailClient.connect(replica.lmtpPort);
    await client.command('LHLO test.example');
    expect(await client.command(`MAIL FROM:<a@example.org> SIZE=${150 * MB}`)).toMatch(/^552 5\.3\.4/);
    client.close();
  });

  it('is refused for each recipient at its end when it is not, and leaves nothing behind', async () => {
    const before = await harness.spoolFiles();
    const client = await MailClient.connect(replica.lmtpPort);
    await client.begin('lmtp', first, second, first);
    await client.write('From: a@example.org\r\nSubject: huge\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.7\r\n');
    const megabyte = Buffer.from('JVBERi0xLjcK'.repeat(6).concat('\r\n').repeat(14_170));
    for (let sent = 0; sent < 60 * MB; sent += megabyte.length) await client.write(megabyte);
    await client.write('\r\n.\r\n');
    for (let recipient = 0; recipient < 3; recipient += 1) expect(await client.reply()).toMatch(/^552 5\.3\.4/);
    expect(await client.command('NOOP')).toMatch(/^250/);
    client.close();
    expect(await countOf('huge')).toBe(0);
    expect(await harness.spoolFiles()).toEqual(before);
  });
});

describe('an LMTP connection cut within a mail', () => {
  it('leaves neither a message nor a file', async () => {
    const before = await harness.spoolFiles();
    const client = await MailClient.connect(replica.lmtpPort);
    await client.begin('lmtp', first, second);
    await client.write(`From: a@example.org\r\nSubject: cut\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.7\r\n${'x'.repeat(200_000)}`);
    await eventually(async () => (await harness.spoolFiles()).filter((name) => name.endsWith('.part')).length === 2, 'the documents are being written');
    client.close();
    await eventually(async () => (await harness.spoolFiles()).length === before.length, 'the half-written documents are gone');
    expect(await countOf('cut')).toBe(0);
  });
});

describe('LMTP with TLS', () => {
  const [certificate, key] = ['certificate.pem', 'key.pem'];

  it('is there by STARTTLS, or from the first byte', async () => {
    const files = { INKPOST_SMTP_CERTIFICATE_FILE: join(folder.path, certificate), INKPOST_SMTP_KEY_FILE: join(folder.path, key) };
    await run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', files.INKPOST_SMTP_KEY_FILE, '-out', files.INKPOST_SMTP_CERTIFICATE_FILE]);
    const secure = await harness.startReplica({ ...files, INKPOST_LMTP_TLS: 'implicit' });
    const ca = await readFile(files.INKPOST_SMTP_CERTIFICATE_FILE);
    const ways = [{ port: secure.lmtpPort, lmtp: true, secure: true, protocol: 'LMTPS' }, { port: secure.smtpPort, requireTLS: true, protocol: 'ESMTPS' }];
    for (const { protocol, ...way } of ways) {
      const transport = createTransport({ host: 'localhost', tls: { ca }, ...way });
      await transport.sendMail({ envelope: { from: 'a@example.org', to: first }, raw: mail(`over ${protocol}`) });
      transport.close();
      const { messageId } = await harness.messageAbout(`over ${protocol}`);
      expect((await harness.journey(messageId))[0]).toMatchObject({ evidence: { protocol } });
    }
    await secure.stop();
    const offering = await harness.startReplica(files);
    const transport = createTransport({ host: 'localhost', port: offering.lmtpPort, lmtp: true, requireTLS: true, tls: { ca } });
    await transport.sendMail({ envelope: { from: 'a@example.org', to: first }, raw: mail('after STARTTLS') });
    transport.close();
    await harness.messageAbout('after STARTTLS');
    await offering.stop();
  });

  it('is not started without a certificate, or on a port that is taken', async () => {
    await expect(harness.startReplica({ INKPOST_LMTP_TLS: 'implicit' })).rejects.toThrow(/INKPOST_LMTP_TLS=implicit needs a certificate/);
    await expect(harness.startReplica({ INKPOST_LMTP_LISTEN: `127.0.0.1:${replica.lmtpPort}` })).rejects.toThrow(/is taken.*INKPOST_LMTP_LISTEN/);
  });
});

describeWithServer('swaks', 'swaks', () => {
  it.each([['LMTP', () => replica.lmtpPort], ['ESMTP', () => replica.smtpPort]])('delivers by %s', async (protocol, port) => {
    const file = join(folder.path, 'swaks.pdf');
    await writeFile(file, samplePdf());
    const { stdout } = await run('swaks', ['--protocol', protocol, '--server', `127.0.0.1:${port()}`, '--from', 'a@example.org', '--to', first, '--header', `Subject: swaks ${protocol}`, '--attach-type', 'application/pdf', '--attach', `@${file}`]);
    expect(stdout).toMatch(/<-\s+250 .*Taken in as \S+/);
    expect((await harness.messageAbout(`swaks ${protocol}`)).documents).toMatchObject([{ fileName: 'swaks.pdf', sizeBytes: samplePdf().length }]);
  });
});

describeWithServer('dovecot', 'a mail server in front that hands on by LMTP', () => {
  it('has its mails taken in once, although it delivers again with another Received when it missed the answer', async () => {
    const relay = await TcpRelay.to(replica.lmtpPort);
    const proxy = await startLmtpProxy(relay.port);
    const deliver = () => deliverByLmtp({ port: proxy.port, from: 'a@example.org', to: [first], raw: mail('handed on') });
    relay.deafOnce = '%PDF-1.7 handed on';
    const lost = deliver().then(() => 'taken', () => 'not taken');
    await eventually(async () => (await countOf('handed on')) === 1, 'the mail is taken in');
    relay.cut();
    expect(await lost).toBe('not taken');
    await deliver();
    expect(await countOf('handed on')).toBe(1);
    const { messageId } = await harness.messageAbout('handed on');
    expect((await harness.journey(messageId)).map(({ step }) => step)).toEqual(['received', 'document-extracted', 'received-again']);
    await proxy.stop();
    await relay.close();
  });
});
