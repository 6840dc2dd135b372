import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { FlowClient } from '@inkpost/flow/flow-client.js';
import { FlowSender } from '@inkpost/flow/flow-sender.js';
import { parseMasterKey } from '@inkpost/secrets/master-key.js';
import { Spool } from '@inkpost/spool/spool.js';
import { createLog } from '@inkpost/telemetry/log.js';
import { Telemetry } from '@inkpost/telemetry/telemetry.js';
import { LimitsLeft } from '../balances/limits-left.js';
import { Standings } from '../balances/standings.js';
import { KnownCharging } from '../tariffs/known-charging.js';
import { JobEndings } from '../print-job/job-endings.js';
import { PrintMetrics } from '../print-metrics.js';
import { eventually, type Instance, type Mailed, PrintHarness, queueSettings } from '../print-submit.harness.js';
import { ExpiryStore } from './expiry.store.js';
import { QueueNotices } from '../queue-notices/queue-notices.js';
import { JobExpiry } from './job-expiry.js';

let harness: PrintHarness;
let instance: Instance;
/** Two as two processes would run them, their rounds in the test's hands. */
let expiries: JobExpiry[];

beforeAll(async () => {
  harness = await PrintHarness.start();
  instance = await harness.startInstance();
  await instance.queues.createQueue({ settings: queueSettings('lobby', 'ipp://127.0.0.1:1/ipp/print') });
  await instance.queues.createQueue({ settings: queueSettings('direct', 'ipp://127.0.0.1:1/ipp/print', false) });
  const log = createLog('test', 'fatal');
  const sender = new FlowSender('redis://127.0.0.1:1/0', log);
  const telemetry = new Telemetry({ processName: 'test', version: '0' });
  expiries = [0, 1].map(() => {
    const pool = harness.ownPool();
    const flow = new FlowClient(pool, sender);
    const spool = new Spool(pool, parseMasterKey('11'.repeat(32)), join(harness.folder, 'spool'));
    const charging = new KnownCharging(pool);
    const notices = new QueueNotices(pool, new LimitsLeft(pool, charging, new Standings(pool)));
    const endings = new JobEndings(flow, spool, notices, log);
    return new JobExpiry({ store: new ExpiryStore(pool, flow), endings, notices, metrics: new PrintMetrics(telemetry.meter('test'), pool), tracer: telemetry.tracer('test'), log, jobHistoryDays: 90 });
  });
  return async () => {
    await sender.stop();
    await harness.remove();
  };
});

/** A mail of two documents, held since so many hours. */
async function heldSince(hours: number, owner: string): Promise<Mailed> {
  const mailed = await harness.mail('lobby', { owner, documents: [{ fileName: 'a.pdf' }, { fileName: 'b.pdf' }] });
  await harness.codeOf(mailed);
  await harness.superuser.query(
    `UPDATE print_submit.job SET job_hold_until = job_hold_until - make_interval(hours => $2), hold_due_at = hold_due_at - make_interval(hours => $2) WHERE message_id = $1`, [mailed.messageId, hours]);
  return mailed;
}

const round = () => Promise.all(expiries.map((expiry) => expiry.round()));
const subjectsOf = async ({ messageId }: Mailed) => (await harness.facts(messageId)).map(({ subject }) => subject);

describe('a held job', () => {
  it('stays as it is long before its time', async () => {
    const mailed = await heldSince(59, 'early@example.org');
    await round();
    expect(await subjectsOf(mailed)).toEqual(['print.job-held.v1']);
    expect(await harness.stateOf(mailed.jobIds[0])).toBe('pending-held job-hold-until-specified');
  });

  it('is told of once, twelve hours before, all documents of the mail together', async () => {
    const mailed = await heldSince(61, 'warned@example.org');
    await round();
    await round();
    expect(await subjectsOf(mailed)).toEqual(['print.job-held.v1', 'print.job-expiring.v1']);
    const [, fact] = await harness.facts(mailed.messageId);
    expect(fact?.payload).toMatchObject({ jobs: [{ fileName: 'a.pdf' }, { fileName: 'b.pdf' }], owner: { address: 'warned@example.org' } });
    expect(await harness.steps(mailed.messageId)).toEqual(['held', 'held', 'expiring', 'expiring']);
    expect(await harness.stateOf(mailed.jobIds[0])).toBe('pending-held job-hold-until-specified');
  });

  it('past its time is canceled once, its document erased, its code ended, its owner told', async () => {
    const mailed = await heldSince(73, 'late@example.org');
    const code = await harness.codeOf(mailed);
    await round();
    expect(await harness.stateOf(mailed.jobIds[0])).toBe('canceled expired');
    expect(await harness.stateOf(mailed.jobIds[1])).toBe('canceled expired');
    expect(await subjectsOf(mailed)).toEqual(['print.job-held.v1', 'print.job-expired.v1']);
    expect(await harness.steps(mailed.messageId)).toEqual(['held', 'held', 'expired', 'expired']);
    for (const jobId of mailed.jobIds) expect(await harness.isErased(jobId)).toBe(true);
    expect(await instance.release.listWaiting({ code, releasePoint: 'lobby' })).toMatchObject({ outcome: 'wrong-code' });
  });

  it.each([[61, 'print.job-expiring.v1'], [73, 'print.job-expired.v1']] as const)('of a mail whose other document is somebody else\'s by now is told of to its own owner alone, %i hours after it came', async (hours, subject) => {
    const mailed = await heldSince(hours, `shared-${hours}@example.org`);
    const grace = { accountId: `account:grace-${hours}`, directory: 'AD', address: `grace-${hours}@example.org`, displayName: 'Grace Hopper', language: 'en', groups: [] };
    await instance.jobs.changeOwner({ jobId: mailed.jobIds[1] ?? '', owner: grace });
    await round();
    const told = (await harness.facts(mailed.messageId, subject)).map(({ payload }) => payload as { owner: { address: string }; jobs: { fileName: string }[] });
    expect(new Map(told.map(({ owner, jobs }) => [owner.address, jobs.map(({ fileName }) => fileName)]))).toEqual(new Map([[`shared-${hours}@example.org`, ['a.pdf']], [grace.address, ['b.pdf']]]));
  });

  it('released at the moment it expires does one of both, never both', async () => {
    const mailed = await heldSince(73, 'racing@example.org');
    const code = await harness.codeOf(mailed);
    const [released] = await Promise.all([instance.release.release({ code, releasePoint: 'race', jobIds: [] }), round()]);
    const state = await harness.stateOf(mailed.jobIds[0]);
    if (released.outcome === 'released') expect(state).toMatch(/^p/);
    else expect(state).toBe('canceled expired');
    expect((await harness.steps(mailed.messageId)).filter((step) => step === 'expired' || step === 'released')).toHaveLength(2);
  });
});

