import { join } from 'node:path';
import { type Client, Code, ConnectError } from '@connectrpc/connect';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FieldProblemSchema } from '@inkpost/contracts/admin/v1/diagnostics_pb.js';
import { QueueGroupService } from '@inkpost/contracts/admin/v1/queue_groups_pb.js';
import { VirtualPrinter } from '@inkpost/ipp/virtual-printer/virtual-printer.js';
import { eventually, type Instance, PrintHarness, queueSettings } from '../print-submit.harness.js';

const PRINTED = 'completed job-completed-successfully';

let harness: PrintHarness;
let instance: Instance;
let groups: Client<typeof QueueGroupService>;
let lobby: VirtualPrinter;
let attic: VirtualPrinter;
let count = 0;

beforeAll(async () => {
  harness = await PrintHarness.start();
  instance = await harness.startInstance();
  groups = instance.client(QueueGroupService, ['configuration.read', 'configuration.write']);
  return () => harness.remove();
});

beforeEach(async () => {
  count += 1;
  [lobby, attic] = await Promise.all(['lobby', 'attic'].map((name) => VirtualPrinter.start({ outputFolder: join(harness.folder, `${name}-${count}`) }))) as [VirtualPrinter, VirtualPrinter];
  await instance.queues.createQueue({ settings: queueSettings(id('lobby'), lobby.uri, false) });
  await instance.queues.createQueue({ settings: queueSettings(id('attic'), attic.uri, false) });
  return async () => {
    await Promise.all([lobby.stop(), attic.stop()]);
  };
});

const id = (name: string): string => `${name}-${count}`;
const group = (more: object = {}) => ({ groupId: id('hall'), name: 'Hall', ...more });
const into = async (queueId: string, groupId: string, more: object = {}) => instance.queues.updateQueue({ queueId, settings: { ...queueSettings(queueId, lobby.uri, false), groupId, ...more } });

async function refusal(call: Promise<unknown>): Promise<{ code: Code; field: string | undefined }> {
  const error = ConnectError.from(await call.then(() => new Error('the call was not refused'), (reason: unknown) => reason));
  return { code: error.code, field: error.findDetails(FieldProblemSchema)[0]?.field };
}

