import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { VirtualPrinter } from '@inkpost/ipp/virtual-printer/virtual-printer.js';
import { samplePdf } from '@inkpost/testkit/sample-pdf.js';
import { eventually, type Instance, type Mailed, onPaper, PrintHarness, queueSettings } from './print-submit.harness.js';

const PRINTED = 'completed job-completed-successfully';
const large = samplePdf({ sizeBytes: 2_000_000 });

let harness: PrintHarness;
let instance: Instance;
let printer: VirtualPrinter;
let count = 0;
let queueId: string;

beforeAll(async () => {
  harness = await PrintHarness.start();
  instance = await harness.startInstance();
  return () => harness.remove();
});

beforeEach(async () => {
  count += 1;
  queueId = `queue-${count}`;
  printer = await VirtualPrinter.start({ outputFolder: outputFolder() });
  await instance.queues.createQueue({ settings: queueSettings(queueId, printer.uri, false) });
  return () => printer.stop();
});

const outputFolder = (): string => join(harness.folder, `printed-${count}`);
const stateOf = ({ jobIds }: Mailed) => () => harness.stateOf(jobIds[0]);
const jobOf = async ({ jobIds }: Mailed) => (await instance.jobs.getJob({ jobId: jobIds[0] ?? '' })).job;
const evidenceOf = async ({ messageId }: Mailed, step: string) => (await harness.journey(messageId)).filter((entry) => entry.step === step).map(({ evidence }) => evidence);

async function attemptsOf({ jobIds }: Mailed): Promise<number> {
  const { rows } = await harness.superuser.query<{ attempts: number }>('SELECT attempts FROM print_submit.job WHERE id = $1', [jobIds[0]]);
  return rows[0]?.attempts ?? 0;
}

async function expectPrintedOnce(mailed: Mailed, on = printer): Promise<void> {
  for (const jobId of mailed.jobIds) await eventually(() => harness.stateOf(jobId)).toBe(PRINTED);
  expect(await onPaper(on.printed)).toEqual(mailed.sha256);
}

let printerPort = 0;

async function switchOff(): Promise<void> {
  printerPort = printer.port;
  await printer.stop();
}

/** The same printer, on again; what it had printed before is forgotten. */
async function switchOn(): Promise<void> {
  printer = await VirtualPrinter.start({ outputFolder: join(outputFolder(), 'again'), port: printerPort });
}

