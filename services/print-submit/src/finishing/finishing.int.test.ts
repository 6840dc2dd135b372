import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Code, ConnectError } from '@connectrpc/connect';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FieldProblemSchema } from '@inkpost/contracts/admin/v1/diagnostics_pb.js';
import { FinishingService, JobService } from '@inkpost/contracts/admin/v1/print_pb.js';
import { VirtualPrinter, type VirtualPrinterOptions } from '@inkpost/ipp/virtual-printer/virtual-printer.js';
import { eventually, type Instance, type Mailed, PrintHarness, queueSettings } from '../print-submit.harness.js';

const PRINTED = 'completed job-completed-successfully';
const SIMPLE = { sides: ['one-sided'], 'print-color-mode': ['monochrome'] };
const USUAL = { copies: 1, media: '', pageRanges: '' };
const DUPLEX = { ...USUAL, colorMode: 'monochrome', sides: 'two-sided-long-edge' };
const PLAIN = { ...USUAL, colorMode: 'color', sides: 'one-sided' };

let harness: PrintHarness;
let instance: Instance;
let replica: Instance;
let count = 0;

beforeAll(async () => {
  harness = await PrintHarness.start();
  [instance, replica] = [await harness.startInstance(), await harness.startInstance()];
  return () => harness.remove();
});

beforeEach(() => instance.finishing.putFinishing({ finishing: PLAIN }));

async function startPrinter(options: Partial<VirtualPrinterOptions> = {}): Promise<{ printer: VirtualPrinter; queueId: string }> {
  count += 1;
  const printer = await VirtualPrinter.start({ outputFolder: join(harness.folder, `finished-${count}`), ...options });
  const queueId = `finished-${count}`;
  await instance.queues.createQueue({ settings: queueSettings(queueId, printer.uri, false) });
  return { printer, queueId };
}

/** Of journeys: what is left at the usual is not said. */
const said = ({ colorMode, sides }: typeof PLAIN) => ({ colorMode, sides });

const jobOf = async ({ jobIds }: Mailed) => (await instance.jobs.getJob({ jobId: jobIds[0] ?? '' })).job;
const decided = async (mailed: Mailed) => {
  await eventually(() => harness.stateOf(mailed.jobIds[0])).not.toBe('');
  return (await jobOf(mailed))?.finishing;
};
const evidenceOf = async ({ messageId }: Mailed, step: string) => (await harness.journey(messageId)).find((entry) => entry.step === step)?.evidence;

/** What the printer got with each job: `color one-sided`. */
function onPaper(printer: VirtualPrinter): string[] {
  const valueOf = ({ attributes }: (typeof printer.printed)[number], name: string) =>
    attributes.find((attribute) => attribute.name === name)?.values.map((value) => (value.syntax === 'keyword' ? value.value : value.syntax)).join() ?? '-';
  return printer.printed.map((document) => `${valueOf(document, 'print-color-mode')} ${valueOf(document, 'sides')}`);
}

async function fieldOf(call: Promise<unknown>): Promise<string | undefined> {
  const error = ConnectError.from(await call.then(() => new Error('nothing was refused'), (cause: unknown) => cause));
  return error.code === Code.InvalidArgument ? error.findDetails(FieldProblemSchema)[0]?.field : error.message;
}

