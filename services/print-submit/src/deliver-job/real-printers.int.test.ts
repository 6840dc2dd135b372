import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CupsServer, startCups } from '@inkpost/testkit/cups-server.js';
import { describeWithServer } from '@inkpost/testkit/describe-with-server.js';
import { type IppevePrinter, startIppeve } from '@inkpost/testkit/ippeve-printer.js';
import { samplePdf } from '@inkpost/testkit/sample-pdf.js';
import { eventually, type Instance, type Mailed, PrintHarness, queueSettings } from '../print-submit.harness.js';

const PRINTED = 'completed job-completed-successfully';

let harness: PrintHarness;
let instance: Instance;

beforeAll(async () => {
  harness = await PrintHarness.start();
  instance = await harness.startInstance();
  return () => harness.remove();
});

async function expectOnPaper(mails: readonly Mailed[], folder: string): Promise<void> {
  for (const jobId of mails.flatMap(({ jobIds }) => jobIds)) await eventually(() => harness.stateOf(jobId)).toBe(PRINTED);
  const files = await readdir(folder);
  const printed = await Promise.all(files.map(async (file) => createHash('sha256').update(await readFile(join(folder, file))).digest('hex')));
  expect(printed.toSorted()).toEqual(mails.flatMap(({ sha256 }) => sha256).toSorted());
}

async function printerJobOf({ messageId }: Mailed): Promise<number> {
  return Number((await harness.journey(messageId)).find(({ step }) => step === 'sent-to-printer')?.evidence['printerJobId']);
}

const document = (index: number) => ({ fileName: `Übersicht ${index}.pdf`, bytes: samplePdf({ text: `number ${index}`, sizeBytes: 100_000 * (index + 1) }) });

/** The printer makes its certificate at the first handshake, and another one for each that comes at the same time; the last one stays. */
async function firstHandshake({ hostname, port }: URL): Promise<void> {
  const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  socket.destroy();
}

