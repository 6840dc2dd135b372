import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCups, type CupsServer } from '@inkpost/testkit/cups-server.js';
import { describeWithServer } from '@inkpost/testkit/describe-with-server.js';
import { startIppeve, type IppevePrinter } from '@inkpost/testkit/ippeve-printer.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { acceptanceOf } from './client/failures.js';
import { IppPrinter } from './client/ipp-printer.js';
import { isFinished, type JobStatus } from './client/job-status.js';
import { askAfterCut } from './deliver-document/ask-after-cut.js';
import { deliverDocument } from './deliver-document/deliver-document.js';
import { findJobsByName } from './deliver-document/find-jobs-by-name.js';

/** A document of random bytes in chunks of odd sizes, so that a lost or doubled chunk shows. */
function randomDocument(sizeBytes: number): Buffer {
  return Buffer.concat([Buffer.from('%PDF-1.7\n'), randomBytes(sizeBytes)]);
}

async function* inChunks(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let offset = 0; offset < bytes.length; offset += 7_919) yield bytes.subarray(offset, offset + 7_919);
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function finished(printer: IppPrinter, jobId: number): Promise<JobStatus> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const job = await printer.getJobAttributes(jobId);
    if (isFinished(job.jobState)) return job;
    if (Date.now() > deadline) throw new Error(`job ${jobId} is still ${job.jobState}`);
    await sleep(50);
  }
}

describeWithServer('cupsd', 'against cupsd', () => {
  let cups: CupsServer;
  let folder: string;
  let printer: IppPrinter;

  beforeAll(async () => {
    cups = await startCups();
    folder = await mkdtemp(join(tmpdir(), 'ipp-'));
    printer = new IppPrinter({ uri: await cups.addRawQueue('raw', folder) });
  });

  afterAll(async () => {
    printer?.close();
    await cups?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('reads what the queue can do', async () => {
    const status = await printer.getPrinterAttributes();
    expect(status).toMatchObject({ printerName: 'raw', printerState: 'idle', printerIsAcceptingJobs: true });
    expect(status.documentFormatSupported).toContain('application/pdf');
    expect(status.ippVersionsSupported).toContain('2.0');
  });

  it('prints a document byte for byte, noting its job id before the first byte leaves', async () => {
    const document = randomDocument(3_000_000);
    const noted: number[] = [];
    const { job } = await deliverDocument(printer, {
      jobName: 'inkpost-identical',
      documentFormat: 'application/pdf',
      finishing: { copies: 1, sides: 'one-sided' },
      open: async () => inChunks(document),
      beforeSend: async (jobId) => {
        noted.push(jobId);
        expect((await printer.getJobAttributes(jobId)).jobStateReasons).toContain('job-incoming');
      },
    });
    expect(noted).toEqual([job.jobId]);
    expect(await finished(printer, job.jobId)).toMatchObject({ jobState: 'completed', jobName: 'inkpost-identical' });
    expect(sha256(await readFile(join(folder, `${job.jobId}.bin`)))).toBe(sha256(document));
  });

  it('finds a job by its name among finished and unfinished ones', async () => {
    const waiting = await printer.createJob({ jobName: 'inkpost-waiting' });
    expect(await findJobsByName(printer, 'inkpost-waiting')).toMatchObject([{ jobId: waiting.jobId }]);
    expect(await findJobsByName(printer, 'inkpost-identical')).toMatchObject([{ jobState: 'completed' }]);
    expect(await findJobsByName(printer, 'inkpost-wait')).toEqual([]);
    await printer.cancelJob(waiting.jobId);
  });

  it('cancels a half-created job and allows to send it again', async () => {
    const { jobId } = await printer.createJob({ jobName: 'inkpost-half' });
    expect(await askAfterCut(printer, { jobName: 'inkpost-half', phase: 'sending', ippJobId: jobId })).toEqual({ decision: 'send' });
    expect(await printer.getJobAttributes(jobId)).toMatchObject({ jobState: 'canceled' });
  });

  it('cancels the empty job when the note before sending cannot be made', async () => {
    const delivery = deliverDocument(printer, {
      jobName: 'inkpost-no-note',
      documentFormat: 'application/pdf',
      open: async () => inChunks(randomDocument(10)),
      beforeSend: () => Promise.reject(new Error('database gone')),
    });
    await expect(delivery).rejects.toThrow('database gone');
    expect(await findJobsByName(printer, 'inkpost-no-note')).toMatchObject([{ jobState: 'canceled' }]);
  });

  it('says which status refused an unknown job', async () => {
    const refusal: unknown = await printer.getJobAttributes(999_999).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ name: 'PermanentFailure', code: 'ipp.request-refused', fields: { status: 'client-error-not-found' } });
    expect(acceptanceOf(refusal)).toBe('nothing');
  });

  it('refuses a format the queue does not take before a job is made', async () => {
    const refusal = printer.validateJob({ jobName: 'x', documentFormat: 'application/x-no-such-format' });
    await expect(refusal).rejects.toMatchObject({ fields: { status: 'client-error-document-format-not-supported' } });
  });
});

