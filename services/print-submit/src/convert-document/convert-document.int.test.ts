import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { PrinterService } from '@inkpost/contracts/admin/v1/printers_pb.js';
import { describeWithServer } from '@inkpost/testkit/describe-with-server.js';
import { type IppevePrinter, type IppevePrinterOptions, startIppeve } from '@inkpost/testkit/ippeve-printer.js';
import { samplePdf } from '@inkpost/testkit/sample-pdf.js';
import { eventually, type Instance, type Mailed, PrintHarness, queueSettings } from '../print-submit.harness.js';
import { readRaster } from './read-raster.harness.js';

const PRINTED = 'completed job-completed-successfully';
const FIVE_PAGES = { fileName: 'five.pdf', bytes: samplePdf({ pages: 5, text: 'Five pages' }), pages: 5 };
const PLAIN = { colorMode: 'color', sides: 'one-sided' };
const SGRAY = 18;
const SRGB = 19;

describeWithServer(['ippeveprinter', 'ghostscript'], 'a printer that takes no PDF', () => {
  let harness: PrintHarness;
  let instance: Instance;
  let count = 0;

  beforeAll(async () => {
    harness = await PrintHarness.start();
    instance = await harness.startInstance();
    return () => harness.remove();
  });

  async function startQueue(options: IppevePrinterOptions): Promise<{ printer: IppevePrinter; queueId: string }> {
    count += 1;
    const printer = await startIppeve(options);
    onTestFinished(() => printer.stop());
    const queueId = `converted-${count}`;
    await instance.queues.createQueue({ settings: queueSettings(queueId, printer.uri, false) });
    return { printer, queueId };
  }

  const evidenceOf = async ({ messageId }: Mailed, step: string) => (await harness.journey(messageId)).find((entry) => entry.step === step)?.evidence ?? {};
  const onPaper = async (printer: IppevePrinter, mailed: Mailed) => readFile(join(printer.printedFolder, `${String((await evidenceOf(mailed, 'sent-to-printer'))['printerJobId'])}.bin`));

  it('prints pictures of the pages as it wants them, and the journey proves which bytes it got', async () => {
    const { printer, queueId } = await startQueue({ formats: ['image/pwg-raster'] });
    await instance.finishing.putFinishing({ finishing: { colorMode: 'monochrome', sides: 'two-sided-long-edge', pageRanges: '2-3,5' } });
    const mailed = await harness.mail(queueId, { documents: [FIVE_PAGES] });
    await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe(PRINTED);
    const paper = await onPaper(printer, mailed);
    const pages = readRaster(paper);
    expect(pages).toHaveLength(3);
    for (const page of pages) expect(page).toMatchObject({ dpi: 300, width: 2550, height: 3300, isDuplex: true, colorSpace: SGRAY });
    expect(pages.every(({ inkedLines }) => inkedLines > 50 && inkedLines < 200)).toBe(true);
    const sha256 = createHash('sha256').update(paper).digest('hex');
    expect(await evidenceOf(mailed, 'printed')).toMatchObject({
      convertedTo: 'image/pwg-raster', sha256, bytes: paper.length, sha256IsTheConverted: true, documentSha256: mailed.sha256[0], pageRanges: '2-3,5', impressions: 3, sheets: 2,
    });
    expect((await instance.jobs.getJob({ jobId: mailed.jobIds[0] ?? '' })).job).toMatchObject({ impressions: 3, sheets: 2, finishing: { notApplied: [], pageRanges: '2-3,5' } });
    expect((await harness.facts(mailed.messageId, 'print.job-recorded.v1'))[0]?.payload).toMatchObject({ pages: 5, impressions: 3, sheets: 2, duplex: true });
    await instance.finishing.putFinishing({ finishing: PLAIN });
  });

  it('that takes one job at a time gets each document once, in colour, whoever else prints', async () => {
    const { printer, queueId } = await startQueue({ formats: ['image/pwg-raster'], printingTimeMs: 100 });
    const mails = await Promise.all([1, 2, 3].map((index) => harness.mail(queueId, { owner: `owner-${index}@example.org` })));
    for (const mailed of mails) await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe(PRINTED);
    for (const mailed of mails) expect(readRaster(await onPaper(printer, mailed))).toMatchObject([{ colorSpace: SRGB, isDuplex: false }]);
  });

  it.each([
    ['image/urf', 'UNIRAST\0'],
    ['application/postscript', '%!PS-Adobe-3.0'],
    ['application/vnd.hp-PCLXL', '\u001B%-12345X@PJL'],
    ['application/vnd.hp-PCL', '\u001BE'],
  ])('but %s gets that', async (format, beginning) => {
    const { printer, queueId } = await startQueue({ formats: [format] });
    const mailed = await harness.mail(queueId, { documents: [FIVE_PAGES] });
    await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe(PRINTED);
    expect((await onPaper(printer, mailed)).toString('latin1', 0, beginning.length)).toBe(beginning);
    expect(await evidenceOf(mailed, 'printed')).toMatchObject({ convertedTo: format, sha256IsTheConverted: true });
  });

  it('passes the test of printers, which says what is made for it', async () => {
    const { queueId } = await startQueue({ formats: ['image/pwg-raster'] });
    const { passed, steps } = await instance.client(PrinterService, ['configuration.write']).testPrinter({ queueId });
    expect(passed).toBe(true);
    expect(steps.find(({ step }) => step === 'document')?.text).toBe('It takes no PDF: documents are made image/pwg-raster for it.');
  });

  it('never gets a document that nothing can be made of: it is given up, and its owner told', async () => {
    const { queueId } = await startQueue({ formats: ['image/pwg-raster'] });
    const broken = await harness.mail(queueId, { documents: [{ bytes: Buffer.from('%PDF-1.7\nno more of it') }] });
    await eventually(() => harness.stateOf(broken.jobIds[0])).toBe('aborted document-unprintable-error');
    expect((await harness.facts(broken.messageId, 'print.job-aborted.v1'))[0]?.payload).toMatchObject({ statusText: expect.stringMatching(/^The document cannot be made image\/pwg-raster, which the printer takes: 0 of 1 pages were made/) });
    // What has fewer pages than it says is not printed in part either.
    const short = await harness.mail(queueId, { documents: [{ ...FIVE_PAGES, pages: 6 }] });
    await eventually(() => harness.stateOf(short.jobIds[0])).toBe('aborted document-unprintable-error');
    const good = await harness.mail(queueId);
    await eventually(() => harness.stateOf(good.jobIds[0])).toBe(PRINTED);
  });

  it('waits with its documents where Ghostscript is missing, and says so', async () => {
    await instance.stop();
    const bare = await harness.startInstance({ INKPOST_GHOSTSCRIPT: '/nowhere/gs' });
    const printer = await startIppeve({ formats: ['image/pwg-raster'] });
    onTestFinished(() => printer.stop());
    await bare.queues.createQueue({ settings: queueSettings('bare', printer.uri, false) });
    const mailed = await harness.mail('bare');
    await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe('pending converter-missing');
    const problem = 'The printer takes no PDF but image/pwg-raster, and Ghostscript, which makes that, is not installed on the server (/nowhere/gs).';
    expect((await bare.jobs.getJob({ jobId: mailed.jobIds[0] ?? '' })).job?.problem).toBe(problem);
    await eventually(async () => (await bare.queues.getQueue({ queueId: 'bare' })).queue?.problem).toBe(problem);
    const { steps } = await bare.client(PrinterService, ['configuration.write']).testPrinter({ queueId: 'bare' });
    expect(steps.find(({ step }) => step === 'document')).toMatchObject({ outcome: 'failed', text: 'It takes no PDF but image/pwg-raster: install Ghostscript on the server, which makes that (/nowhere/gs).' });
    await bare.stop();
    instance = await harness.startInstance();
    await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe(PRINTED);
  });
});