describeWithServer('ippeveprinter', 'ippeveprinter, which takes one job at a time', () => {
  let printer: IppevePrinter;

  beforeAll(async () => {
    printer = await startIppeve({ printingTimeMs: 300 });
    return () => printer.stop();
  });

  it('prints a released document byte for byte', async () => {
    await instance.queues.createQueue({ settings: queueSettings('ippeve-held', printer.uri) });
    const mailed = await harness.mail('ippeve-held', { documents: [document(0)] });
    await instance.release.release({ code: await harness.codeOf(mailed), releasePoint: 'lobby', jobIds: [] });
    await expectOnPaper([mailed], printer.printedFolder);
    expect((await harness.journey(mailed.messageId)).at(-1)?.evidence).toMatchObject({ sha256IsTheDocuments: true, printerJobState: 'completed' });
  });

  it('gets the next job when it is free again, and says it was busy', async () => {
    await instance.queues.createQueue({ settings: queueSettings('ippeve', printer.uri, false) });
    const before = await readdir(printer.printedFolder);
    const mails = [await harness.mail('ippeve', { documents: [document(1), document(2)] }), await harness.mail('ippeve', { owner: 'eve@example.org', documents: [document(3)] })];
    for (const jobId of mails.flatMap(({ jobIds }) => jobIds)) await eventually(() => harness.stateOf(jobId)).toBe(PRINTED);
    expect(await readdir(printer.printedFolder)).toHaveLength(before.length + 3);
    const reasons = (await Promise.all(mails.map(({ messageId }) => harness.journey(messageId)))).flat().filter(({ step }) => step === 'waiting-for-printer').map(({ evidence }) => evidence['reason']);
    expect(new Set(reasons)).toEqual(new Set(['printer-busy']));
  });

  it('is asked for colour and sides as the job says', async () => {
    await instance.queues.createQueue({ settings: queueSettings('ippeve-finished', printer.uri, false) });
    const attributes = new Map<string, Readonly<Record<string, string>>>();
    for (const [colorMode, sides] of [['monochrome', 'two-sided-short-edge'], ['color', 'two-sided-long-edge'], ['color', 'one-sided']] as const) {
      await instance.finishing.putFinishing({ finishing: { colorMode, sides } });
      const mailed = await harness.mail('ippeve-finished');
      await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe(PRINTED);
      attributes.set(`${colorMode} ${sides}`, await printer.jobAttributes(await printerJobOf(mailed)));
      expect((await instance.jobs.getJob({ jobId: mailed.jobIds[0] ?? '' })).job?.finishing).toMatchObject({ colorMode, sides, notApplied: [] });
    }
    expect([...attributes].map(([wanted, got]) => [wanted, `${got['print-color-mode']} ${got['sides']}`])).toEqual([...attributes.keys()].map((wanted) => [wanted, wanted]));
  });

  it('prints on one side what it has no duplex unit for, in black what it has no colour for, and says so', async () => {
    const simple = await startIppeve({ duplex: false, color: false });
    await instance.queues.createQueue({ settings: queueSettings('ippeve-simple', simple.uri, false) });
    await instance.finishing.putFinishing({ finishing: { colorMode: 'color', sides: 'two-sided-long-edge' } });
    const mailed = await harness.mail('ippeve-simple');
    await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe(PRINTED);
    expect((await instance.jobs.getJob({ jobId: mailed.jobIds[0] ?? '' })).job?.finishing).toMatchObject({ colorMode: 'color', sides: 'two-sided-long-edge', notApplied: ['colorMode', 'sides'] });
    expect((await harness.journey(mailed.messageId)).at(-1)?.evidence).toMatchObject({ notApplied: ['colorMode', 'sides'] });
    expect(await simple.jobAttributes(await printerJobOf(mailed))).toEqual({});
    await instance.finishing.putFinishing({ finishing: { colorMode: 'color', sides: 'one-sided' } });
    await simple.stop();
  });

  it('is believed when it counts what it printed, unless that cannot be', async () => {
    for (const [said, impressions, countedBy] of [[7, 7, 'printer'], [4_000, 5, 'pages']] as const) {
      const counting = await startIppeve({ impressions: said, printingTimeMs: 50 });
      const queueId = `ippeve-counting-${said}`;
      await instance.queues.createQueue({ settings: queueSettings(queueId, counting.uri, false) });
      const mailed = await harness.mail(queueId, { documents: [{ ...document(0), pages: 5 }] });
      await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe(PRINTED);
      expect((await instance.jobs.getJob({ jobId: mailed.jobIds[0] ?? '' })).job).toMatchObject({ impressions, sheets: impressions, countedBy });
      expect((await harness.journey(mailed.messageId)).at(-1)?.evidence).toMatchObject({ impressions, countedBy });
      await counting.stop();
    }
  });

  it('prints over TLS when its certificate is trusted, and is not sent a byte before', async () => {
    const certificateOf = () => readFileSync(join(printer.keyFolder, 'localhost.crt'), 'utf8');
    await firstHandshake(new URL(printer.secureUri.replace('ipps:', 'https:')));
    await instance.queues.createQueue({ settings: queueSettings('ippeve-tls', printer.secureUri, false) });
    const mailed = await harness.mail('ippeve-tls', { documents: [document(4)] });
    await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe('pending printer-unreachable');
    expect((await instance.jobs.getJob({ jobId: mailed.jobIds[0] ?? '' })).job?.problem).toMatch(/certificate/);
    await instance.queues.updateQueue({ queueId: 'ippeve-tls', settings: { ...queueSettings('ippeve-tls', printer.secureUri, false), certificateAuthority: certificateOf() } });
    await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe(PRINTED);
  });
});

describeWithServer('cupsd', 'a CUPS server', () => {
  let cups: CupsServer;

  beforeAll(async () => {
    cups = await startCups();
    return () => cups.stop();
  });

  it('prints many documents of many owners byte for byte, each once', async () => {
    const folder = join(harness.folder, 'cups');
    await mkdir(folder);
    const uri = await cups.addRawQueue('raw', folder);
    await instance.queues.createQueue({ settings: queueSettings('cups', uri, false) });
    const mails = await Promise.all(Array.from({ length: 12 }, (_, index) => harness.mail('cups', { owner: `owner-${index % 4}@example.org`, documents: [document(index)] })));
    await expectOnPaper(mails, folder);
  });
});

describe('every job', () => {
  it('left its proof: the bytes that were sent are the document\'s', async () => {
    const { rows } = await harness.superuser.query<{ proven: boolean }>(`SELECT (evidence->>'sha256IsTheDocuments')::boolean AS proven FROM journey.entry WHERE step = 'printed'`);
    expect(rows.every(({ proven }) => proven)).toBe(true);
  });
});