describe('the finishing options', () => {
  it('are colour on one side at first, and the general ones are set as a whole', async () => {
    const { rows } = await harness.superuser.query(`SELECT count(*)::int AS rows FROM print_submit.finishing WHERE mailbox_id <> ''`);
    expect(rows).toEqual([{ rows: 0 }]);
    expect(await instance.finishing.getFinishing({})).toMatchObject({ finishing: PLAIN, usesDefault: false });
    expect(await instance.finishing.putFinishing({ finishing: DUPLEX })).toMatchObject({ finishing: DUPLEX, usesDefault: false });
    expect((await replica.finishing.getFinishing({})).own).toBeUndefined();
    expect(await replica.finishing.getFinishing({})).toMatchObject({ finishing: DUPLEX });
  });

  it('of a mailbox follow the general ones, or are its own, which are kept while it follows (EDG-12)', async () => {
    const mailboxId = randomUUID();
    const own = { colorMode: 'monochrome', sides: 'two-sided-short-edge' };
    const read = () => instance.finishing.getFinishing({ mailboxId });
    expect(await read()).toMatchObject({ finishing: PLAIN, usesDefault: true });
    expect((await read()).own).toBeUndefined();
    expect(await instance.finishing.putFinishing({ mailboxId, finishing: own })).toMatchObject({ finishing: own, usesDefault: false, own });
    await instance.finishing.putFinishing({ finishing: DUPLEX });
    expect(await read()).toMatchObject({ finishing: own, usesDefault: false });
    // Frozen while it follows: what is sent along is not looked at (SKY-088).
    expect(await instance.finishing.putFinishing({ mailboxId, useDefault: true, finishing: PLAIN })).toMatchObject({ finishing: DUPLEX, usesDefault: true, own });
    await instance.finishing.putFinishing({ finishing: PLAIN });
    expect(await read()).toMatchObject({ finishing: PLAIN, usesDefault: true, own });
    expect(await instance.finishing.putFinishing({ mailboxId })).toMatchObject({ finishing: own, usesDefault: false, own });
  });

  it('of a mailbox that stops following and never had its own are a copy of the general ones', async () => {
    const mailboxId = randomUUID();
    await instance.finishing.putFinishing({ mailboxId, useDefault: true });
    await instance.finishing.putFinishing({ finishing: DUPLEX });
    expect(await instance.finishing.putFinishing({ mailboxId })).toMatchObject({ finishing: DUPLEX, usesDefault: false, own: DUPLEX });
    await instance.finishing.putFinishing({ finishing: PLAIN });
    expect(await instance.finishing.getFinishing({ mailboxId })).toMatchObject({ finishing: DUPLEX, usesDefault: false });
  });

  it('are refused with the name of the field that is wrong, and nothing changes', async () => {
    const put = (request: Parameters<typeof instance.finishing.putFinishing>[0]) => fieldOf(instance.finishing.putFinishing(request));
    const mailboxId = randomUUID();
    expect(await put({ mailboxId, finishing: { ...PLAIN, colorMode: 'sepia' } })).toBe('colorMode');
    expect(await put({ finishing: { ...PLAIN, sides: '' } })).toBe('sides');
    expect(await put({})).toBe('finishing');
    expect(await put({ useDefault: true })).toBe('useDefault');
    expect(await put({ mailboxId: 'x', finishing: PLAIN })).toBe('mailboxId');
    expect(await fieldOf(instance.finishing.getFinishing({ mailboxId: 'x' }))).toBe('mailboxId');
    expect(await instance.finishing.getFinishing({ mailboxId })).toMatchObject({ usesDefault: true, finishing: PLAIN });
  });

  it('need the rights to read and to write them', async () => {
    const jobs = instance.client(FinishingService, ['jobs.read', 'jobs.manage']);
    await expect(jobs.getFinishing({})).rejects.toMatchObject({ code: Code.PermissionDenied });
    await expect(instance.client(FinishingService, ['configuration.read']).putFinishing({ finishing: PLAIN })).rejects.toMatchObject({ code: Code.PermissionDenied });
  });
});

