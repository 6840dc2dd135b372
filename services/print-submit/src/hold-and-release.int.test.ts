import { Code, ConnectError } from '@connectrpc/connect';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { JobService, QueueService } from '@inkpost/contracts/admin/v1/print_pb.js';
import { FieldProblemSchema } from '@inkpost/contracts/admin/v1/diagnostics_pb.js';
import { VirtualPrinter } from '@inkpost/ipp/virtual-printer/virtual-printer.js';
import { samplePdf } from '@inkpost/testkit/sample-pdf.js';
import { eventually, type Instance, onPaper, PrintHarness, queueSettings } from './print-submit.harness.js';

let harness: PrintHarness;
let instance: Instance;
let printer: VirtualPrinter;
let points = 0;
/** A release point of the test's own, so that wrong codes lock out nobody else. */
let releasePoint: string;

beforeAll(async () => {
  harness = await PrintHarness.start();
  instance = await harness.startInstance();
  return () => harness.remove();
});

beforeEach(async () => {
  points += 1;
  releasePoint = `point-${points}`;
  printer = await VirtualPrinter.start({ outputFolder: join(harness.folder, `printed-${points}`) });
  await instance.queues.createQueue({ settings: queueSettings(`held-${points}`, printer.uri) });
  await instance.queues.createQueue({ settings: queueSettings(`direct-${points}`, printer.uri, false) });
  return () => printer.stop();
});

const held = (): string => `held-${points}`;
const direct = (): string => `direct-${points}`;
const owner = (name = 'ada'): string => `${name}-${points}@example.org`;
const printedCount = () => printer.printed.length;

