import { randomUUID } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { samplePdf } from '@inkpost/testkit/sample-pdf.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AcceptanceHarness, type StartedAcceptance } from '../acceptance.harness.js';

let harness: AcceptanceHarness;
let started: StartedAcceptance;
const fixture = (name: string) => readFile(join(import.meta.dirname, '../../../../tests/fixtures', name));

beforeAll(async () => {
  harness = await AcceptanceHarness.start();
  started = await harness.startService();
  await started.client('configuration.write').putConditions({ conditions: { acceptedDomains: ['example.org'], refusedAddresses: ['d.dupont@example.org'], unknownSender: 'create' } });
});

afterAll(() => harness.stop());

const published = (messageId: string) => expect.poll(() => harness.verdict(messageId), { timeout: 15_000 });
const steps = async (messageId: string) => (await harness.journey(messageId)).map(({ step }) => step);
const filesOf = async (documentId: string) => (await readdir(harness.spoolFolder, { recursive: true })).filter((name) => name.includes(documentId));

async function verdictRow(messageId: string) {
  const { rows } = await harness.superuser.query('SELECT sender, verdict, rule FROM acceptance.verdict WHERE message_id = $1', [messageId]);
  return rows;
}

/** Ends this process's own examining children as the kernel's memory killer would. */
async function killExaminers(): Promise<void> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/u.test(name))) {
    const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
    const isMine = new RegExp(`^PPid:\\s${process.pid}$`, 'mu').test(await read('status'));
    if (isMine && (await read('cmdline')).includes('examine-child')) process.kill(Number(pid), 'SIGKILL');
  }
}