describe('a job', () => {
  it('is made with the options that hold at that moment, whichever instance changed them, and keeps them', async () => {
    const { printer, queueId } = await startPrinter();
    await instance.queues.createQueue({ settings: queueSettings(`${queueId}-held`, printer.uri) });
    const mailboxId = randomUUID();
    const mail = () => harness.mail(`${queueId}-held`, { mailboxId, owner: `keeper-${count}@example.org` });
    const first = await mail();
    expect(await decided(first)).toMatchObject({ ...PLAIN, decidedBy: 'general', notApplied: [] });
    // Both instances have the earlier options in memory now, or may have.
    await replica.finishing.putFinishing({ finishing: DUPLEX });
    for (let index = 0; index < 4; index += 1) expect(await decided(await mail())).toMatchObject({ ...DUPLEX, decidedBy: 'general' });
    await instance.finishing.putFinishing({ mailboxId, finishing: { colorMode: 'color', sides: 'two-sided-short-edge' } });
    for (let index = 0; index < 4; index += 1) expect(await decided(await mail())).toMatchObject({ colorMode: 'color', sides: 'two-sided-short-edge', decidedBy: 'mailbox' });
    await replica.finishing.putFinishing({ mailboxId, useDefault: true });
    expect(await decided(await mail())).toMatchObject({ ...DUPLEX, decidedBy: 'general' });
    expect(await evidenceOf(first, 'held')).toMatchObject({ ...said(PLAIN), finishingDecidedBy: 'general' });
    await instance.release.release({ code: await harness.codeOf(first), releasePoint: queueId, jobIds: [...first.jobIds] });
    await eventually(() => harness.stateOf(first.jobIds[0])).toBe(PRINTED);
    expect(onPaper(printer)).toEqual(['color one-sided']);
    await printer.stop();
  });

  it('reaches the printer with its options, and its journey says so', async () => {
    const { printer, queueId } = await startPrinter();
    await instance.finishing.putFinishing({ finishing: DUPLEX });
    const mailed = await harness.mail(queueId);
    await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe(PRINTED);
    expect(onPaper(printer)).toEqual(['monochrome two-sided-long-edge']);
    expect(await evidenceOf(mailed, 'released')).toMatchObject({ ...said(DUPLEX), finishingDecidedBy: 'general' });
    for (const step of ['sent-to-printer', 'printed']) {
      const evidence = await evidenceOf(mailed, step);
      expect(evidence).toMatchObject(said(DUPLEX));
      expect(evidence).not.toHaveProperty('notApplied');
    }
    await printer.stop();
  });

  it.each([
    ['passes options over', {}],
    ['passes options over without a word', { ignoresSilently: true }],
    ['refuses jobs for an option that it does not have', { insistsOnFidelity: true }],
  ])('is printed by a printer that %s, and says what was not applied', async (_, faults) => {
    const { printer, queueId } = await startPrinter({ supports: SIMPLE, faults });
    await instance.finishing.putFinishing({ finishing: { colorMode: 'color', sides: 'two-sided-short-edge' } });
    const mailed = await harness.mail(queueId);
    await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe(PRINTED);
    expect((await jobOf(mailed))?.finishing).toMatchObject({ colorMode: 'color', sides: 'two-sided-short-edge', notApplied: ['colorMode', 'sides'] });
    for (const step of ['sent-to-printer', 'printed']) expect(await evidenceOf(mailed, step)).toMatchObject({ notApplied: ['colorMode', 'sides'] });
    expect(onPaper(printer)).toEqual(['- -']);
    await printer.stop();
  });

  it('is printed as well by a printer that changed since it was asked, whether it refuses options or passes them over', async () => {
    for (const faults of [{}, { insistsOnFidelity: true }]) {
      const { printer, queueId } = await startPrinter({ supports: SIMPLE, faults });
      await eventually(async () => (await instance.queues.getQueue({ queueId })).queue?.printerState).toBe('idle');
      await harness.superuser.query(`UPDATE print_submit.printer SET capabilities = '{"sides": ["two-sided-long-edge"], "colorModes": ["color"]}' WHERE queue_id = $1`, [queueId]);
      await instance.finishing.putFinishing({ finishing: { colorMode: 'color', sides: 'two-sided-long-edge' } });
      const mailed = await harness.mail(queueId);
      await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe(PRINTED);
      expect(onPaper(printer)).toEqual(['- -']);
      expect([...((await jobOf(mailed))?.finishing?.notApplied ?? [])].toSorted()).toEqual(['colorMode', 'sides']);
      await printer.stop();
    }
  });

  it('says what was not applied also when the answer was lost and the printer was asked', async () => {
    const { printer, queueId } = await startPrinter({ supports: SIMPLE, faults: { dropAfterDocument: true } });
    await instance.finishing.putFinishing({ finishing: { colorMode: 'monochrome', sides: 'two-sided-long-edge' } });
    const mailed = await harness.mail(queueId);
    await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe(PRINTED);
    expect(await evidenceOf(mailed, 'printed')).toMatchObject({ ...said(DUPLEX), notApplied: ['sides'] });
    expect((await jobOf(mailed))?.finishing).toMatchObject({ notApplied: ['sides'] });
    expect(onPaper(printer)).toEqual(['monochrome -']);
    await printer.stop();
  });
});