describe('a printer', () => {
  it('that is busy gets the job when it is free, says why meanwhile, and the journey says it once', async () => {
    printer.faults.busy = true;
    const mailed = await harness.mail(queueId, { documents: [{ bytes: samplePdf({ text: 'one' }) }, { bytes: samplePdf({ text: 'two' }) }] });
    await eventually(stateOf(mailed)).toBe('pending printer-busy');
    await eventually(() => attemptsOf(mailed)).toBeGreaterThan(2);
    printer.faults.busy = false;
    await expectPrintedOnce(mailed);
    expect(await evidenceOf(mailed, 'waiting-for-printer')).toMatchObject([{ reason: 'printer-busy', problem: expect.stringContaining('server-error-busy') }, { reason: 'printer-busy' }]);
  });

  it('that is off leaves the job waiting, says so on the queue and once in the journey, and prints when it is back', async () => {
    await switchOff();
    const mailed = await harness.mail(queueId);
    const other = await harness.mail(queueId, { owner: 'eve@example.org' });
    await eventually(stateOf(mailed)).toBe('pending printer-unreachable');
    await eventually(stateOf(other)).toBe('pending printer-unreachable');
    expect(await jobOf(mailed)).toMatchObject({ problem: expect.stringContaining('ECONNREFUSED') });
    await eventually(async () => (await instance.queues.getQueue({ queueId })).queue).toMatchObject({ printerState: 'unreachable', jobsWaiting: 2, problem: expect.stringContaining('ECONNREFUSED') });
    await eventually(() => attemptsOf(mailed)).toBeGreaterThan(1);
    await switchOn();
    await eventually(stateOf(mailed)).toBe(PRINTED);
    await eventually(stateOf(other)).toBe(PRINTED);
    expect((await onPaper(printer.printed)).toSorted()).toEqual([...mailed.sha256, ...other.sha256].toSorted());
    expect(await harness.steps(mailed.messageId)).toEqual(['released', 'waiting-for-printer', 'sent-to-printer', 'printed']);
    await eventually(async () => (await instance.queues.getQueue({ queueId })).queue).toMatchObject({ printerState: 'idle', problem: '' });
  });

  it('that is stuck blocks no other', async () => {
    const sockets = new Set<Socket>();
    const silent = createServer((socket) => sockets.add(socket)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : 0;
    await instance.queues.createQueue({ settings: queueSettings(`silent-${count}`, `ipp://127.0.0.1:${port}/ipp/print`, false) });
    const stuck = await harness.mail(`silent-${count}`);
    await eventually(stateOf(stuck)).toBe('processing job-outgoing');
    const mailed = await harness.mail(queueId);
    await expectPrintedOnce(mailed);
    expect(await harness.stateOf(stuck.jobIds[0])).toBe('processing job-outgoing');
    for (const socket of sockets) socket.destroy();
    silent.close();
    await instance.queues.updateQueue({ queueId: `silent-${count}`, settings: queueSettings(`silent-${count}`, printer.uri, false) });
  });

  it('that never ends a job keeps it processing with its own words, and goes on to take others', async () => {
    printer.faults.neverCompletes = true;
    const mailed = await harness.mail(queueId);
    await eventually(stateOf(mailed)).toBe('processing job-printing');
    const next = await harness.mail(queueId);
    await eventually(() => harness.steps(next.messageId)).toEqual(['released', 'sent-to-printer']);
    expect(await harness.isErased(mailed.jobIds[0])).toBe(false);
  });

  it.each(['http500', 'hostileLength'] as const)('that answers with nonsense (%s) is asked until it makes sense, and nothing is lost or doubled', async (fault) => {
    printer.faults[fault] = true;
    const mailed = await harness.mail(queueId);
    await eventually(stateOf(mailed)).toBe('processing printer-error');
    printer.faults[fault] = false;
    await expectPrintedOnce(mailed);
    expect(await evidenceOf(mailed, 'waiting-for-printer')).toMatchObject([{ reason: 'printer-error', problem: expect.stringContaining('as soon as it answers') }, { reason: 'connection-cut' }]);
  });

  it('whose address is wrong keeps the job until an administrator mends the queue; then it is tried at once', async () => {
    const wrong = `wrong-${count}`;
    await instance.queues.createQueue({ settings: queueSettings(wrong, printer.uri.replace('/ipp/print', '/elsewhere'), false) });
    const mailed = await harness.mail(wrong);
    await eventually(stateOf(mailed)).toBe('pending printer-refuses');
    expect(await jobOf(mailed)).toMatchObject({ problem: expect.stringContaining('client-error-not-found') });
    // Three tries: the next one would be four seconds away.
    await eventually(() => attemptsOf(mailed)).toBeGreaterThan(2);
    await instance.queues.updateQueue({ queueId: wrong, settings: queueSettings(wrong, printer.uri, false) });
    await expect.poll(stateOf(mailed), { timeout: 3_000 }).toBe(PRINTED);
  });

  it('that refuses the document ends the job with its reason, tells the owner, and gets the next one', async () => {
    const mailed = await harness.mail(queueId, { documents: [{ fileName: 'odd.xyz', documentFormat: 'application/x-odd' }, { fileName: 'good.pdf' }] });
    await eventually(stateOf(mailed)).toBe('aborted unsupported-document-format');
    expect(await evidenceOf(mailed, 'aborted')).toMatchObject([{ reason: 'unsupported-document-format', problem: expect.stringContaining('client-error-document-format-not-supported'), fileName: 'odd.xyz' }]);
    expect(await harness.facts(mailed.messageId, 'print.job-aborted.v1')).toMatchObject([{ payload: { job: { fileName: 'odd.xyz' }, reason: 'unsupported-document-format' } }]);
    expect(await harness.isErased(mailed.jobIds[0])).toBe(true);
    await eventually(() => harness.stateOf(mailed.jobIds[1])).toBe(PRINTED);
  });
});

describe('a delivery that is cut', () => {
  it('after Create-Job leaves no empty job behind and prints once', async () => {
    printer.faults.dropBeforeAnswer = true;
    const mailed = await harness.mail(queueId);
    await eventually(stateOf(mailed)).toBe('pending connection-cut');
    printer.faults.dropBeforeAnswer = false;
    await expectPrintedOnce(mailed);
    expect(await evidenceOf(mailed, 'printed')).toMatchObject([{ attempt: expect.any(Number), sha256IsTheDocuments: true }]);
  });

  it('in mid-document is sent again as another job, and prints once', async () => {
    printer.faults.dropDuringDocument = true;
    const mailed = await harness.mail(queueId, { documents: [{ bytes: large }] });
    await eventually(stateOf(mailed)).toBe('pending connection-cut');
    expect(await jobOf(mailed)).toMatchObject({ problem: expect.stringContaining('nothing of it was printed') });
    printer.faults.dropDuringDocument = false;
    await expectPrintedOnce(mailed);
    expect(printer.printed[0]?.jobName).toBe(`page-1.pdf [inkpost ${mailed.jobIds[0]}.2]`);
  });

  it('in mid-document again and again is given up, and its owner told', async () => {
    printer.faults.dropDuringDocument = true;
    const mailed = await harness.mail(queueId, { documents: [{ bytes: large }] });
    await eventually(stateOf(mailed)).toBe('pending connection-cut');
    await harness.superuser.query('UPDATE print_submit.job SET cuts = 7 WHERE id = $1', [mailed.jobIds[0]]);
    await eventually(stateOf(mailed)).toBe('aborted delivery-failed');
    expect(await harness.facts(mailed.messageId, 'print.job-aborted.v1')).toHaveLength(1);
    expect(printer.printed).toEqual([]);
  });

  it('after the document and before the answer is not sent again: the printer is asked and says that it printed it', async () => {
    printer.faults.dropAfterDocument = true;
    const mailed = await harness.mail(queueId, { documents: [{ bytes: large }] });
    await expectPrintedOnce(mailed);
    expect(await harness.steps(mailed.messageId)).toEqual(['released', 'sent-to-printer', 'printed']);
  });
});

describe('a document that can\'t be read', () => {
  async function sealedFileOf({ jobIds }: Mailed): Promise<string> {
    const files = await readdir(join(harness.folder, 'spool'), { recursive: true });
    return join(harness.folder, 'spool', files.find((file) => file.includes(jobIds[0] ?? '')) ?? 'missing');
  }

  it('because its bytes are damaged ends the job, and not a page is printed', async () => {
    await switchOff();
    const mailed = await harness.mail(queueId, { documents: [{ bytes: large }] });
    const path = await sealedFileOf(mailed);
    const bytes = await readFile(path);
    bytes[bytes.length - 100] = (bytes[bytes.length - 100] ?? 0) ^ 0xff;
    await writeFile(path, bytes);
    await switchOn();
    await eventually(stateOf(mailed)).toBe('aborted document-lost');
    expect(printer.printed).toEqual([]);
  });

  it('because it is erased ends the job', async () => {
    await switchOff();
    const mailed = await harness.mail(queueId);
    await harness.superuser.query('UPDATE spool.document SET wrapped_key = NULL, erased_at = now() WHERE id = $1', [mailed.jobIds[0]]);
    await switchOn();
    await eventually(stateOf(mailed)).toBe('aborted document-lost');
    expect(await harness.facts(mailed.messageId, 'print.job-aborted.v1')).toHaveLength(1);
  });
});