describe('a message', () => {
  it('of an accepted sender goes on with its pages counted and its claims handed over', async () => {
    const { messageId, documentIds } = await harness.receive('a@example.org', [samplePdf({ pages: 3 })]);
    await published(messageId).toMatchObject({
      subject: 'acceptance.message-accepted.v1',
      payload: { messageId, queueId: 'queue', sender: { address: 'a@example.org' }, language: 'fr', unknownSender: 'create', knownSenderMayBeTold: true, documents: [{ documentId: documentIds[0], pages: 3, fileName: 'document-1.pdf' }] },
    });
    expect(await harness.claims(documentIds[0] ?? '')).toEqual(['guest_account']);
    expect(await steps(messageId)).toEqual(['sender-accepted', 'document-accepted']);
    expect(await verdictRow(messageId)).toEqual([{ sender: 'a@example.org', verdict: 'accepted', rule: 'accepted domain example.org' }]);
  });

  it('bears what becomes of an unknown sender by the conditions of its mailbox, and sponsors only where they are asked', async () => {
    const writer = started.client('configuration.write');
    for (const [unknownSender, sponsors] of [['sponsor', ['boss@example.org']], ['hold', undefined]] as const) {
      const mailboxId = randomUUID();
      await writer.putConditions({ mailboxId, conditions: { acceptedDomains: ['example.org'], unknownSender, sponsors: ['boss@example.org'] } });
      const { messageId } = await harness.receive('a@example.org', [samplePdf({ pages: 1 })], { mailboxId });
      await published(messageId).toMatchObject({ payload: { unknownSender } });
      expect((await harness.verdict(messageId))?.payload['sponsors']).toEqual(sponsors);
    }
  });

  it('of a refused address is refused without being opened, and its document is erased', async () => {
    const { messageId, documentIds: [documentId = ''] } = await harness.receive('d.dupont@example.org', [Buffer.from('never examined')]);
    await published(messageId).toMatchObject({
      subject: 'acceptance.message-refused.v1',
      payload: { reason: 'sender-not-allowed', statusText: 'The job was submitted with a forbidden e-mail address: d.dupont@example.org' },
    });
    expect((await harness.verdict(messageId))?.payload).not.toHaveProperty('senderMayBeTold');
    expect(await harness.journey(messageId)).toMatchObject([{ step: 'sender-refused', evidence: { rule: 'refused address d.dupont@example.org', conditions: 'general' } }]);
    const { rows } = await harness.superuser.query('SELECT wrapped_key FROM spool.document WHERE id = $1', [documentId]);
    expect(rows).toEqual([{ wrapped_key: null }]);
    await expect.poll(() => filesOf(documentId)).toEqual([]);
  });

  it('prints what can be printed of it, and says of each other document why it can not', async () => {
    const bad = [Buffer.from('Hello, I am a text.'), await fixture('encrypted-user-password.pdf'), await fixture('printing-forbidden.pdf'), samplePdf({ pages: 1 }).subarray(0, 300), samplePdf({ pages: 2_001 })];
    const { messageId, documentIds } = await harness.receive('a@example.org', [samplePdf({ pages: 2 }), ...bad]);
    const [good = '', text = '', ...others] = documentIds;
    await published(messageId).toMatchObject({ subject: 'acceptance.message-accepted.v1' });
    const { documents, refusedParts } = ((await harness.verdict(messageId))?.payload ?? {}) as { documents?: object[]; refusedParts?: { reason: string }[] };
    expect(documents).toMatchObject([{ documentId: good, pages: 2 }]);
    expect(refusedParts?.map(({ reason }) => reason)).toEqual(['unsupported-format', 'encrypted', 'printing-forbidden', 'broken', 'too-many-pages']);
    expect(refusedParts?.[0]).toMatchObject({ documentId: text, statusText: `Job [${text}] has an invalid/unsupported mime type` });
    expect(await harness.claims(good)).toEqual(['guest_account']);
    for (const documentId of [text, ...others]) expect(await harness.claims(documentId)).toEqual([]);
    await expect.poll(async () => (await Promise.all([text, ...others].map(filesOf))).flat()).toEqual([]);
    expect(await filesOf(good)).toHaveLength(1);
    expect((await harness.journey(messageId)).filter(({ step }) => step === 'document-refused').map((line) => line.document_id)).toEqual([text, ...others]);
  });

  it('without a document is refused with a clear sentence, and an automatic one is not answered', async () => {
    const { messageId } = await harness.receive('a@example.org', [], { automatic: true });
    await published(messageId).toMatchObject({ payload: { reason: 'nothing-to-print', statusText: 'The mail has no document to print: attach a PDF.' } });
    expect((await harness.verdict(messageId))?.payload).not.toHaveProperty('senderMayBeTold');
    expect(await steps(messageId)).toEqual(['sender-accepted', 'message-refused']);
  });

  it('refuses a document whose stored bytes were damaged or lost, and takes the others', async () => {
    const spooled = await harness.spool([samplePdf({ text: 'damaged' }), samplePdf({ text: 'lost' }), samplePdf({ text: 'whole' })]);
    const [damaged = '', lost = '', whole = ''] = spooled.map(({ id }) => id);
    const path = join(harness.spoolFolder, (await filesOf(damaged))[0] ?? '');
    const bytes = await readFile(path);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 100) ^ 1, bytes.length - 100);
    await writeFile(path, bytes);
    await rm(join(harness.spoolFolder, (await filesOf(lost))[0] ?? ''));
    const { messageId } = await harness.receive('a@example.org', spooled);
    await published(messageId).toMatchObject({
      subject: 'acceptance.message-accepted.v1',
      payload: { documents: [{ documentId: whole }], refusedParts: [{ documentId: damaged, reason: 'stored-damaged' }, { documentId: lost, reason: 'stored-missing' }] },
    });
  });

  it('that is delivered twice is decided once', async () => {
    const mail = await harness.receive('a@example.org', [samplePdf()]);
    await published(mail.messageId).toMatchObject({ subject: 'acceptance.message-accepted.v1' });
    await expect.poll(() => filesOf(mail.documentIds[0] ?? '')).toHaveLength(1);
    const handled = await harness.handled();
    await harness.deliverAgain(mail);
    await expect.poll(() => harness.handled()).toBe(handled + 1);
    expect(await steps(mail.messageId)).toEqual(['sender-accepted', 'document-accepted']);
    expect(await harness.claims(mail.documentIds[0] ?? '')).toEqual(['guest_account']);
    expect((await harness.verdict(mail.messageId))?.subject).toBe('acceptance.message-accepted.v1');
  });

  it('is tried again when the examiners are killed in the middle of it', async () => {
    const { messageId } = await harness.receive('a@example.org', Array.from({ length: 20 }, () => samplePdf({ pages: 500 })));
    await expect.poll(async () => {
      await killExaminers();
      return (await harness.journey(messageId)).at(-1);
    }, { interval: 20, timeout: 15_000 }).toMatchObject({ step: 'attempt-failed', evidence: { reason: expect.stringContaining('document.examiner-') as string } });
    await published(messageId).toMatchObject({ subject: 'acceptance.message-accepted.v1', payload: { documents: Array.from({ length: 20 }, () => ({ pages: 500 })) } });
  });

  it('does not wait for another with twenty documents', async () => {
    const many = await harness.receive('a@example.org', Array.from({ length: 20 }, () => samplePdf({ pages: 200 })));
    const one = await harness.receive('a@example.org', [samplePdf()]);
    await published(one.messageId).toMatchObject({ subject: 'acceptance.message-accepted.v1' });
    await published(many.messageId).toMatchObject({ payload: { documents: Array.from({ length: 20 }, () => ({ pages: 200 })) } });
  });
});
