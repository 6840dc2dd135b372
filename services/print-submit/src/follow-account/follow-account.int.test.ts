import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { QueueGroupService } from '@inkpost/contracts/admin/v1/queue_groups_pb.js';
import { VirtualPrinter } from '@inkpost/ipp/virtual-printer/virtual-printer.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { eventually, type Instance, type Mailed, PrintHarness, queueSettings } from '../print-submit.harness.js';

let harness: PrintHarness;
let instance: Instance;
let printer: VirtualPrinter;

beforeAll(async () => {
  harness = await PrintHarness.start();
  instance = await harness.startInstance();
  printer = await VirtualPrinter.start({ outputFolder: join(harness.folder, 'printed') });
  await instance.queues.createQueue({ settings: queueSettings('held', printer.uri, true) });
  await instance.queues.createQueue({ settings: queueSettings('direct', printer.uri, false) });
  return async () => {
    await printer.stop();
    await harness.remove();
  };
});

const ownerOf = (name: string) => `${name}-${randomUUID().slice(0, 8)}@example.org`;
const accountOf = (owner: string) => `account:${owner}`;
const erase = (owner: string, erasureId: string, more: { readonly returns?: boolean } = {}) => harness.tellOfAccount({
  subject: 'account.erased.v1',
  payload: { erasureId, addresses: [owner], ...(more.returns ? { returningAccountIds: [accountOf(owner)] } : { accountIds: [accountOf(owner)] }) },
});
const answered = (erasureId: string) => eventually(async () => (await harness.superuser.query<{ counts: Record<string, number> }>(
  "SELECT payload -> 'counts' AS counts FROM flow.message WHERE subject = 'print.account-erased.v1' AND payload ->> 'erasureId' = $1", [erasureId])).rows[0]?.counts);
const held = ({ jobIds }: Mailed) => eventually(() => harness.stateOf(jobIds[0])).toBe('pending-held job-hold-until-specified');
const everyJob = async () => JSON.stringify((await harness.superuser.query('SELECT * FROM print_submit.job')).rows);

describe('a person who is erased', () => {
  it('leaves no name, no title, no code and no document, waiting or printed', async () => {
    const owner = ownerOf('erased');
    const printed = await harness.mail('direct', { owner, documents: [{ fileName: 'divorce.pdf' }] });
    await eventually(() => harness.stateOf(printed.jobIds[0])).toBe('completed job-completed-successfully');
    const waiting = await harness.mail('held', { owner, documents: [{ fileName: 'divorce-2.pdf' }, { fileName: 'divorce-3.pdf' }] });
    await held(waiting);
    const code = await harness.codeOf(waiting);
    const other = await harness.mail('held', { owner: ownerOf('other') });
    await held(other);

    await instance.client(QueueGroupService, ['configuration.write']).createQueueGroup({ settings: { groupId: 'shut', name: 'Shut', restrictions: { denied: { users: [owner] } } } });
    const erasureId = randomUUID();
    await erase(owner, erasureId);
    await answered(erasureId).toEqual({ jobs: 3, canceled: 2, codes: 0, mailsNotPrinted: 0, balances: 0, bookings: 1, filtersLeft: 1, traces: 0 });
    expect(await harness.stateOf(waiting.jobIds[0])).toBe('canceled owner-erased');
    for (const jobId of waiting.jobIds) expect(await harness.isErased(jobId)).toBe(true);
    const left = await everyJob();
    for (const trace of [owner, 'divorce', waiting.sha256[0] ?? '']) expect(left).not.toContain(trace);
    expect(await instance.release.release({ code, releasePoint: 'lobby' })).toMatchObject({ outcome: 'wrong-code' });
    expect((await harness.journey(waiting.messageId)).at(-1)).toMatchObject({ step: 'canceled', evidence: { by: 'erasure', reason: 'owner-erased', was: 'pending-held' } });
    expect(await harness.facts(waiting.messageId, 'print.job-aborted.v1')).toEqual([]);
    expect(await harness.stateOf(other.jobIds[0])).toContain('pending-held');
    expect(await harness.isErased(other.jobIds[0])).toBe(false);
  });

  it('gets no job of a mail that was on its way, unless the account comes from a directory and may return', async () => {
    const [gone, back] = [ownerOf('late'), ownerOf('back')];
    const [first, second] = [randomUUID(), randomUUID()];
    await erase(gone, first);
    await erase(back, second, { returns: true });
    await answered(first).toBeDefined();
    await answered(second).toBeDefined();
    const late = await harness.mail('held', { owner: gone });
    await eventually(() => harness.steps(late.messageId)).toEqual(['canceled']);
    expect(await harness.stateOf(late.jobIds[0])).toBe('');
    expect(await harness.isErased(late.jobIds[0])).toBe(true);
    await held(await harness.mail('held', { owner: back }));
  });

  it('is waited for while a job of theirs is just being made, which is canceled with the others', async () => {
    const like = await harness.mail('held', { owner: ownerOf('like') });
    await held(like);
    const owner = ownerOf('made');
    const maker = await harness.superuser.connect();
    await maker.query('BEGIN');
    await maker.query(
      `INSERT INTO print_submit.job SELECT (jsonb_populate_record(j, jsonb_build_object('id', gen_random_uuid(), 'account_id', $2::text, 'owner_address', $3::text))).* FROM print_submit.job j WHERE id = $1`,
      [like.jobIds[0], accountOf(owner), owner]);
    const erasureId = randomUUID();
    await erase(owner, erasureId);
    await eventually(async () => (await harness.superuser.query("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LOCK TABLE job%' AND wait_event_type = 'Lock'")).rowCount).toBe(1);
    await maker.query('COMMIT');
    maker.release();
    await answered(erasureId).toMatchObject({ jobs: 1, canceled: 1 });
    expect(await everyJob()).not.toContain(owner);
  });

  it('is waited for, visibly, while a printer has the document', async () => {
    const owner = ownerOf('printing');
    printer.faults.neverCompletes = true;
    const mailed = await harness.mail('direct', { owner, documents: [{ fileName: 'at-the-printer.pdf' }] });
    await eventually(async () => (await harness.stateOf(mailed.jobIds[0])).split(' ')[0]).toBe('processing');
    const erasureId = randomUUID();
    await erase(owner, erasureId);
    await eventually(async () => (await harness.superuser.query("SELECT reason FROM flow.message WHERE subject = 'account.erased.v1' AND payload ->> 'erasureId' = $1 AND consumer = 'print_submit' AND waits > 0", [erasureId])).rows)
      .toMatchObject([{ reason: expect.stringContaining('at its printer') as unknown }]);
    expect(await everyJob()).toContain('at-the-printer.pdf');
    printer.faults.neverCompletes = false;
    await instance.jobs.cancelJob({ jobId: mailed.jobIds[0] ?? '' });
    await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe('canceled job-canceled-at-device');
    await answered(erasureId).toMatchObject({ jobs: 1, canceled: 0 });
    expect(await everyJob()).not.toContain('at-the-printer.pdf');
  });
});