describe('a held job', () => {
  const change = (jobId: string | undefined, wanted: Parameters<typeof instance.jobs.changeFinishing>[0]['change']) => instance.jobs.changeFinishing({ jobId: jobId ?? '', ...(wanted ? { change: wanted } : {}) });

  async function hold(options: Partial<VirtualPrinterOptions> = {}, pages = 5) {
    const { printer, queueId } = await startPrinter(options);
    await instance.queues.updateQueue({ queueId, settings: queueSettings(queueId, printer.uri) });
    await eventually(async () => (await instance.queues.getQueue({ queueId })).queue?.capabilities?.copiesMax).toBe(999);
    const mailed = await harness.mail(queueId, { owner: `holder-${count}@example.org`, documents: [{ fileName: 'report.pdf', pages }] });
    await decided(mailed);
    return { printer, queueId, mailed, jobId: mailed.jobIds[0] };
  }

  it('can be changed to what its printer has, comes out like that, and is counted like that', async () => {
    const { printer, queueId, mailed, jobId } = await hold();
    expect((await jobOf(mailed))?.finishingChoices).toMatchObject({ colorModes: ['color', 'monochrome'], copiesMax: 999, pageRanges: true, media: expect.arrayContaining(['iso_a5_148x210mm']) });
    expect(await jobOf(mailed)).toMatchObject({ impressions: 5, sheets: 5, countedBy: 'pages' });
    const wanted = { sides: 'two-sided-long-edge', copies: 3, media: 'iso_a5_148x210mm', pageRanges: '5,1-2' };
    const { job } = await change(jobId, wanted);
    const changed = { ...PLAIN, ...wanted, pageRanges: '1-2,5' };
    expect(job).toMatchObject({ impressions: 9, sheets: 6, countedBy: 'pages', finishing: { ...changed, decidedBy: 'administrator', notApplied: [] } });
    expect(await evidenceOf(mailed, 'finishing-changed')).toMatchObject({ ...changed, by: 'administrator', actor: 'tester', was: { colorMode: 'color', sides: 'one-sided' } });
    await instance.release.release({ code: await harness.codeOf(mailed), releasePoint: queueId, jobIds: [] });
    await eventually(() => harness.stateOf(jobId)).toBe(PRINTED);
    const attributes = new Map(printer.printed[0]?.attributes.map(({ name, values }) => [name, values]));
    expect(attributes.get('copies')).toEqual([{ syntax: 'integer', value: 3 }]);
    expect(attributes.get('media')).toEqual([{ syntax: 'keyword', value: 'iso_a5_148x210mm' }]);
    expect(attributes.get('page-ranges')).toEqual([{ syntax: 'rangeOfInteger', lower: 1, upper: 2 }, { syntax: 'rangeOfInteger', lower: 5, upper: 5 }]);
    const [fact] = await harness.facts(mailed.messageId, 'print.job-recorded.v1');
    expect(fact?.payload).toMatchObject({ pages: 5, copies: 3, media: 'iso_a5_148x210mm', duplex: true, color: true, impressions: 9, sheets: 6 });
    expect(await jobOf(mailed)).toMatchObject({ impressions: 9, sheets: 6 });
    await printer.stop();
  });

  it('keeps what it was where the change is refused, with the field that is wrong', async () => {
    const { printer, queueId, mailed, jobId } = await hold({ supports: SIMPLE });
    const refusals = [[{ sides: 'two-sided-long-edge' }, 'sides'], [{ copies: 1_000 }, 'copies'], [{ pageRanges: '6' }, 'pageRanges'], [{ media: 'iso_a0_841x1189mm' }, 'media'], [{ colorMode: 'sepia' }, 'colorMode']] as const;
    for (const [wanted, field] of refusals) expect(await fieldOf(change(jobId, { copies: 2, ...wanted }))).toBe(field);
    expect(await fieldOf(change(jobId, undefined))).toBe('change');
    expect((await jobOf(mailed))?.finishing).toMatchObject({ ...PLAIN, decidedBy: 'general' });
    expect(await evidenceOf(mailed, 'finishing-changed')).toBeUndefined();
    await expect(change(randomUUID(), { copies: 2 })).rejects.toMatchObject({ code: Code.NotFound });
    await expect(instance.client(JobService, ['jobs.read']).changeFinishing({ jobId: jobId ?? '', change: { copies: 2 } })).rejects.toMatchObject({ code: Code.PermissionDenied });
    await instance.release.release({ code: await harness.codeOf(mailed), releasePoint: queueId, jobIds: [] });
    await eventually(() => harness.stateOf(jobId)).toBe(PRINTED);
    await expect(change(jobId, { copies: 2 })).rejects.toMatchObject({ code: Code.FailedPrecondition });
    await printer.stop();
  });

  it('is printed as it was when it was released, or as it was changed before, and never in between', async () => {
    const { printer, queueId, mailed, jobId } = await hold();
    const release = instance.release.release({ code: await harness.codeOf(mailed), releasePoint: queueId, jobIds: [] });
    const changes = await Promise.all(Array.from({ length: 4 }, (_, index) => change(jobId, { copies: index + 2, colorMode: 'monochrome' }).then(() => 'changed', () => 'too late')));
    await release;
    await eventually(() => harness.stateOf(jobId)).toBe(PRINTED);
    const { finishing } = (await jobOf(mailed)) ?? {};
    const copies = printer.printed[0]?.attributes.find(({ name }) => name === 'copies')?.values;
    expect(printer.printed).toHaveLength(1);
    expect(copies).toEqual(finishing?.copies === 1 ? undefined : [{ syntax: 'integer', value: finishing?.copies }]);
    expect(finishing?.colorMode).toBe(changes.includes('changed') ? 'monochrome' : 'color');
    await printer.stop();
  });
});

describe('a deleted mailbox', () => {
  it('takes its own options along, and neither the general ones nor those of its jobs', async () => {
    const mailboxId = randomUUID();
    const own = { colorMode: 'monochrome', sides: 'two-sided-short-edge' };
    await instance.finishing.putFinishing({ mailboxId, finishing: own });
    const { printer, queueId } = await startPrinter();
    await instance.queues.createQueue({ settings: queueSettings(`${queueId}-held`, printer.uri) });
    const mailed = await harness.mail(`${queueId}-held`, { mailboxId });
    expect(await decided(mailed)).toMatchObject({ ...own, decidedBy: 'mailbox' });
    await harness.deleteMailbox(mailboxId);
    await eventually(() => instance.finishing.getFinishing({ mailboxId })).toMatchObject({ finishing: PLAIN, usesDefault: true });
    expect((await instance.finishing.getFinishing({ mailboxId })).own).toBeUndefined();
    expect(await decided(mailed)).toMatchObject({ ...own, decidedBy: 'mailbox' });
    // A mail that was under way follows the general ones.
    expect(await decided(await harness.mail(`${queueId}-held`, { mailboxId }))).toMatchObject({ ...PLAIN, decidedBy: 'general' });
    await printer.stop();
  });
});