describe('a group of queues', () => {
  it('says for all of them whether jobs are held and how long; out of it each goes by its own settings again', async () => {
    await groups.createQueueGroup({ settings: group({ validation: true, holdHours: 5 }) });
    await into(id('lobby'), id('hall'));
    const held = await harness.mail(id('lobby'));
    await eventually(() => harness.stateOf(held.jobIds[0])).toBe('pending-held job-hold-until-specified');
    const until = (await instance.jobs.getJob({ jobId: held.jobIds[0] ?? '' })).job?.jobHoldUntil;
    expect(Math.round((Number(until?.seconds) - Date.now() / 1_000) / 3_600)).toBe(5);
    await groups.updateQueueGroup({ groupId: id('hall'), settings: group({ validation: false }) });
    const printed = await harness.mail(id('lobby'));
    await eventually(() => harness.stateOf(printed.jobIds[0])).toBe(PRINTED);
    await groups.updateQueueGroup({ groupId: id('hall'), settings: group({ validation: true }) });
    await into(id('lobby'), '');
    const own = await harness.mail(id('lobby'));
    await eventually(() => harness.stateOf(own.jobIds[0])).toBe(PRINTED);
  });

  it('can send all its jobs elsewhere, from the very next one on, and the journey says so', async () => {
    await groups.createQueueGroup({ settings: group({ validation: true, redirection: { when: 'always', queueId: id('attic') } }) });
    await into(id('lobby'), id('hall'));
    const mailed = await harness.mail(id('lobby'));
    await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe(PRINTED);
    expect([lobby.printed.length, attic.printed.length]).toEqual([0, 1]);
    expect((await harness.journey(mailed.messageId))[0]).toMatchObject({ step: 'redirected', evidence: { fromQueueId: id('lobby'), queueId: id('attic'), why: 'always' } });
    await groups.updateQueueGroup({ groupId: id('hall'), settings: group() });
    const next = await harness.mail(id('lobby'));
    await eventually(() => harness.stateOf(next.jobIds[0])).toBe(PRINTED);
    expect(lobby.printed.length).toBe(1);
  });

  it('can send jobs elsewhere whose printer fails for a minute, each printed once', async () => {
    await groups.createQueueGroup({ settings: group({ redirection: { when: 'fault', queueId: id('attic') } }) });
    await into(id('lobby'), id('hall'), { printerUri: 'ipp://127.0.0.1:9/ipp/print' });
    const mails = await Promise.all([harness.mail(id('lobby')), harness.mail(id('lobby'), { owner: 'grace@example.org' })]);
    for (const { jobIds } of mails) await eventually(() => harness.stateOf(jobIds[0])).toBe('pending printer-unreachable');
    await harness.superuser.query("UPDATE print_submit.printer SET failing_since = failing_since - interval '61 seconds' WHERE queue_id = $1", [id('lobby')]);
    for (const { jobIds, messageId } of mails) {
      await eventually(() => harness.stateOf(jobIds[0])).toBe(PRINTED);
      expect((await harness.journey(messageId)).find(({ step }) => step === 'redirected')?.evidence).toMatchObject({ queueId: id('attic'), why: 'fault', problem: expect.stringContaining('reached') });
    }
    expect(attic.printed.length).toBe(2);
  });

  it('is cloned from a template, which no queue is in', async () => {
    await groups.createQueueGroup({ settings: group({ template: true, validation: true, holdHours: 9, tags: ['a'], support: ['Help@Example.org'], redirection: { when: 'fault', queueId: id('attic') } }) });
    const { group: clone } = await groups.createQueueGroup({ cloneOf: id('hall'), settings: { groupId: id('clone'), name: 'Second hall' } });
    expect(clone).toMatchObject({ settings: { groupId: id('clone'), name: 'Second hall', template: false, validation: true, holdHours: 9, tags: ['a'], support: ['help@example.org'], redirection: { when: 'fault', queueId: id('attic') } }, queueIds: [] });
    expect(await refusal(into(id('lobby'), id('hall')))).toEqual({ code: Code.InvalidArgument, field: 'groupId' });
    await into(id('lobby'), id('clone'));
    expect((await groups.getQueueGroup({ groupId: id('clone') })).group?.queueIds).toEqual([id('lobby')]);
    expect((await instance.queues.listQueues({ groupId: id('clone') })).queues.map(({ settings }) => settings?.queueId)).toEqual([id('lobby')]);
  });

  it('is refused where it makes no sense, with the field', async () => {
    const create = (more: object) => refusal(groups.createQueueGroup({ settings: group(more) }));
    expect(await create({ redirection: { when: 'always' } })).toEqual({ code: Code.InvalidArgument, field: 'redirection.queueId' });
    expect(await create({ redirection: { when: 'sometimes', queueId: 'x' } })).toEqual({ code: Code.InvalidArgument, field: 'redirection.when' });
    expect(await create({ redirection: { when: 'always', queueId: 'nowhere' } })).toEqual({ code: Code.InvalidArgument, field: 'redirection.queueId' });
    expect(await create({ administrators: ['nobody'] })).toEqual({ code: Code.InvalidArgument, field: 'administrators' });
    expect(await create({ holdHours: 721 })).toEqual({ code: Code.InvalidArgument, field: 'holdHours' });
    await groups.createQueueGroup({ settings: group({ redirection: { when: 'fault', queueId: id('attic') } }) });
    expect(await create({})).toEqual({ code: Code.AlreadyExists, field: undefined });
    await into(id('lobby'), id('hall'));
    const update = (more: object, version = 0) => refusal(groups.updateQueueGroup({ groupId: id('hall'), settings: group(more), version }));
    expect(await update({ template: true })).toEqual({ code: Code.InvalidArgument, field: 'template' });
    expect(await update({ redirection: { when: 'always', queueId: id('lobby') } })).toEqual({ code: Code.InvalidArgument, field: 'redirection.queueId' });
    expect(await update({}, 99)).toEqual({ code: Code.Aborted, field: undefined });
    expect(await refusal(groups.deleteQueueGroup({ groupId: id('hall') }))).toEqual({ code: Code.FailedPrecondition, field: undefined });
    expect(await refusal(instance.queues.deleteQueue({ queueId: id('attic') }))).toEqual({ code: Code.FailedPrecondition, field: undefined });
    await into(id('lobby'), '');
    await groups.deleteQueueGroup({ groupId: id('hall') });
    expect(await refusal(groups.getQueueGroup({ groupId: id('hall') }))).toEqual({ code: Code.NotFound, field: undefined });
  });
});

describe('a job', () => {
  it('goes to another queue by an administrator\'s word, held or waiting, and is printed there with the same code', async () => {
    await instance.queues.createQueue({ settings: queueSettings(id('held'), lobby.uri) });
    const mailed = await harness.mail(id('held'));
    const code = await harness.codeOf(mailed);
    const jobId = mailed.jobIds[0] ?? '';
    expect((await instance.jobs.redirectJob({ jobId, queueId: id('attic') })).job).toMatchObject({ queueId: id('attic'), jobState: 'pending-held' });
    await instance.release.release({ code, releasePoint: 'attic' });
    await eventually(() => harness.stateOf(jobId)).toBe(PRINTED);
    expect([lobby.printed.length, attic.printed.length]).toEqual([0, 1]);
    expect(await refusal(instance.jobs.redirectJob({ jobId, queueId: id('lobby') }))).toEqual({ code: Code.FailedPrecondition, field: undefined });
  });

  it('waiting for a dead printer goes to one that works', async () => {
    await instance.queues.createQueue({ settings: queueSettings(id('dead'), 'ipp://127.0.0.1:9/ipp/print', false) });
    const { jobIds: [jobId = ''] } = await harness.mail(id('dead'));
    await eventually(() => harness.stateOf(jobId)).toBe('pending printer-unreachable');
    await instance.jobs.redirectJob({ jobId, queueId: id('attic') });
    await eventually(() => harness.stateOf(jobId)).toBe(PRINTED);
    expect(await refusal(instance.jobs.redirectJob({ jobId, queueId: 'nowhere' }))).toEqual({ code: Code.InvalidArgument, field: 'queueId' });
  });
});