describe('a released job', () => {
  it('whose printer never comes back is given up after a month, and its owner told', async () => {
    const mailed = await harness.mail('direct', { owner: 'waiting@example.org' });
    await eventually(() => harness.stateOf(mailed.jobIds[0])).toBe('pending printer-unreachable');
    await harness.superuser.query(`UPDATE print_submit.job SET released_at = now() - interval '28 days' WHERE message_id = $1`, [mailed.messageId]);
    await round();
    expect(await harness.stateOf(mailed.jobIds[0])).toMatch(/^p/);
    await harness.superuser.query(`UPDATE print_submit.job SET released_at = now() - interval '30 days' WHERE message_id = $1`, [mailed.messageId]);
    await eventually(async () => {
      await round();
      return harness.stateOf(mailed.jobIds[0]);
    }).toBe('aborted printer-unreachable');
    expect(await harness.facts(mailed.messageId, 'print.job-aborted.v1')).toHaveLength(1);
    expect(await harness.isErased(mailed.jobIds[0])).toBe(true);
  });

  it('is given up sooner where its queue says so', async () => {
    await instance.queues.createQueue({ settings: { ...queueSettings('hasty', 'ipp://127.0.0.1:1/ipp/print', false), expert: { patienceHours: 2 } } });
    const mails = [await harness.mail('hasty', { owner: 'hasty@example.org' }), await harness.mail('direct', { owner: 'patient@example.org' })];
    for (const { messageId, jobIds } of mails) {
      await eventually(() => harness.stateOf(jobIds[0])).toBe('pending printer-unreachable');
      await harness.superuser.query(`UPDATE print_submit.job SET released_at = now() - interval '3 hours' WHERE message_id = $1`, [messageId]);
    }
    await eventually(async () => {
      await round();
      return harness.stateOf(mails[0]?.jobIds[0]);
    }).toBe('aborted printer-unreachable');
    expect(await harness.stateOf(mails[1]?.jobIds[0])).toMatch(/^p/);
    expect((await harness.facts(mails[0]?.messageId ?? '', 'print.job-aborted.v1'))[0]?.payload).toMatchObject({ statusText: 'The printer could not be used for 3 h.' });
  });
});

describe('what is old', () => {
  it('is forgotten: jobs past their history, codes without a job, release points long unused', async () => {
    const old = await heldSince(73, 'old@example.org');
    const recent = await heldSince(73, 'recent@example.org');
    await round();
    await harness.superuser.query(`UPDATE print_submit.job SET created_at = now() - interval '95 days', completed_at = now() - interval '91 days' WHERE message_id = $1`, [old.messageId]);
    await harness.superuser.query(`INSERT INTO print_submit.puk (code_hash, account_id) VALUES ('\\x01', 'nobody')`);
    await harness.superuser.query(`INSERT INTO print_submit.wrong_codes (scope, used_at) VALUES ('point:old', now() - interval '25 hours'), ('point:new', now() - interval '23 hours')`);
    await round();
    expect(await harness.stateOf(old.jobIds[0])).toBe('');
    expect(await harness.stateOf(recent.jobIds[0])).toBe('canceled expired');
    expect((await harness.superuser.query(`SELECT 1 FROM print_submit.puk WHERE account_id = 'nobody'`)).rows).toEqual([]);
    const { rows } = await harness.superuser.query<{ scope: string }>(`SELECT scope FROM print_submit.wrong_codes WHERE scope IN ('point:old', 'point:new', 'trusted', 'untrusted') ORDER BY scope`);
    expect(rows.map(({ scope }) => scope)).toEqual(['point:new', 'trusted', 'untrusted']);
  });
});
