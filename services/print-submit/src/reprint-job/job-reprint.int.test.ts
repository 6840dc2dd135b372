import { Code } from '@connectrpc/connect';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { QueueGroupService } from '@inkpost/contracts/admin/v1/queue_groups_pb.js';
import { VirtualPrinter } from '@inkpost/ipp/virtual-printer/virtual-printer.js';
import { eventually, type Instance, type Mailed, onPaper, PrintHarness, queueSettings } from '../print-submit.harness.js';

const PRINTED = 'completed job-completed-successfully';

let harness: PrintHarness;
let instance: Instance;
let printer: VirtualPrinter;

beforeAll(async () => {
  harness = await PrintHarness.start();
  instance = await harness.startInstance();
  printer = await VirtualPrinter.start({ outputFolder: join(harness.folder, 'printed') });
  await instance.queues.createQueue({ settings: { ...queueSettings('kept', printer.uri, false), keepHours: 2 } });
  await instance.queues.createQueue({ settings: queueSettings('forgetful', printer.uri, false) });
  return async () => {
    await printer.stop();
    await harness.remove();
  };
});

beforeEach(() => {
  printer.printed.length = 0;
});

async function print(queueId: string, owner = 'ada@example.org'): Promise<Mailed & { jobId: string }> {
  const mailed = await harness.mail(queueId, { owner });
  const [jobId = ''] = mailed.jobIds;
  await eventually(() => harness.stateOf(jobId)).toBe(PRINTED);
  return { ...mailed, jobId };
}

const claimOf = async (documentId: string) => (await harness.superuser.query<{ service: string; until: Date }>('SELECT service, until FROM spool.claim WHERE document_id = $1', [documentId])).rows;

describe('a document that is kept', () => {
  it('is printed once more as a job of its own, which nobody keeps in turn', async () => {
    const { jobId, messageId, sha256 } = await print('kept');
    const { job: first } = await instance.jobs.getJob({ jobId });
    const keptHours = (Number(first?.keptUntil?.seconds) * 1_000 - Date.now()) / 3_600_000;
    expect(keptHours).toBeGreaterThan(1.9);
    expect(keptHours).toBeLessThanOrEqual(2);
    expect(await claimOf(jobId)).toMatchObject([{ service: 'print_submit', until: new Date(Number(first?.keptUntil?.seconds) * 1_000 + Number(first?.keptUntil?.nanos) / 1e6) }]);

    const { job } = await instance.jobs.reprintJob({ jobId });
    expect(job).toMatchObject({ messageId, reprintOf: jobId, queueId: 'kept', ownerAddress: 'ada@example.org' });
    await eventually(() => harness.stateOf(job?.jobId)).toBe(PRINTED);
    expect(await onPaper(printer.printed)).toEqual([sha256[0], sha256[0]]);
    expect(await harness.isErased(job?.jobId)).toBe(true);
    expect(await harness.isErased(jobId)).toBe(false);
    expect((await instance.jobs.getJob({ jobId: job?.jobId ?? '' })).job?.keptUntil).toBeUndefined();
    await expect(instance.jobs.reprintJob({ jobId: job?.jobId ?? '' })).rejects.toMatchObject({ code: Code.FailedPrecondition, rawMessage: expect.stringContaining(jobId) });

    expect((await harness.journey(messageId)).slice(-4)).toMatchObject([
      { step: 'reprinted', document: jobId, evidence: { actor: 'tester', as: job?.jobId, queueName: 'Queue kept' } },
      { step: 'released', document: job?.jobId, evidence: { by: 'administrator', after: 'reprint', reprintOf: jobId, sha256: sha256[0] } },
      { step: 'sent-to-printer', document: job?.jobId }, { step: 'printed', document: job?.jobId },
    ]);
    expect((await harness.facts(messageId, 'print.job-recorded.v1')).map(({ payload }) => payload['jobId'])).toEqual([jobId, job?.jobId]);
  });

  it('may come out on another queue, as often as somebody asks', async () => {
    const { jobId } = await print('kept');
    await expect(instance.jobs.reprintJob({ jobId, queueId: 'nowhere' })).rejects.toMatchObject({ code: Code.InvalidArgument });
    const reprints = await Promise.all([1, 2, 3].map(() => instance.jobs.reprintJob({ jobId, queueId: 'forgetful' })));
    for (const { job } of reprints) await eventually(() => harness.stateOf(job?.jobId)).toBe(PRINTED);
    expect(reprints.map(({ job }) => job?.queueName)).toEqual(['Queue forgetful', 'Queue forgetful', 'Queue forgetful']);
    expect(printer.printed).toHaveLength(4);
  });

  it('is kept as long as the group of its queue says, where it has one', async () => {
    const groups = instance.client(QueueGroupService, ['configuration.read', 'configuration.write']);
    await groups.createQueueGroup({ settings: { groupId: 'floor', name: 'Floor', keepHours: 5 } });
    await expect(groups.createQueueGroup({ settings: { groupId: 'tower', name: 'Tower', keepHours: 721 } })).rejects.toMatchObject({ code: Code.InvalidArgument });
    await instance.queues.createQueue({ settings: { ...queueSettings('member', printer.uri, false), groupId: 'floor' } });
    const { jobId } = await print('member');
    const { job } = await instance.jobs.getJob({ jobId });
    expect(Math.round((Number(job?.keptUntil?.seconds) * 1_000 - Date.now()) / 3_600_000)).toBe(5);
  });

  it('can no longer be printed once its time is over or its key is gone', async () => {
    const { jobId } = await print('kept');
    await harness.superuser.query(`DELETE FROM spool.claim WHERE document_id = $1`, [jobId]);
    await expect(instance.jobs.reprintJob({ jobId })).rejects.toMatchObject({ code: Code.FailedPrecondition });
    await harness.superuser.query(`UPDATE print_submit.job SET kept_until = now() - interval '1 second' WHERE id = $1`, [jobId]);
    await expect(instance.jobs.reprintJob({ jobId })).rejects.toMatchObject({ code: Code.FailedPrecondition, rawMessage: 'The document is no longer kept.' });
    expect((await instance.jobs.getJob({ jobId })).job?.keptUntil).toBeUndefined();
    expect(printer.printed).toHaveLength(1);
  });

  it('goes with its owner who is erased', async () => {
    const owner = `erased-${randomUUID().slice(0, 8)}@example.org`;
    const { jobId } = await print('kept', owner);
    expect(await harness.isErased(jobId)).toBe(false);
    await harness.tellOfAccount({ subject: 'account.erased.v1', payload: { erasureId: randomUUID(), addresses: [owner], accountIds: [`account:${owner}`] } });
    await eventually(() => harness.isErased(jobId)).toBe(true);
    await expect(instance.jobs.reprintJob({ jobId })).rejects.toMatchObject({ code: Code.FailedPrecondition });
  });
});

it('a document is not kept where nobody said so', async () => {
  const { jobId } = await print('forgetful');
  expect(await harness.isErased(jobId)).toBe(true);
  await expect(instance.jobs.reprintJob({ jobId })).rejects.toMatchObject({ code: Code.FailedPrecondition, rawMessage: expect.stringContaining('was not kept') });
});