describe('a document on a queue with validation', () => {
  it('waits for its code, is printed byte for byte, told of, counted, and erased', async () => {
    const bytes = samplePdf({ pages: 3, sizeBytes: 900_000 });
    const mailed = await harness.mail(held(), { owner: owner(), documents: [{ fileName: 'thesis.pdf', bytes }] });
    const code = await harness.codeOf(mailed);
    const [jobId] = mailed.jobIds;
    expect(await harness.stateOf(jobId)).toBe('pending-held job-hold-until-specified');
    expect(printer.printed).toEqual([]);

    const released = await instance.release.release({ code, releasePoint, jobIds: [] });
    expect(released).toMatchObject({ outcome: 'released', jobs: [{ jobId, fileName: 'thesis.pdf', jobState: 'pending' }] });
    await eventually(() => harness.stateOf(jobId)).toBe('completed job-completed-successfully');

    expect(await onPaper(printer.printed)).toEqual(mailed.sha256);
    expect(printer.printed[0]).toMatchObject({ jobName: `thesis.pdf [inkpost ${jobId}.1]`, userName: owner() });
    expect(await harness.steps(mailed.messageId)).toEqual(['held', 'released', 'sent-to-printer', 'printed']);
    const [, , sent, printed] = await harness.journey(mailed.messageId);
    expect(sent?.evidence).toMatchObject({ printer: printer.uri, printerJobId: printer.printed[0]?.jobId, queueId: held(), attempt: 1 });
    expect(printed?.evidence).toMatchObject({ bytes: 900_000, sha256: mailed.sha256[0], sha256IsTheDocuments: true, printerJobState: 'completed' });
    const facts = await harness.facts(mailed.messageId);
    expect(facts.map(({ subject }) => subject)).toEqual(['print.job-held.v1', 'print.job-completed.v1', 'print.job-recorded.v1']);
    expect(facts[2]?.payload).toMatchObject({ jobId, queueId: held(), mailboxId: 'mailbox-1', pages: 1, copies: 1 });
    expect(JSON.stringify(facts[2]?.payload)).not.toContain('thesis');
    expect(await harness.isErased(jobId)).toBe(true);
  });

  it('waits as many hours as its queue says, and its document is kept as long', async () => {
    await instance.queues.updateQueue({ queueId: held(), settings: { ...queueSettings(held(), printer.uri), holdHours: 5 } });
    const mailed = await harness.mail(held(), { owner: owner() });
    await harness.codeOf(mailed);
    const { rows } = await harness.superuser.query(
      `SELECT round(extract(epoch FROM job_hold_until - now()) / 3600) AS held, round(extract(epoch FROM c.until - now()) / 3600) AS kept
       FROM print_submit.job j JOIN spool.claim c ON c.document_id = j.id WHERE j.id = $1 AND c.service = 'print_submit'`, [mailed.jobIds[0]]);
    expect(rows).toEqual([{ held: '5', kept: '29' }]);
  });

  it('is listed by its code without being printed', async () => {
    const mailed = await harness.mail(held(), { owner: owner(), documents: [{ fileName: 'a.pdf' }, { fileName: 'b.pdf' }] });
    const waiting = await instance.release.listWaiting({ code: await harness.codeOf(mailed), releasePoint });
    expect(waiting).toMatchObject({ outcome: 'valid', jobs: [{ fileName: 'a.pdf', jobState: 'pending-held' }, { fileName: 'b.pdf', jobState: 'pending-held' }] });
    expect(printer.printed).toEqual([]);
  });

  it('is opened by every code of its owner, also an earlier one, until the last document is gone; then by none', async () => {
    const first = await harness.mail(held(), { owner: owner() });
    const firstCode = await harness.codeOf(first);
    const second = await harness.mail(held(), { owner: owner() });
    const secondCode = await harness.codeOf(second);
    expect(secondCode).not.toBe(firstCode);
    const released = await instance.release.release({ code: firstCode, releasePoint, jobIds: [] });
    expect(released.jobs.map(({ jobId }) => jobId)).toEqual([...first.jobIds, ...second.jobIds]);
    await eventually(printedCount).toBe(2);
    await eventually(() => harness.stateOf(second.jobIds[0])).toBe('completed job-completed-successfully');
    await eventually(() => harness.stateOf(first.jobIds[0])).toBe('completed job-completed-successfully');
    for (const code of [firstCode, secondCode]) expect(await instance.release.listWaiting({ code, releasePoint })).toMatchObject({ outcome: 'wrong-code', jobs: [] });
  });

  it('opens with a code typed with dashes, spaces and small letters', async () => {
    const code = await harness.codeOf(await harness.mail(held(), { owner: owner() }));
    const typed = ` ${code.slice(0, 4)}-${code.slice(4)} `.toLowerCase();
    expect(await instance.release.listWaiting({ code: typed, releasePoint })).toMatchObject({ outcome: 'valid' });
  });

  it('is printed once, however often and from wherever it is released', async () => {
    const mailed = await harness.mail(held(), { owner: owner() });
    const code = await harness.codeOf(mailed);
    const [jobId = ''] = mailed.jobIds;
    const tries = await Promise.allSettled([
      ...Array.from({ length: 8 }, (_, index) => instance.release.release({ code, releasePoint: `${releasePoint}-${index}`, jobIds: [] })),
      ...Array.from({ length: 4 }, () => instance.jobs.releaseJob({ jobId })),
    ]);
    const succeeded = tries.filter((each) => each.status === 'fulfilled' && (!('outcome' in each.value) || each.value.outcome === 'released'));
    expect(succeeded).toHaveLength(1);
    await eventually(() => harness.stateOf(jobId)).toBe('completed job-completed-successfully');
    expect(printer.printed).toHaveLength(1);
    expect(await harness.steps(mailed.messageId)).toEqual(['held', 'released', 'sent-to-printer', 'printed']);
  });

  it('stays held when another of the same owner is chosen', async () => {
    const mailed = await harness.mail(held(), { owner: owner(), documents: [{ fileName: 'a.pdf' }, { fileName: 'b.pdf' }] });
    const code = await harness.codeOf(mailed);
    const [first = '', second] = mailed.jobIds;
    expect(await instance.release.release({ code, releasePoint, jobIds: [first] })).toMatchObject({ outcome: 'released', jobs: [{ jobId: first }] });
    await eventually(() => harness.stateOf(first)).toBe('completed job-completed-successfully');
    expect(await harness.stateOf(second)).toBe('pending-held job-hold-until-specified');
    expect(await instance.release.release({ code, releasePoint, jobIds: [first] })).toMatchObject({ outcome: 'nothing-waiting', jobs: [] });
    expect(printer.printed).toHaveLength(1);
  });

  it('of somebody else is neither listed nor released by a code', async () => {
    const mine = await harness.codeOf(await harness.mail(held(), { owner: owner('ada') }));
    const other = await harness.mail(held(), { owner: owner('eve') });
    await harness.codeOf(other);
    const { jobs } = await instance.release.listWaiting({ code: mine, releasePoint });
    expect(jobs.map(({ ownerAddress }) => ownerAddress)).toEqual([owner('ada')]);
    expect(await instance.release.release({ code: mine, releasePoint, jobIds: [...other.jobIds] })).toMatchObject({ outcome: 'nothing-waiting' });
    expect(await harness.stateOf(other.jobIds[0])).toBe('pending-held job-hold-until-specified');
  });

  it('brings one fact with all documents and what was refused of the message', async () => {
    const mailed = await harness.mail(held(), { owner: owner(), documents: [{ fileName: 'a.pdf' }, { fileName: 'b.pdf' }], refusedParts: ['photo.png'] });
    await harness.codeOf(mailed);
    const facts = await harness.facts(mailed.messageId);
    expect(facts).toHaveLength(1);
    expect(facts[0]?.payload).toMatchObject({ jobs: [{ fileName: 'a.pdf' }, { fileName: 'b.pdf' }], refusedParts: [{ fileName: 'photo.png' }], queueName: `Queue ${held()}`, subject: 'Please print' });
  });
});

