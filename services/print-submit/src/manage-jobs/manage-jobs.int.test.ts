import { Code } from '@connectrpc/connect';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { VirtualPrinter } from '@inkpost/ipp/virtual-printer/virtual-printer.js';
import { eventually, type Instance, type Mailed, onPaper, PrintHarness, queueSettings } from '../print-submit.harness.js';

const PRINTED = 'completed job-completed-successfully';

let harness: PrintHarness;
let instance: Instance;
let printer: VirtualPrinter;
let count = 0;
let queueId: string;
let forgetsWhatItPrinted = false;

beforeAll(async () => {
  harness = await PrintHarness.start();
  instance = await harness.startInstance();
  return () => harness.remove();
});

beforeEach(async () => {
  count += 1;
  queueId = `queue-${count}`;
  forgetsWhatItPrinted = false;
  printer = await VirtualPrinter.start({
    outputFolder: join(harness.folder, `printed-${count}`),
    onPrinted: () => {
      printer.faults.forgetJobs = forgetsWhatItPrinted;
    },
  });
  await instance.queues.createQueue({ settings: queueSettings(queueId, printer.uri, false) });
  return () => printer.stop();
});

const stateOf = ({ jobIds }: Mailed) => () => harness.stateOf(jobIds[0]);
const jobOf = async ({ jobIds }: Mailed) => (await instance.jobs.getJob({ jobId: jobIds[0] ?? '' })).job;
const evidenceOf = async ({ messageId }: Mailed, step: string) => (await harness.journey(messageId)).filter((entry) => entry.step === step).map(({ evidence }) => evidence);
const leaseOf = async () => (await harness.superuser.query<{ token: string | null }>('SELECT lease_token AS token FROM print_submit.printer WHERE queue_id = $1', [queueId])).rows[0]?.token;

describe('an uncertain job', () => {
  async function makeUncertain(): Promise<Mailed> {
    forgetsWhatItPrinted = true;
    printer.faults.dropAfterDocument = true;
    const mailed = await harness.mail(queueId);
    await eventually(stateOf(mailed)).toBe('processing-stopped uncertain');
    forgetsWhatItPrinted = false;
    Object.assign(printer.faults, { dropAfterDocument: false, forgetJobs: false });
    return mailed;
  }

  it('is visible, never printed again by itself, and doesn\'t keep others from printing', async () => {
    const mailed = await makeUncertain();
    expect(printer.printed).toHaveLength(1);
    expect(await jobOf(mailed)).toMatchObject({ jobState: 'processing-stopped', jobStateReason: 'uncertain', problem: expect.stringContaining('cannot say') });
    expect(await harness.steps(mailed.messageId)).toEqual(['released', 'uncertain']);
    expect(await harness.metrics()).toMatch(new RegExp(`print_jobs_uncertain\\{queue="${queueId}".*\\} 1`, 'u'));
    const next = await harness.mail(queueId);
    await eventually(stateOf(next)).toBe(PRINTED);
    expect(await harness.stateOf(mailed.jobIds[0])).toBe('processing-stopped uncertain');
    expect(await harness.isErased(mailed.jobIds[0])).toBe(false);
    expect(printer.printed).toHaveLength(2);
  });

  it('is printed again when a person says so', async () => {
    const mailed = await makeUncertain();
    await instance.jobs.releaseJob({ jobId: mailed.jobIds[0] ?? '' });
    await eventually(stateOf(mailed)).toBe(PRINTED);
    expect(printer.printed).toHaveLength(2);
    expect(await evidenceOf(mailed, 'released')).toMatchObject([{}, { by: 'administrator', actor: 'tester', after: 'uncertain' }]);
  });

  it('is completed, and counted, when a person saw it on paper', async () => {
    const mailed = await makeUncertain();
    const { job } = await instance.jobs.cancelJob({ jobId: mailed.jobIds[0] ?? '', printed: true });
    expect(job).toMatchObject({ jobState: 'completed' });
    expect((await harness.facts(mailed.messageId)).map(({ subject }) => subject)).toEqual(['print.job-completed.v1', 'print.job-recorded.v1']);
    expect(await evidenceOf(mailed, 'printed')).toMatchObject([{ confirmation: 'seen by a person', actor: 'tester' }]);
    expect(printer.printed).toHaveLength(1);
  });

  it('is canceled when nobody wants it any more', async () => {
    const mailed = await makeUncertain();
    expect((await instance.jobs.cancelJob({ jobId: mailed.jobIds[0] ?? '' })).job).toMatchObject({ jobState: 'canceled', jobStateReason: 'job-canceled-by-operator' });
    expect(await harness.isErased(mailed.jobIds[0])).toBe(true);
  });
});

