import { beforeAll, describe, expect, it } from 'vitest';
import { samplePdf } from '@inkpost/testkit/sample-pdf.js';
import { CODE, DIRECT_MAILBOX, DIRECT_QUEUE, HELD_QUEUE, type Installation, install, MAILBOX } from './installation.js';

interface Pending {
  readonly id: string;
  readonly status: string;
  readonly state: string;
  readonly deletable: boolean;
  readonly mail: { readonly sender: string } | null;
  readonly documents: readonly { readonly fileName: string }[];
}

interface Sent {
  readonly status: string;
  readonly mail: { readonly sender: string } | null;
  readonly job: { readonly jobId: string; readonly jobState: string; readonly keptUntil: string | null; readonly reprintOf: string | null };
}

let inkpost: Installation;

beforeAll(async () => {
  inkpost = await install('all');
  return () => inkpost.remove();
});

const pendingOf = async (sender: string) => (await inkpost.rest.get<{ documents: Pending[] }>('/api/v0/documents/pending')).documents.filter(({ mail }) => mail?.sender === sender);
const sentOf = async (sender: string) => (await inkpost.rest.get<{ documents: Sent[] }>('/api/v0/documents/sent')).documents.filter(({ mail }) => mail?.sender === sender);
const printedTimes = (sha256: string) => inkpost.printer.printed.filter((print) => print.sha256 === sha256).length;

describe('the list of jobs', () => {
  it('shows a forbidden mail with the manual\'s text until its error is deleted (SKY-114, SKY-120)', async () => {
    const from = 'eve@example.org';
    const { messageId } = await inkpost.mailPdf({ from });
    await inkpost.journeyWith(messageId, 'sender-refused');
    const [error] = await pendingOf(from);
    expect(error).toMatchObject({ state: 'error', status: `The job was submitted with a forbidden e-mail address: ${from}`, deletable: true, documents: [{ fileName: 'document.pdf' }] });
    await inkpost.rest.delete(`/api/v0/documents/pending/${error?.id ?? ''}?confirmed=true`);
    expect(await pendingOf(from)).toEqual([]);
    await inkpost.journeyWith(messageId, 'deleted-from-list');
    const { entries } = await inkpost.rest.get<{ entries: { objectId: string | null; action: string }[] }>('/api/v0/audit');
    expect(entries).toContainEqual(expect.objectContaining({ objectId: error?.id, action: 'DELETE /api/v0/documents/pending/{id}' }));
  });

  it('shows only the part of a mail that is no PDF as an error, and the other one as sent (EDG-04)', async () => {
    const from = 'half@example.org';
    const messageId = await inkpost.mail({ from, to: MAILBOX, attachments: [{ filename: 'good.pdf', content: samplePdf({ text: 'Good' }) }, { filename: 'cat.png', content: Buffer.from('\u0089PNG\r\n', 'latin1'), contentType: 'image/png' }] });
    await inkpost.journeyWith(messageId, 'held');
    expect(await pendingOf(from)).toMatchObject([{ status: expect.stringMatching(/^Job \[[0-9a-f-]{36}\] has an invalid\/unsupported mime type$/) as string, documents: [{ fileName: 'cat.png' }] }]);
    expect(await sentOf(from)).toMatchObject([{ status: 'Waits for its code' }]);
  });
});

describe('a printed document', () => {
  it('is printed once more while it is kept, byte for byte', async () => {
    const from = 'again@example.org';
    const { printerUri } = await inkpost.rest.get<{ printerUri: string }>(`/api/v0/queues/${DIRECT_QUEUE}`);
    await inkpost.rest.put(`/api/v0/queues/${DIRECT_QUEUE}`, { name: 'Direct', printerUri, validation: false, keepHours: 1 });
    const { messageId, sha256 } = await inkpost.mailPdf({ from, to: DIRECT_MAILBOX, text: 'Twice' });
    await inkpost.journeyWith(messageId, 'printed');
    const [first] = await sentOf(from);
    expect(first?.job.keptUntil).toMatch(/^\d{4}-/);
    const again = await inkpost.rest.post<{ jobId: string; reprintOf: string }>(`/api/v0/jobs/${first?.job.jobId ?? ''}/reprint`, {});
    expect(again.reprintOf).toBe(first?.job.jobId);
    await expect.poll(() => printedTimes(sha256), { timeout: 20_000 }).toBe(2);
    await expect.poll(async () => (await sentOf(from)).map(({ status }) => status), { timeout: 20_000 }).toEqual(['Printed', 'Printed']);
  });
});

describe('a held document', () => {
  it('is somebody else\'s once it is given to them: their code opens it, the former one does not', async () => {
    const [from, heir] = ['former@example.org', 'heir@example.org'];
    const { messageId: known } = await inkpost.mailPdf({ from: heir, text: 'Makes the heir known' });
    await inkpost.journeyWith(known, 'code-mailed');
    const { messageId, sha256 } = await inkpost.mailPdf({ from, text: 'To be inherited' });
    await inkpost.journeyWith(messageId, 'code-mailed');
    const formerCode = await inkpost.codeFor(from);
    const [held] = await sentOf(from);
    await inkpost.rest.post(`/api/v0/jobs/${held?.job.jobId ?? ''}/owner`, { address: heir });
    await inkpost.journeyWith(messageId, 'owner-changed');
    await expect.poll(() => inkpost.sink.mails.filter(({ to, text }) => to.includes(heir) && CODE.test(text)).length, { timeout: 20_000 }).toBe(2);
    expect(await inkpost.rest.post<{ jobs: unknown[] }>('/api/v0/release', { code: formerCode }).catch(() => 'refused')).toBe('refused');
    await inkpost.rest.post('/api/v0/release', { code: await inkpost.codeFor(heir) });
    await expect.poll(() => printedTimes(sha256), { timeout: 20_000 }).toBe(1);
  });

  it('goes to nobody whom no directory knows', async () => {
    const { messageId } = await inkpost.mailPdf({ from: 'keeps@example.org', text: 'Stays' });
    await inkpost.journeyWith(messageId, 'code-mailed');
    const [held] = await sentOf('keeps@example.org');
    await expect(inkpost.rest.post(`/api/v0/jobs/${held?.job.jobId ?? ''}/owner`, { address: 'stranger@nowhere.test' })).rejects.toMatchObject({ status: 400, problem: { errors: [{ field: 'address' }] } });
    expect((await inkpost.rest.get<{ queueId: string; ownerAddress: string }>(`/api/v0/jobs/${held?.job.jobId ?? ''}`))).toMatchObject({ queueId: HELD_QUEUE, ownerAddress: 'keeps@example.org' });
  });
});