describe('a document on a queue without validation', () => {
  it('is printed at once, without a code, in the order of the mail', async () => {
    const documents = Array.from({ length: 5 }, (_, index) => ({ fileName: `${index}.pdf`, bytes: samplePdf({ text: `page ${index}` }) }));
    const mailed = await harness.mail(direct(), { owner: owner(), documents });
    await eventually(printedCount).toBe(5);
    expect(await onPaper(printer.printed)).toEqual(mailed.sha256);
    await eventually(() => harness.stateOf(mailed.jobIds[4])).toBe('completed job-completed-successfully');
    const { rows } = await harness.superuser.query('SELECT 1 FROM print_submit.puk WHERE account_id = $1', [`account:${owner()}`]);
    expect(rows).toEqual([]);
  });

  it('tells its owner of each part that was refused, since no code is mailed', async () => {
    const mailed = await harness.mail(direct(), { owner: owner(), refusedParts: ['photo.png'] });
    await eventually(printedCount).toBe(1);
    const [refused] = await harness.facts(mailed.messageId, 'print.job-aborted.v1');
    expect(refused?.payload).toMatchObject({ job: { fileName: 'photo.png' }, reason: 'unsupported-format', statusText: 'Job [photo.png] has an invalid/unsupported mime type' });
  });
});

describe('a queue', () => {
  it('that does not exist makes the message wait, visibly, and it goes on once the queue is made', async () => {
    const mailed = await harness.mail(`new-${points}`, { owner: owner() });
    await eventually(() => harness.steps(mailed.messageId)).toEqual(['waiting']);
    expect((await harness.journey(mailed.messageId))[0]?.evidence).toMatchObject({ reason: `print.queue-unknown: There is no queue "new-${points}": create it, and the message goes on by itself.` });
    await instance.queues.createQueue({ settings: queueSettings(`new-${points}`, printer.uri, false) });
    await eventually(printedCount).toBe(1);
  });

  it('that never comes ends the jobs with their documents, and their owner is told', async () => {
    const mailed = await harness.mail(`never-${points}`, { owner: owner() });
    await eventually(() => harness.steps(mailed.messageId)).toEqual(['waiting']);
    await harness.superuser.query('UPDATE spool.document SET wrapped_key = NULL, erased_at = now() WHERE id = ANY ($1)', [mailed.jobIds]);
    await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe('aborted queue-unknown');
    expect(await harness.facts(mailed.messageId)).toMatchObject([{ subject: 'print.job-aborted.v1', payload: { reason: 'queue-unknown' } }]);
  });

  it('whose validation was switched on holds the next job, also for who still remembers the old setting', async () => {
    const first = await harness.mail(direct(), { owner: owner() });
    await eventually(printedCount).toBe(1);
    expect(await harness.stateOf(first.jobIds[0])).toMatch(/completed|processing/);
    await instance.queues.updateQueue({ queueId: direct(), settings: queueSettings(direct(), printer.uri, true) });
    const second = await harness.mail(direct(), { owner: owner() });
    await harness.codeOf(second);
    expect(await harness.stateOf(second.jobIds[0])).toBe('pending-held job-hold-until-specified');
  });

  it('with unfinished jobs is not deleted, and says how many; without them it is', async () => {
    const mailed = await harness.mail(held(), { owner: owner() });
    await harness.codeOf(mailed);
    await expect(instance.queues.deleteQueue({ queueId: held() })).rejects.toMatchObject({ code: Code.FailedPrecondition, rawMessage: expect.stringContaining('has 1 unfinished jobs') });
    await instance.jobs.cancelJob({ jobId: mailed.jobIds[0] ?? '' });
    await instance.queues.deleteQueue({ queueId: held() });
    await expect(instance.queues.getQueue({ queueId: held() })).rejects.toMatchObject({ code: Code.NotFound });
    expect((await instance.jobs.getJob({ jobId: mailed.jobIds[0] ?? '' })).job).toMatchObject({ queueId: held(), jobState: 'canceled' });
  });

  it('shows its printer, and what is on it', async () => {
    await eventually(async () => (await instance.queues.getQueue({ queueId: held() })).queue?.printerState).toBe('idle');
    await harness.codeOf(await harness.mail(held(), { owner: owner(), documents: [{}, {}] }));
    expect((await instance.queues.getQueue({ queueId: held() })).queue).toMatchObject({ jobsHeld: 2, jobsWaiting: 0, settings: { holdHours: 72 } });
    await instance.queues.createQueue({ settings: queueSettings(`gone-${points}`, 'ipp://127.0.0.1:1/ipp/print') });
    await eventually(async () => (await instance.queues.getQueue({ queueId: `gone-${points}` })).queue).toMatchObject({
      printerState: 'unreachable', problem: expect.stringContaining('ECONNREFUSED'),
    });
    expect((await instance.queues.listQueues({})).queues.map(({ settings }) => settings?.queueId)).toContain(`gone-${points}`);
  });

  it('is refused with the name of the field that is wrong, and twice', async () => {
    const refusal = async (change: object): Promise<unknown> =>
      instance.queues.createQueue({ settings: { ...queueSettings(`other-${points}`, printer.uri), ...change } }).then(() => 'made', (error: unknown) => ConnectError.from(error).rawMessage);
    expect(await refusal({ printerUri: 'lpd://printer' })).toMatch(/^printerUri: is not usable/);
    expect(await refusal({ name: '' })).toMatch(/^name: is missing/);
    await expect(instance.queues.updateQueue({ queueId: held(), settings: queueSettings('other', printer.uri) })).rejects.toMatchObject({ rawMessage: expect.stringContaining('queueId: cannot be changed') });
    const twice: unknown = await instance.queues.createQueue({ settings: queueSettings(held(), printer.uri) }).catch((error: unknown) => error);
    expect(twice).toMatchObject({ code: Code.AlreadyExists, rawMessage: `There is a queue "${held()}" already.` });
    expect(ConnectError.from(twice).findDetails(FieldProblemSchema)).toMatchObject([{ field: 'queueId', reason: 'is taken' }]);
    await expect(instance.queues.updateQueue({ queueId: 'nowhere', settings: queueSettings('', printer.uri) })).rejects.toMatchObject({ code: Code.NotFound });
  });
});