describe('a guest who is somebody of a directory now', () => {
  const into = (owner: string) => ({ accountId: randomUUID(), directory: 'AD', address: owner, displayName: 'Ada of AD', language: 'fr' });

  it('keeps waiting documents and their codes, under the new account', async () => {
    const owner = ownerOf('merged');
    const mailed = await harness.mail('held', { owner });
    await held(mailed);
    const account = into(owner);
    await harness.tellOfAccount({ subject: 'account.merged.v1', payload: { accountId: accountOf(owner), into: account, version: 1 } });
    await eventually(async () => (await instance.jobs.getJob({ jobId: mailed.jobIds[0] ?? '' })).job?.accountId).toBe(account.accountId);
    expect((await harness.journey(mailed.messageId)).at(-1)).toMatchObject({ step: 'owner-merged', document: mailed.jobIds[0], evidence: { account: account.accountId, guest: accountOf(owner), directory: 'AD' } });
    const late = await harness.mail('held', { owner });
    await held(late);
    expect((await instance.jobs.getJob({ jobId: late.jobIds[0] ?? '' })).job?.accountId).toBe(account.accountId);
    expect((await harness.facts(late.messageId, 'print.job-held.v1'))[0]?.payload).toMatchObject({ owner: account });
    const { outcome, jobs } = await instance.release.release({ code: await harness.codeOf(mailed), releasePoint: 'lobby' });
    expect([outcome, jobs.map(({ jobId }) => jobId).sort()]).toEqual(['released', [...mailed.jobIds, ...late.jobIds].sort()]);
  });

  it('who is erased before a late merge arrives stays erased', async () => {
    const owner = ownerOf('both');
    const erasureId = randomUUID();
    await erase(owner, erasureId);
    await answered(erasureId).toBeDefined();
    await harness.tellOfAccount({ subject: 'account.merged.v1', payload: { accountId: accountOf(owner), into: into(owner), version: 1 } });
    await eventually(async () => (await harness.superuser.query("SELECT 1 FROM flow.message WHERE subject = 'account.merged.v1' AND consumer = 'print_submit'")).rowCount).toBe(0);
    const late = await harness.mail('held', { owner });
    await eventually(() => harness.steps(late.messageId)).toEqual(['canceled']);
  });
});
