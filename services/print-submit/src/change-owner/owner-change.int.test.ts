import { Code } from '@connectrpc/connect';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { VirtualPrinter } from '@inkpost/ipp/virtual-printer/virtual-printer.js';
import { eventually, type Instance, type Mailed, PrintHarness, queueSettings } from '../print-submit.harness.js';

let harness: PrintHarness;
let instance: Instance;
let printer: VirtualPrinter;

beforeAll(async () => {
  harness = await PrintHarness.start();
  instance = await harness.startInstance();
  printer = await VirtualPrinter.start({ outputFolder: join(harness.folder, 'printed') });
  await instance.queues.createQueue({ settings: queueSettings('lobby', printer.uri) });
  return async () => {
    await printer.stop();
    await harness.remove();
  };
});

const grace = (name = randomUUID().slice(0, 8)) => ({ accountId: `account:grace-${name}`, directory: 'AD', address: `grace-${name}@example.org`, displayName: 'Grace Hopper', language: 'fr', groups: ['Staff'] });
const release = (code: string) => instance.release.release({ code, releasePoint: 'lobby' });

async function hold(owner: string, documents = 1): Promise<Mailed> {
  const mailed = await harness.mail('lobby', { owner, documents: Array.from({ length: documents }, () => ({})) });
  await eventually(() => harness.stateOf(mailed.jobIds.at(-1))).toContain('pending-held');
  return mailed;
}

describe('a held document that is given to somebody else', () => {
  it('is opened by their PIN where they have one, and no code is mailed', async () => {
    const mailed = await hold('ada@example.org');
    const owner = grace();
    await instance.jobs.changeOwner({ jobId: mailed.jobIds[0] ?? '', owner: { ...owner, hasPin: true } });
    const [, told] = await harness.facts(mailed.messageId, 'print.job-held.v1');
    expect(told?.payload).toMatchObject({ byPin: true, owner: { address: owner.address } });
    expect(told?.payload['sealedPuk'] ?? '').toBe('');
    expect((await harness.superuser.query('SELECT 1 FROM print_submit.puk WHERE account_id = $1', [owner.accountId])).rowCount).toBe(0);
  });

  it('is opened by their code, which is mailed to them, and no longer by the code of who had it', async () => {
    const mailed = await hold('ada@example.org', 2);
    const [jobId = '', other = ''] = mailed.jobIds;
    const formerCode = await harness.codeOf(mailed);
    const owner = grace();
    const { job } = await instance.jobs.changeOwner({ jobId, owner });
    expect(job).toMatchObject({ jobId, accountId: owner.accountId, ownerAddress: owner.address, jobState: 'pending-held' });

    const [, told] = await harness.facts(mailed.messageId, 'print.job-held.v1');
    expect(told?.payload).toMatchObject({ owner: { accountId: owner.accountId, address: owner.address, displayName: 'Grace Hopper', language: 'fr', directory: 'AD' }, jobs: [{ jobId }], queueName: 'Queue lobby' });
    expect((await harness.journey(mailed.messageId)).at(-1)).toMatchObject({ step: 'owner-changed', document: jobId, evidence: { account: owner.accountId, directory: 'AD', address: owner.address, actor: 'tester' } });

    expect((await release(formerCode)).jobs.map((each) => each.jobId)).toEqual([other]);
    const code = await harness.codeOf({ ...mailed, to: owner.address });
    expect((await release(code)).jobs.map((each) => each.jobId)).toEqual([jobId]);
    await eventually(() => harness.stateOf(jobId)).toContain('completed');
  });

  it('leaves no code behind with who has nothing more', async () => {
    const mailed = await hold(`ada-${randomUUID()}@example.org`);
    const code = await harness.codeOf(mailed);
    await instance.jobs.changeOwner({ jobId: mailed.jobIds[0] ?? '', owner: grace() });
    expect(await release(code)).toMatchObject({ outcome: 'wrong-code' });
  });

  it('is one that is held, and for somebody else', async () => {
    const mailed = await hold('ada@example.org');
    const jobId = mailed.jobIds[0] ?? '';
    const refused = { code: Code.FailedPrecondition };
    await expect(instance.jobs.changeOwner({ jobId, owner: { ...grace(), accountId: 'account:ada@example.org' } })).rejects.toMatchObject({ ...refused, rawMessage: 'The job is theirs already.' });
    await instance.jobs.releaseJob({ jobId });
    await expect(instance.jobs.changeOwner({ jobId, owner: grace() })).rejects.toMatchObject({ ...refused, rawMessage: expect.stringContaining('Only a held job') });
    await expect(instance.jobs.changeOwner({ jobId, owner: { ...grace(), address: 'Grace <g@example.org>' } })).rejects.toMatchObject({ code: Code.InvalidArgument });
    await expect(instance.jobs.changeOwner({ jobId })).rejects.toMatchObject({ code: Code.InvalidArgument });
  });

  it('goes to nobody who was erased a moment ago', async () => {
    const mailed = await hold('ada@example.org');
    const owner = grace();
    await harness.tellOfAccount({ subject: 'account.erased.v1', payload: { erasureId: randomUUID(), addresses: [owner.address], accountIds: [owner.accountId] } });
    await eventually(async () => (await harness.superuser.query('SELECT 1 FROM print_submit.former_account WHERE account_id = $1', [owner.accountId])).rowCount).toBe(1);
    await expect(instance.jobs.changeOwner({ jobId: mailed.jobIds[0] ?? '', owner })).rejects.toMatchObject({ code: Code.FailedPrecondition });
    expect((await harness.journey(mailed.messageId)).map(({ step }) => step)).not.toContain('owner-changed');
  });

  it('waits for the erasure of its new owner as any other', async () => {
    const mailed = await hold('ada@example.org');
    const owner = grace();
    await instance.jobs.changeOwner({ jobId: mailed.jobIds[0] ?? '', owner });
    await harness.tellOfAccount({ subject: 'account.erased.v1', payload: { erasureId: randomUUID(), addresses: [owner.address], accountIds: [owner.accountId] } });
    await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe('canceled owner-erased');
    await eventually(() => harness.isErased(mailed.jobIds[0])).toBe(true);
  });
});