describe('rights', () => {
  it('are asked for by every method but those of the release point', async () => {
    const queues = instance.client(QueueService, ['jobs.read', 'jobs.manage']);
    const jobs = instance.client(JobService, ['configuration.read', 'configuration.write', 'jobs.read']);
    const jobId = '3334d45e-9150-4c7d-9ac2-1a751e10723b';
    const calls = [
      () => queues.listQueues({}), () => queues.getQueue({ queueId: held() }), () => queues.createQueue({}), () => queues.updateQueue({}), () => queues.deleteQueue({ queueId: held() }),
      () => jobs.releaseJob({ jobId }), () => jobs.cancelJob({ jobId }),
      () => instance.client(JobService, ['jobs.manage']).listJobs({}), () => instance.client(JobService, ['jobs.manage']).getJob({ jobId }),
    ];
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: Code.PermissionDenied });
  });
});

describe('the metrics', () => {
  it('count what was held, released and printed, and how long it took, by queue', async () => {
    const mailed = await harness.mail(held(), { owner: owner() });
    await instance.release.release({ code: await harness.codeOf(mailed), releasePoint, jobIds: [] });
    await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe('completed job-completed-successfully');
    const lines = (await harness.metrics()).split('\n').filter((line) => line.includes(`queue="${held()}"`) && !line.includes('_bucket'));
    const values = Object.fromEntries(lines.map((line) => [/^inkpost_(\w+)/u.exec(line)?.[1], Number(/ (\S+)$/u.exec(line)?.[1])]));
    expect(values).toMatchObject({ print_jobs_held_total: 1, print_jobs_released_total: 1, print_jobs_completed_total: 1, print_released_to_accepted_seconds_count: 1, print_accepted_to_completed_seconds_count: 1 });
    expect(values['print_released_to_accepted_seconds_sum']).toBeGreaterThan(0);
    expect(lines.find((line) => line.includes('print_jobs_released_total'))).toContain('by="code"');
    expect(await harness.metrics()).toContain('print_jobs_uncertain');
  });
});
