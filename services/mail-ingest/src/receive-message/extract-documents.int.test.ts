import { execFile } from 'node:child_process';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import MailComposer from 'nodemailer/lib/mail-composer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPool } from '@inkpost/postgres/pool.js';
import { parseMasterKey } from '@inkpost/secrets/master-key.js';
import { Spool } from '@inkpost/spool/spool.js';
import { samplePdf } from '@inkpost/testkit/sample-pdf.js';
import { type TemporaryFolder, temporaryFolder } from '@inkpost/testkit/temporary-folder.js';
import { DOCUMENTS_MAX, REFUSED_PARTS_MAX } from '../limits.js';
import { extractDocuments } from './extract-documents.js';
import { attachedFile, writeTnef } from './read-mail/write-tnef.harness.js';

let folder: TemporaryFolder;
let keys: TemporaryFolder;
let [certificate, key] = ['', ''];
let spool: Spool;

beforeAll(async () => {
  folder = await temporaryFolder('extract');
  keys = await temporaryFolder('extract-keys');
  [certificate, key] = [join(keys.path, 'certificate.pem'), join(keys.path, 'key.pem')];
  await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=signer', '-keyout', key, '-out', certificate]);
  // Sealing needs no database.
  spool = new Spool(createPool({ url: 'postgres://127.0.0.1:1/none', user: 'none', password: 'none' }), parseMasterKey(randomBytes(32).toString('hex')), folder.path);
});
afterAll(async () => {
  await folder.remove();
  await keys.remove();
});

const run = promisify(execFile);

/** What OpenSSL makes of a mail, in the pieces of BER that a program writes which doesn't know how long the mail will be. */
async function cms(action: readonly string[], mail: Buffer, recipients: readonly string[] = []): Promise<Buffer> {
  const name = randomUUID();
  const [from, into] = [join(keys.path, `${name}.mail`), join(keys.path, `${name}.cms`)];
  await writeFile(from, mail);
  await run('openssl', ['cms', ...action, '-binary', '-stream', '-outform', 'DER', '-in', from, '-out', into, ...recipients]);
  return readFile(into);
}

type Attachment = NonNullable<NonNullable<ConstructorParameters<typeof MailComposer>[0]>['attachments']>[number];

function compose(attachments: Attachment[], text = 'Please print'): Promise<Buffer> {
  return new MailComposer({ from: 'a@example.org', to: 'print@inkpost.test', subject: 's', text, html: `<p>${text}</p>`, attachments }).compile().build();
}

async function* inPieces(mail: Buffer): AsyncGenerator<Buffer> {
  for (let from = 0; from < mail.length; from += 65_536) {
    await nextTurn();
    yield mail.subarray(from, from + 65_536);
  }
}

