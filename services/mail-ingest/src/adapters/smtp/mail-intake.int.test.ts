import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createTransport } from 'nodemailer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { samplePdf } from '@inkpost/testkit/sample-pdf.js';
import { sendMail } from '@inkpost/testkit/send-mail.js';
import { temporaryFolder } from '@inkpost/testkit/temporary-folder.js';
import { eventually, MailIngestHarness, type Replica } from '../../mail-ingest.harness.js';
import { MailClient } from './mail-client.harness.js';

const MB = 1024 * 1024;
const from = 'Elodie.Martin@BÜRO.example';
const to = 'print@inkpost.test';

let harness: MailIngestHarness;
let replica: Replica;
let mailboxId: string;

beforeAll(async () => {
  harness = await MailIngestHarness.start();
  replica = await harness.startReplica();
  mailboxId = await harness.addSmtpMailbox(replica, to, 'queue-7');
});
afterAll(() => harness.stop());

const send = (mail: Omit<Parameters<typeof sendMail>[0], 'port' | 'from' | 'to'> & { from?: string; to?: string | string[] }) => sendMail({ port: replica.smtpPort, from, to, ...mail });

describe('a mail by SMTP', () => {
  it('is durable, and told to acceptance with all it needs, before the client hears 250', async () => {
    const pdf = samplePdf({ sizeBytes: 300_000 });
    const { reply } = await send({ subject: 'Réservation', messageId: '<one@büro.example>', headers: { 'content-language': 'fr-FR' }, attachments: [{ filename: 'Été 2024.pdf', content: pdf }] });
    const message = (await harness.received()).find(({ subject }) => subject === 'Réservation');
    expect(message).toMatchObject({
      mailboxId, mailboxAddress: to, queueId: 'queue-7', sender: { address: 'elodie.martin@xn--bro-hoa.example', displayName: '' }, automatic: false, language: 'fr', senderAuthentication: 'none', refusedParts: [],
      documents: [{ fileName: 'Été 2024.pdf', documentFormat: 'application/pdf', sizeBytes: pdf.length, sha256: createHash('sha256').update(pdf).digest('hex') }],
    });
    expect(reply).toContain(message?.messageId);
    expect((await harness.documentBytes(message?.documents[0]?.documentId ?? '')).equals(pdf)).toBe(true);
    const { rows } = await harness.superuser.query('SELECT sender, subject, mailbox, trace_id FROM journey.message WHERE id = $1', [message?.messageId]);
    expect(rows).toEqual([{ sender: 'elodie.martin@xn--bro-hoa.example', subject: 'Réservation', mailbox: to, trace_id: expect.stringMatching(/^[0-9a-f]{32}$/) }]);
    const { rows: [flow] } = await harness.superuser.query('SELECT trace FROM flow.message WHERE journey_id = $1', [message?.messageId]);
    expect(flow.trace).toContain(rows[0].trace_id);
    expect(await harness.journey(message?.messageId ?? '')).toMatchObject([
      { step: 'received', evidence: { source: 'smtp', mailbox: to, client: '127.0.0.1', documents: 1, envelopeSender: expect.stringContaining('@') } },
      { step: 'document-extracted', document_id: message?.documents[0]?.documentId, evidence: { fileName: 'Été 2024.pdf', sizeBytes: pdf.length } },
    ]);
  });

  it('is refused with 550 for a recipient that is no mailbox, is disabled, or fetches its mails by IMAP', async () => {
    await replica.mailboxes.createMailbox({ settings: { address: 'off@inkpost.test', kind: 'smtp', queueId: 'queue', enabled: false } });
    await replica.mailboxes.createMailbox({ settings: { address: 'imap@inkpost.test', kind: 'imap', queueId: 'queue', enabled: false, imap: { host: '127.0.0.1', port: 143, tls: 'none', password: 'x' } } });
    for (const nobody of ['nobody@inkpost.test', 'off@inkpost.test', 'imap@inkpost.test']) await expect(send({ to: nobody })).rejects.toMatchObject({ responseCode: 550 });
  });

  it('is taken once when the client sends the same bytes again, which the journey says', async () => {
    const raw = `From: ${from}\r\nSubject: twice\r\nMessage-ID: <twice@example.org>\r\n\r\nhello\r\n`;
    const [first, second] = [await send({ raw }), await send({ raw })];
    const messages = (await harness.received()).filter(({ subject }) => subject === 'twice');
    expect(messages).toHaveLength(1);
    expect(second.reply).toBe(first.reply);
    expect((await harness.journey(messages[0]?.messageId ?? '')).map(({ step }) => step)).toEqual(['received', 'received-again']);
  });

  it('is taken once when other servers delivered it again, but twice when it is another mail with the same Message-ID', async () => {
    const mail = (subject: string, trace: string) => `${trace}From: ${from}\r\nSubject: ${subject}\r\nMessage-ID: <same@example.org>\r\n\r\nhello\r\n`;
    for (const trace of ['Received: by a; Tue, 22 Nov 2022 06:00:00 +0100\r\n', 'Return-Path: <x@example.org>\r\nReceived: by b; Tue, 22 Nov 2022 06:01:00 +0100\r\n']) {
      await send({ raw: mail('over two servers', trace) });
      await send({ raw: mail('another one', trace) });
    }
    const subjects = (await harness.received()).map(({ subject }) => subject);
    expect(subjects.filter((subject) => ['over two servers', 'another one'].includes(subject)).sort()).toEqual(['another one', 'over two servers']);
    const { messageId } = await harness.messageAbout('another one');
    expect((await harness.journey(messageId))[1]).toMatchObject({ step: 'received-again', evidence: { mailbox: to, source: 'smtp', client: '127.0.0.1', envelopeSender: expect.stringContaining('@') } });
  });

  it('without Message-ID and date is taken in, and once for the same bytes', async () => {
    const raw = (time: string) => `Received: by a; Tue, 22 Nov 2022 ${time} +0100\r\nFrom: ${from}\r\nSubject: nameless\r\n\r\nhello\r\n`;
    for (const time of ['06:00:00', '06:00:00', '07:00:00']) await send({ raw: raw(time) });
    expect((await harness.received()).filter(({ subject }) => subject === 'nameless').map(({ internetMessageId }) => internetMessageId)).toEqual(['', '']);
  });

  it('is told to acceptance without a document too, so that its sender hears why nothing is printed', async () => {
    await send({ subject: 'no document', attachments: [{ filename: 'letter.docx', content: Buffer.from('PK'), contentType: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document' }] });
    const message = await harness.messageAbout('no document');
    const [part] = message.refusedParts;
    expect(message.documents).toEqual([]);
    expect(part).toMatchObject({ fileName: 'letter.docx', reason: 'unsupported-format', statusText: `Job [${part?.documentId}] has an invalid/unsupported mime type` });
  });

  it('has the fate of each of its parts in its journey, and a refusal for the one alone that can\'t be printed (EDG-04)', async () => {
    const pdf = samplePdf();
    const file = (filename: string, contentType: string, content: Buffer = Buffer.from('x')) => ({ filename, contentType, content });
    const attachments = [file('twice.pdf', 'application/pdf', pdf), file('twice.pdf', 'application/octet-stream', pdf), file('letter.docx', 'application/msword'), file('smime.p7s', 'application/pkcs7-signature'), file('invite.ics', 'text/calendar')];
    await send({ subject: 'each part', text: 'Please print', attachments });
    const { messageId, documents, refusedParts } = await harness.messageAbout('each part');
    expect(documents.map(({ fileName, sizeBytes }) => [fileName, sizeBytes])).toEqual([1, 2].map(() => ['twice.pdf', pdf.length]));
    expect(new Set(documents.map(({ documentId }) => documentId)).size).toBe(2);
    expect(refusedParts).toMatchObject([{ fileName: 'letter.docx', statusText: `Job [${refusedParts[0]?.documentId}] has an invalid/unsupported mime type` }]);
    expect((await harness.journey(messageId)).filter(({ step }) => step.startsWith('document-') || step.startsWith('part-')).map(({ step, evidence, document_id }) => [step, evidence['fileName'], evidence['reason'] ?? null, document_id])).toEqual([
      ['document-extracted', 'twice.pdf', null, documents[0]?.documentId], ['document-extracted', 'twice.pdf', null, documents[1]?.documentId],
      ['part-refused', 'letter.docx', 'unsupported-format', refusedParts[0]?.documentId], ['part-ignored', 'smime.p7s', 'signature', null], ['part-ignored', 'invite.ics', 'calendar', null],
    ]);
  });

  it('to several mailboxes is one message with documents of its own in each', async () => {
    await harness.addSmtpMailbox(replica, 'second@inkpost.test');
    const pdf = samplePdf({ sizeBytes: 2 * MB });
    await send({ subject: 'for two', to: [to, 'second@inkpost.test'], attachments: [{ filename: 'a.pdf', content: pdf }] });
    const messages = (await harness.received()).filter(({ subject }) => subject === 'for two');
    expect(messages.map(({ mailboxAddress }) => mailboxAddress).sort()).toEqual([to, 'second@inkpost.test'].sort());
    const ids = messages.flatMap(({ documents }) => documents.map(({ documentId }) => documentId));
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect((await harness.documentBytes(id)).equals(pdf)).toBe(true);
  });

  it('with bytes that no database stores is taken in all the same', async () => {
    const raw = 'From: "a\0b" <a@example.org>\r\nSubject: nul =?UTF-8?Q?=00=ED=A0=80?= \0 here\r\nMessage-ID: <nul\0@example.org>\r\nContent-Type: application/pdf; name*=UTF-8\'\'%00%ED%A0%80.pdf\r\n\r\n%PDF-\0\r\n';
    await send({ raw });
    const message = (await harness.received()).find(({ subject }) => subject.startsWith('nul '));
    expect(message).toMatchObject({ sender: { address: 'a@example.org', displayName: 'ab' }, internetMessageId: '<nul @example.org>', documents: [{ fileName: expect.stringMatching(/\.pdf$/) }] });
  });

  it('with the null sender counts as automatic', async () => {
    await send({ from: '', subject: 'bounce', raw: `From: mailer-daemon@example.org\r\nSubject: bounce\r\n\r\nhello\r\n` });
    expect(await harness.messageAbout('bounce')).toMatchObject({ automatic: true, sender: { address: 'mailer-daemon@example.org' } });
  });
});

describe('a mail larger than may be', () => {
  it('is refused before it is sent when its size is announced', async () => {
    const client = await MailClient.connect(replica.smtpPort);
    expect(await client.command('EHLO test.example')).toContain(`SIZE ${50 * MB}`);
    expect(await client.command(`MAIL FROM:<a@example.org> SIZE=${60 * MB}`)).toMatch(/^552/);
    client.close();
  });

  it('is refused at its end when it is not, leaves nothing behind, and its journey says why', async () => {
    const before = await harness.spoolFiles();
    const client = await MailClient.connect(replica.smtpPort);
    await client.begin('smtp', to);
    await client.write('From: a@example.org\r\nSubject: huge\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n');
    const megabyte = Buffer.from('JVBERi0xLjcK'.repeat(6).concat('\r\n').repeat(14_170));
    for (let sent = 0; sent < 60 * MB; sent += megabyte.length) await client.write(megabyte);
    expect(await client.command('\r\n.')).toMatch(/^552/);
    client.close();
    expect((await harness.received()).some(({ subject }) => subject === 'huge')).toBe(false);
    const { rows: [head] } = await harness.superuser.query<{ id: string }>("SELECT id FROM journey.message WHERE subject = 'huge'");
    expect(await harness.journey(head?.id ?? '')).toMatchObject([{ step: 'received' }, { step: 'part-refused', evidence: { reason: 'too-large', statusText: 'The mail is larger than 50 MB' } }]);
    expect(await harness.spoolFiles()).toEqual(before);
  });
});

describe('a connection cut within a mail', () => {
  it('leaves neither a message nor a file, and the next mail is taken in', async () => {
    const before = await harness.spoolFiles();
    const client = await MailClient.connect(replica.smtpPort);
    await client.begin('smtp', to);
    await client.write(`From: a@example.org\r\nSubject: cut\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.7\r\n${'x'.repeat(200_000)}`);
    await eventually(async () => (await harness.spoolFiles()).some((name) => name.endsWith('.part')), 'the document is being written');
    client.close();
    await eventually(async () => (await harness.spoolFiles()).every((name) => !name.endsWith('.part')), 'the half-written document is gone');
    await send({ subject: 'after the cut' });
    await harness.messageAbout('after the cut');
    expect((await harness.received()).some(({ subject }) => subject === 'cut')).toBe(false);
    expect(await harness.spoolFiles()).toEqual(before);
  });
});

describe('TLS', () => {
  it('is offered by STARTTLS with a certificate, and only then', async () => {
    const folder = await temporaryFolder('smtp-tls');
    const [certificate, key] = [join(folder.path, 'certificate.pem'), join(folder.path, 'key.pem')];
    await promisify(execFile)('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', certificate]);
    const secure = await harness.startReplica({ INKPOST_SMTP_CERTIFICATE_FILE: certificate, INKPOST_SMTP_KEY_FILE: key });
    const transport = createTransport({ host: 'localhost', port: secure.smtpPort, requireTLS: true, tls: { ca: await readFile(certificate) } });
    await transport.sendMail({ from: 'a@example.org', to, subject: 'by TLS', text: 'hello' });
    transport.close();
    const { messageId } = await harness.messageAbout('by TLS');
    expect((await harness.journey(messageId))[0]).toMatchObject({ step: 'received', evidence: { protocol: 'ESMTPS' } });
    await expect(harness.startReplica({ INKPOST_SMTP_CERTIFICATE_FILE: certificate })).rejects.toThrow(/belong together/);
    const plain = await MailClient.connect(replica.smtpPort);
    expect(await plain.command('EHLO test.example')).not.toContain('STARTTLS');
    plain.close();
    await folder.remove();
  });
});

describe('a taken port', () => {
  it('stops the start with a word about it', async () => {
    await expect(harness.startReplica({ INKPOST_SMTP_LISTEN: `127.0.0.1:${replica.smtpPort}` })).rejects.toThrow(/is taken: is another mail server running\? INKPOST_SMTP_LISTEN/);
  });
});

describe('metrics', () => {
  it('count messages by kind and outcome, documents and refused parts', async () => {
    const metrics = await harness.telemetry.metricsText();
    expect(metrics).toMatch(/mail_messages_total\{[^}]*kind="smtp"[^}]*outcome="taken-before"[^}]*\} \d/);
    expect(metrics).toMatch(/mail_documents_total\S* \d/);
    expect(metrics).toMatch(/mail_refused_parts_total\{[^}]*reason="unsupported-format"[^}]*\} \d/);
  });
});