describe('canceling', () => {
  it('a job that waits ends it, tells its owner why and erases the document', async () => {
    await printer.stop();
    const mailed = await harness.mail(queueId);
    await eventually(stateOf(mailed)).toBe('pending printer-unreachable');
    await eventually(async () => {
      await instance.jobs.cancelJob({ jobId: mailed.jobIds[0] ?? '' }).catch(() => undefined);
      return harness.stateOf(mailed.jobIds[0]);
    }).toBe('canceled job-canceled-by-operator');
    expect(await harness.facts(mailed.messageId)).toMatchObject([{ subject: 'print.job-aborted.v1', payload: { reason: 'job-canceled-by-operator', statusText: 'An administrator canceled the job.' } }]);
    expect(await evidenceOf(mailed, 'canceled')).toMatchObject([{ by: 'administrator', actor: 'tester' }]);
    expect(await harness.isErased(mailed.jobIds[0])).toBe(true);
  });

  it('a job that the printer has cancels it there', async () => {
    printer.faults.neverCompletes = true;
    const mailed = await harness.mail(queueId);
    await eventually(stateOf(mailed)).toBe('processing job-printing');
    await instance.jobs.cancelJob({ jobId: mailed.jobIds[0] ?? '' });
    await eventually(stateOf(mailed)).toBe('canceled job-canceled-at-device');
    expect(await evidenceOf(mailed, 'canceled')).toMatchObject([{ printerJobState: 'canceled' }]);
  });

  it('a job whose printer has it and went off ends it here, and says that it may still come out', async () => {
    printer.faults.neverCompletes = true;
    const mailed = await harness.mail(queueId);
    await eventually(stateOf(mailed)).toBe('processing job-printing');
    await printer.stop();
    await eventually(stateOf(mailed)).toBe('processing printer-unreachable');
    expect((await instance.jobs.cancelJob({ jobId: mailed.jobIds[0] ?? '' })).job).toMatchObject({ jobState: 'canceled', problem: expect.stringContaining('may still print') });
    await eventually(leaseOf).toBeNull();
    await instance.queues.deleteQueue({ queueId });
    expect((await harness.steps(mailed.messageId)).at(-1)).toBe('canceled');
  });

  it('a job that nobody can say of whether its printer has it is possible, too', async () => {
    printer.faults.http500 = true;
    const mailed = await harness.mail(queueId);
    await eventually(stateOf(mailed)).toBe('processing printer-error');
    await instance.jobs.cancelJob({ jobId: mailed.jobIds[0] ?? '' });
    expect(await harness.stateOf(mailed.jobIds[0])).toBe('canceled job-canceled-by-operator');
    await eventually(leaseOf).toBeNull();
    expect(printer.printed).toEqual([]);
  });

  it('a finished job is refused', async () => {
    const mailed = await harness.mail(queueId);
    await eventually(stateOf(mailed)).toBe(PRINTED);
    expect(await onPaper(printer.printed)).toEqual(mailed.sha256);
    const jobId = mailed.jobIds[0] ?? '';
    await expect(instance.jobs.cancelJob({ jobId })).rejects.toMatchObject({ code: Code.FailedPrecondition, rawMessage: 'The job is completed already.' });
    await expect(instance.jobs.cancelJob({ jobId, printed: true })).rejects.toMatchObject({ code: Code.FailedPrecondition });
    await expect(instance.jobs.releaseJob({ jobId })).rejects.toMatchObject({ code: Code.FailedPrecondition });
    await expect(instance.jobs.getJob({ jobId: '3334d45e-9150-4c7d-9ac2-1a751e10723b' })).rejects.toMatchObject({ code: Code.NotFound });
    await expect(instance.jobs.getJob({ jobId: 'x' })).rejects.toMatchObject({ code: Code.InvalidArgument });
  });
});

describe('the list of jobs', () => {
  it('is paged newest first without gaps, and filtered', async () => {
    const owner = `list-${count}@example.org`;
    const mails = [];
    for (let index = 0; index < 3; index += 1) mails.push(await harness.mail(queueId, { owner, documents: [{}, {}] }));
    for (const mailed of mails) await eventually(() => harness.stateOf(mailed.jobIds[1])).toBe(PRINTED);
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = await instance.jobs.listJobs({ queueId, limit: 4, cursor });
      seen.push(...page.jobs.map(({ jobId }) => jobId));
      cursor = page.nextCursor;
    } while (cursor !== '');
    expect(seen.toSorted()).toEqual(mails.flatMap(({ jobIds }) => jobIds).toSorted());
    const { jobs } = await instance.jobs.listJobs({ accountId: `account:${owner}`, jobStates: ['completed'], queueId });
    expect(jobs.map(({ createdAt }) => Number(createdAt?.seconds))).toEqual(jobs.map(({ createdAt }) => Number(createdAt?.seconds)).toSorted((a, b) => b - a));
    expect(jobs).toHaveLength(6);
    expect((await instance.jobs.listJobs({ queueId, jobStates: ['aborted', 'canceled'] })).jobs).toEqual([]);
    expect((await instance.jobs.listJobs({ queueId, answered: true })).jobs).toHaveLength(6);
    expect((await instance.jobs.listJobs({ answered: false })).jobs).toEqual([]);
    const { rows } = await harness.superuser.query<{ id: string }>(`UPDATE print_submit.job SET queue_id = '@server', job_state = 'pending', completed_at = NULL WHERE id = $1 RETURNING id`, [mails[0]?.jobIds[0]]);
    await harness.superuser.query(`INSERT INTO print_submit.sent_job (job_id, mailbox_queue_id, due_at) VALUES ($1, 'lobby', '2040-01-01')`, [rows[0]?.id]);
    expect((await instance.jobs.listJobs({ answered: false })).jobs).toMatchObject([{ jobId: rows[0]?.id, nextTryAt: { seconds: 2_208_988_800n } }]);
    await harness.superuser.query(`UPDATE print_submit.job SET queue_id = $2, job_state = 'completed', completed_at = now() WHERE id = $1`, [rows[0]?.id, queueId]);
    await expect(instance.jobs.listJobs({ jobStates: ['lost'] })).rejects.toMatchObject({ code: Code.InvalidArgument });
    await expect(instance.jobs.listJobs({ cursor: 'x' })).rejects.toMatchObject({ code: Code.InvalidArgument });
    await expect(instance.jobs.listJobs({ limit: 201 })).rejects.toMatchObject({ code: Code.InvalidArgument });
  });
});