const extract = async (mail: Buffer) => extractDocuments(inPieces(mail), spool, () => undefined);
const filesInSpool = async () => (await readdir(folder.path, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).length;
const pdf = samplePdf();

describe('the documents of a mail', () => {
  it('are its PDFs by their signature, whatever type and name they have', async () => {
    const { documents, refused, ignored } = await extract(await compose([
      { filename: 'plain.pdf', content: pdf },
      { filename: 'no ending', content: pdf, contentType: 'application/octet-stream' },
      { filename: 'photo.jpg', content: pdf, contentType: 'image/jpeg' },
      { filename: '../../etc/Übergrößenträger – Prüfbericht für das Jahr zweitausendvierundzwanzig 文書.pdf', content: pdf },
      { filename: 'late.pdf', content: Buffer.concat([Buffer.alloc(1_000, ' '), pdf]) },
      { filename: 'false.pdf', content: Buffer.from('no pdf at all') },
      { filename: 'too late.pdf', content: Buffer.concat([Buffer.alloc(1_100, ' '), pdf]) },
      { filename: 'letter.docx', content: Buffer.from('PK') },
      { filename: 'scan.png', content: Buffer.from('\x89PNG') },
      { filename: 'logo.png', content: Buffer.from('\x89PNG'), cid: 'logo', contentDisposition: 'inline' },
      { filename: 'invite.ics', content: Buffer.from('BEGIN:VCALENDAR') },
    ]));
    expect(documents.map(({ fileName }) => fileName)).toEqual(['plain.pdf', 'no ending', 'photo.jpg', 'Übergrößenträger – Prüfbericht für das Jahr zweitausendvierundzwanzig 文書.pdf', 'late.pdf']);
    expect(documents[0]).toMatchObject({ sizeBytes: pdf.length, mediaType: 'application/pdf' });
    expect(refused.map(({ fileName, reason }) => [fileName, reason])).toEqual([['false.pdf', 'not-a-pdf'], ['too late.pdf', 'not-a-pdf'], ['letter.docx', 'unsupported-format'], ['scan.png', 'unsupported-format']]);
    expect(ignored.map(({ reason }) => reason).sort()).toEqual(['calendar', 'inline-image']);
  });

  it('come out of forwarded mails too', async () => {
    const forwarded = await compose([{ filename: 'forwarded.pdf', content: pdf }]);
    const { documents, refused } = await extract(await compose([{ filename: 'Fwd.eml', content: forwarded, contentType: 'message/rfc822' }, { filename: 'own.pdf', content: pdf }]));
    expect([documents.map(({ fileName }) => fileName), refused]).toEqual([['forwarded.pdf', 'own.pdf'], []]);
  });

  it('come out of Outlook\'s winmail.dat and of opaque-signed mails too, and what can\'t be read is refused with its own word', async () => {
    const long = samplePdf({ sizeBytes: 100_000 });
    const winmail = writeTnef([attachedFile('Bericht – 文書.pdf', pdf), attachedFile('sheet.xlsx', Buffer.from('PK')), attachedFile('logo.png', Buffer.from('png'), [[0x3714, 4]])]);
    const inner = await compose([{ filename: 'signed.pdf', content: long }]);
    const { documents, refused, ignored, stopped } = await extract(await compose([
      { filename: 'winmail.dat', content: winmail, contentType: 'application/ms-tnef' },
      { filename: 'smime.p7m', content: await cms(['-sign', '-nodetach', '-signer', certificate, '-inkey', key], inner), contentType: 'application/pkcs7-mime; smime-type=signed-data' },
      { filename: 'smime.p7m', content: await cms(['-encrypt', '-aes-256-cbc'], inner, [certificate]), contentType: 'application/pkcs7-mime; smime-type=enveloped-data' },
      { filename: 'empty.dat', content: writeTnef([]), contentType: 'application/octet-stream' },
    ]));
    expect(stopped).toBe(undefined);
    expect(documents.map(({ fileName, sizeBytes }) => [fileName, sizeBytes])).toEqual([['Bericht – 文書.pdf', pdf.length], ['signed.pdf', long.length]]);
    expect(refused.map(({ fileName, reason }) => [fileName, reason])).toEqual([['sheet.xlsx', 'unsupported-format'], ['smime.p7m', 'encrypted-mail']]);
    expect(ignored.map(({ fileName, reason }) => [fileName, reason])).toEqual([['logo.png', 'inline-image'], ['empty.dat', 'rich-text']]);
  });

  it('that are attached twice are two', async () => {
    const { documents } = await extract(await compose([{ filename: 'a.pdf', content: pdf }, { filename: 'a.pdf', content: pdf }]));
    expect(documents.map(({ fileName, sha256 }) => [fileName, sha256])).toEqual([1, 2].map(() => ['a.pdf', createHash('sha256').update(pdf).digest('hex')]));
    expect(new Set(documents.map(({ id }) => id)).size).toBe(2);
  });

  it('are at most twenty of two hundred, and the others are refused one by one', async () => {
    const before = await filesInSpool();
    const { documents, refused } = await extract(await compose(Array.from({ length: 200 }, (_, index) => ({ filename: `${index}.pdf`, content: pdf }))));
    expect(documents.map(({ fileName }) => fileName)).toEqual(Array.from({ length: DOCUMENTS_MAX }, (_, index) => `${index}.pdf`));
    expect(refused.map(({ fileName, reason }) => [fileName, reason])).toEqual(Array.from({ length: 180 }, (_, index) => [`${index + DOCUMENTS_MAX}.pdf`, 'too-many-documents']));
    expect(new Set([...documents, ...refused].map(({ id }) => id)).size).toBe(200);
    expect(await filesInSpool()).toBe(before + DOCUMENTS_MAX);
  });

  it('that are refused beyond what can be told are counted', async () => {
    const { refused, unlistedParts } = await extract(await compose(Array.from({ length: REFUSED_PARTS_MAX + 30 }, (_, index) => ({ filename: `${index}.txt`, content: 'x' }))));
    expect([refused.length, unlistedParts]).toEqual([REFUSED_PARTS_MAX, 30]);
  });

  it('get a name where they have none', async () => {
    const { documents } = await extract(Buffer.concat([Buffer.from('Content-Type: application/pdf\r\n\r\n'), pdf]));
    expect(documents.map(({ fileName }) => fileName)).toEqual(['document-1.pdf']);
  });

  it('are gone from the spool when the mail breaks off', async () => {
    const before = await filesInSpool();
    const mail = await compose([{ filename: 'a.pdf', content: pdf }, { filename: 'b.pdf', content: samplePdf({ sizeBytes: 300_000 }) }]);
    const broken = async function* () {
      yield* inPieces(mail.subarray(0, mail.length - 100_000));
      throw new Error('the connection broke');
    };
    await expect(extractDocuments(broken(), spool, () => undefined)).rejects.toThrow('the connection broke');
    expect(await filesInSpool()).toBe(before);
  });

  it('of a long mail pass through little memory', async () => {
    const mail = await compose([{ filename: 'long.pdf', content: samplePdf({ sizeBytes: 18 * 1024 * 1024 }) }]);
    expect(mail.length).toBeGreaterThan(24 * 1024 * 1024);
    const before = process.memoryUsage.rss();
    let most = 0;
    const measured = async function* () {
      for await (const piece of inPieces(mail)) {
        most = Math.max(most, process.memoryUsage.rss());
        yield piece;
      }
    };
    const { documents } = await extractDocuments(measured(), spool, () => undefined);
    expect(documents[0]?.sizeBytes).toBe(18 * 1024 * 1024);
    expect((most - before) / 1024 / 1024).toBeLessThan(80);
  });
});