describeWithServer('ippeveprinter', 'against ippeveprinter', () => {
  let eve: IppevePrinter;
  let printer: IppPrinter;

  beforeAll(async () => {
    eve = await startIppeve({ printingTimeMs: 1_000 });
    printer = new IppPrinter({ uri: eve.uri });
  });

  afterAll(async () => {
    printer?.close();
    await eve?.stop();
  });

  it('prints a document byte for byte with its finishing options', async () => {
    const document = randomDocument(500_000);
    const finishing = { copies: 2, sides: 'two-sided-long-edge', printColorMode: 'monochrome', media: 'iso_a4_210x297mm' } as const;
    const { job, unsupportedAttributes } = await deliverDocument(printer, {
      jobName: 'inkpost-eve',
      documentFormat: 'application/pdf',
      finishing,
      open: async () => inChunks(document),
      beforeSend: async () => {},
    });
    expect(unsupportedAttributes).toEqual([]);
    expect(await finished(printer, job.jobId)).toMatchObject({ jobState: 'completed' });
    expect(await eve.jobAttributes(job.jobId)).toMatchObject({ copies: '2', sides: 'two-sided-long-edge', 'print-color-mode': 'monochrome', media: 'iso_a4_210x297mm' });
    expect(sha256(await readFile(join(eve.printedFolder, `${job.jobId}.bin`)))).toBe(sha256(document));
    expect(await findJobsByName(printer, 'inkpost-eve')).toMatchObject([{ jobId: job.jobId, jobState: 'completed' }]);
  });

  it('cancels a half-created job and allows to send it again', async () => {
    const { jobId } = await printer.createJob({ jobName: 'inkpost-half' });
    expect(await askAfterCut(printer, { jobName: 'inkpost-half', phase: 'creating' })).toEqual({ decision: 'send' });
    expect(await printer.getJobAttributes(jobId)).toMatchObject({ jobState: 'canceled' });
  });

  it('tells a busy printer from a broken one and gets through when it is free', async () => {
    const deliver = (jobName: string) =>
      deliverDocument(printer, {
        jobName,
        documentFormat: 'application/pdf',
        open: async () => inChunks(randomDocument(1_000)),
        beforeSend: async () => {},
      });
    const first = await deliver('inkpost-first');
    const busy: unknown = await deliver('inkpost-second').catch((error: unknown) => error);
    expect(busy).toMatchObject({ name: 'TransientFailure', code: 'ipp.printer-busy', fields: { status: 'server-error-busy' } });
    expect(acceptanceOf(busy)).toBe('nothing');
    await finished(printer, first.job.jobId);
    const second = await deliver('inkpost-second');
    expect(await finished(printer, second.job.jobId)).toMatchObject({ jobState: 'completed' });
  });

  it('refuses its self-signed certificate unless it is given as authority or pinned', async () => {
    const unknown = new IppPrinter({ uri: eve.secureUri });
    const refusal: unknown = await unknown.getPrinterAttributes().catch((error: unknown) => error);
    expect(refusal).toMatchObject({ name: 'CauseDown', code: 'ipp.certificate-refused', fields: { reason: 'DEPTH_ZERO_SELF_SIGNED_CERT' } });

    const pem = await readFile(join(eve.keyFolder, 'localhost.crt'), 'utf8');
    const pin = new X509Certificate(pem).fingerprint256;
    const trusting = new IppPrinter({ uri: eve.secureUri, tls: { certificateAuthorities: [pem] } });
    const pinning = new IppPrinter({ uri: eve.secureUri, tls: { pinnedCertificateSha256: pin } });
    const careless = new IppPrinter({ uri: eve.secureUri, tls: { dangerouslyAcceptAnyCertificate: true } });
    for (const good of [trusting, pinning, careless]) {
      expect(await good.getPrinterAttributes(['printer-state'])).toMatchObject({ printerState: 'idle' });
      good.close();
    }
    const mistaken = new IppPrinter({ uri: eve.secureUri, tls: { pinnedCertificateSha256: 'ab'.repeat(32) } });
    await expect(mistaken.getPrinterAttributes()).rejects.toMatchObject({ code: 'ipp.certificate-refused' });
  });
});
