import { randomUUID } from 'node:crypto';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError } from '@connectrpc/connect';
import { StatisticsService } from '@inkpost/contracts/admin/v1/statistics_pb.js';
import { ConsolidationService, PrintFactSchema } from '@inkpost/contracts/domain/v1/statistics_pb.js';
import { parseMasterKey } from '@inkpost/secrets/master-key.js';
import { createLog } from '@inkpost/telemetry/log.js';
import { type RunningTestService, startTestService } from '@inkpost/testkit/running-service.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { RollUpStore } from '../add-up-prints/roll-up.store.js';
import { DomainStore } from '../domain/domain.store.js';
import { domainSync } from '../domain-sync.module.js';
import { DeliverFacts } from './deliver-facts.js';
import { asMember, becomeMaster, becomeSlave } from './domain-of-two.harness.js';
import { FactDelivery } from './fact-delivery.js';
import { FactSendingStore } from './fact-sending.store.js';
import { OwnFactsStore } from './own-facts.store.js';

const [liar, stranger] = [randomUUID(), randomUUID()];
let [master, paris]: readonly RunningTestService[] = [];
let [masterId, parisId] = ['', ''];

beforeAll(async () => {
  const started = await Promise.all([startTestService(domainSync), startTestService(domainSync)]);
  [master, paris] = started;
  parisId = (await started[1].superuser.query<{ server_id: string }>('SELECT server_id FROM domain_sync.server')).rows[0]?.server_id ?? '';
  masterId = await becomeMaster(started[0], { [parisId]: 'Paris', [liar]: 'Liar' });
  return async () => {
    for (const service of started) await service.remove();
  };
});

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('is not there yet');
  return value;
}

/** Prints of the server itself, as its flow records them. */
async function printed(service: RunningTestService, count: number, day: string, account = 'ada'): Promise<void> {
  await service.superuser.query(
    `INSERT INTO domain_sync.print_fact_new (job_id, completed_at, account_id, user_group, queue_id, location_path, mailbox_id, origin, pages, copies, impressions, sheets, color, duplex, media, price)
     SELECT gen_random_uuid(), $2::timestamptz + n * interval '1 second', $3, 'g' || n % 3, 'lobby', 'World', '', 'mail', 3, 1, 3, 2, n % 2 = 0, true, '', 30 FROM generate_series(1, $1::int) AS n`, [count, `${day}T10:00:00Z`, account],
  );
  const store = new RollUpStore(service.ownPool);
  while ((await store.rollUp()) > 0);
}

const deliver = (client = asMember(present(master), parisId), compare = false) => new DeliverFacts(client, new OwnFactsStore(present(paris).ownPool), new AbortController().signal).deliver(compare);

async function totals(service: RunningTestService, by: string, serverId = ''): Promise<{ rows: [string, string, number][]; jobs: number }> {
  const { rows, total } = await service.client(StatisticsService, 'statistics.read').getPrintTotals({ by, from: '2000-01-01', to: '2099-12-31', serverId });
  return { rows: rows.map(({ key, label, jobs }) => [key, label, Number(jobs)]), jobs: Number(total?.jobs) };
}

const ofParis = async () => (await totals(present(master), 'day', parisId)).jobs;
const delivery = async (serverId = parisId) => {
  const { servers } = await present(master).client(StatisticsService, 'statistics.read').getConsolidation({});
  return present(servers.find((each) => each.serverId === serverId));
};
const fact = (number: number, more: MessageInitShape<typeof PrintFactSchema> = {}) =>
  create(PrintFactSchema, { number: BigInt(number), jobId: randomUUID(), completedAt: timestampFromDate(new Date('2026-11-20T10:00:00Z')), accountId: 'x', pages: 1, copies: 1, impressions: 1n, sheets: 1n, ...more });
const codeOf = (call: Promise<unknown>) => call.then(() => undefined, (error: unknown) => ConnectError.from(error).code);

describe('statistics of a slave', () => {
  it('come to its master once, by whatever the connection is cut, and go on where they were', async () => {
    await printed(present(paris), 2_500, '2026-11-01');
    await printed(present(master), 7, '2026-11-01');
    const times = { before: 0, after: 0 };
    // Each third call gets lost on its way, and of each fourth the answer.
    const cut = (_method: string, moment: 'before' | 'after') => {
      times[moment] += 1;
      if (times[moment] % (moment === 'before' ? 3 : 4) === 0) throw new ConnectError('cut', Code.Unavailable);
    };
    for (let tries = 0; ; tries += 1) {
      expect(tries).toBeLessThan(20);
      const delivered = await deliver(asMember(present(master), parisId, cut)).catch(() => undefined);
      if (delivered?.number === 2_500) break;
    }
    expect(times.after).toBeGreaterThan(4);
    expect(await ofParis()).toBe(2_500);
    await Promise.all([deliver(), deliver(), printed(present(paris), 100, '2026-11-02').then(async () => deliver())]).catch(() => undefined);
    await deliver();
    expect(await ofParis()).toBe(2_600);
    expect(await delivery()).toMatchObject({ name: 'Paris', receivedNumber: 2_600n, toldNumber: 2_600n, refused: [] });
  });

  it('are reported together and by server on the master, and by itself on the slave', async () => {
    expect(await totals(present(master), 'server')).toEqual({ rows: [[parisId, 'Paris', 2_600], [masterId, 'Headquarters', 7]], jobs: 2_607 });
    expect((await totals(present(master), 'queue')).rows).toEqual([['lobby', '', 2_607]]);
    expect((await totals(present(master), 'queue', masterId)).rows).toEqual([['lobby', '', 7]]);
    expect(await totals(present(paris), 'server')).toMatchObject({ jobs: 2_600 });
    const client = present(master).client(StatisticsService, 'statistics.read');
    const [from, to] = ['2026-11-01', '2026-11-03'].map((day) => timestampFromDate(new Date(day)));
    const { prints } = await client.listPrints({ from: present(from), to: present(to), serverId: masterId });
    expect(new Set(prints.map(({ serverId }) => serverId))).toEqual(new Set([masterId]));
    expect(prints).toHaveLength(7);
    expect(await codeOf(client.listPrints({ from: present(from), to: present(to), serverId: 'Paris' }))).toBe(Code.InvalidArgument);
  });

  it('are equal day by day, and a day that is not is sent again and added up anew', async () => {
    expect(await deliver(undefined, true)).toEqual({ number: 2_600, daysDiffering: 0 });
    expect(await delivery()).toMatchObject({ comparedNumber: 2_600n, comparedDays: 2, differences: [] });
    await present(master).superuser.query(`ALTER TABLE domain_sync.print_fact DISABLE TRIGGER append_only`);
    await present(master).superuser.query(`DELETE FROM domain_sync.print_fact WHERE server_id = $1 AND number IN (5, 1500, 2000)`, [parisId]);
    await present(master).superuser.query(`ALTER TABLE domain_sync.print_fact ENABLE TRIGGER append_only`);
    await present(master).superuser.query(`UPDATE domain_sync.print_total SET jobs = jobs + 1000, digest = digest + 1 WHERE server_id = $1 AND day = '2026-11-01'`, [parisId]);
    expect(await ofParis()).toBe(3_600);
    expect(await deliver(undefined, true)).toEqual({ number: 2_600, daysDiffering: 0 });
    expect([await ofParis(), (await totals(present(master), 'group', parisId)).rows.reduce((sum, [, , jobs]) => sum + jobs, 0)]).toEqual([2_600, 2_600]);
    const { rows: [facts] } = await present(master).superuser.query('SELECT count(*)::int AS facts FROM domain_sync.print_fact WHERE server_id = $1', [parisId]);
    expect(facts).toEqual({ facts: 2_600 });
  });

  it('are told by name, until the person is erased on either side', async () => {
    const print = (accountId: string, ownerLabel: string) => present(paris).publish({
      subject: 'print.job-recorded.v1', payload: { jobId: randomUUID(), queueId: 'lobby', accountId, mailboxId: 'm', pages: 3, copies: 1, completedAt: { seconds: 1_700_000_000n }, directory: 'guests', ownerLabel },
    });
    const [bob, carol, dora] = ['bob', 'carol', 'dora'].map((name) => `${name}@example.org`);
    for (const label of [bob, carol, dora]) await print(`id-${present(label)}`, present(label));
    await expect.poll(async () => (await totals(present(paris), 'user')).rows.length, { timeout: 15_000 }).toBe(4);
    const named = async () => (await totals(present(master), 'user')).rows.map(([, label]) => label).filter((label) => label !== '').toSorted((one, other) => one.localeCompare(other));
    await deliver();
    await new RollUpStore(present(paris).ownPool).rollUp();
    await deliver();
    expect(await named()).toEqual([bob, carol, dora]);
    const erase = (service: RunningTestService, address: string) => service.publish({ subject: 'account.erased.v1', payload: { erasureId: randomUUID(), accountIds: [], returningAccountIds: [], addresses: [address] } });
    await erase(present(paris), present(bob));
    await erase(present(master), present(carol));
    await expect.poll(named).toEqual([bob, dora]);
    await expect.poll(async () => (await deliver(), named())).toEqual([dora]);
    // Told of all once more, the master still names nobody whom it erased.
    await new OwnFactsStore(present(paris).ownPool).tellAllOwners();
    await deliver();
    expect(await named()).toEqual([dora]);
  });

  it('are delivered anew, and counted once, after the slave or the master was put back from a backup', async () => {
    const before = await ofParis();
    const { superuser } = present(paris);
    // The slave's backup had neither the last 40 prints nor their numbers; then it prints 60 others.
    await superuser.query('ALTER TABLE domain_sync.print_fact DISABLE TRIGGER append_only');
    const { rows: days } = await superuser.query<{ day: string }>(`WITH gone AS (DELETE FROM domain_sync.print_fact WHERE number > (SELECT facts_numbered - 40 FROM domain_sync.server) RETURNING completed_at)
      SELECT DISTINCT (completed_at AT TIME ZONE 'UTC')::date::text AS day FROM gone`);
    await superuser.query('ALTER TABLE domain_sync.print_fact ENABLE TRIGGER append_only');
    await superuser.query('UPDATE domain_sync.server SET facts_numbered = facts_numbered - 40');
    const own = new OwnFactsStore(present(paris).ownPool);
    for (const { day } of days) await own.rebuild(present(await own.standing()), day);
    await printed(present(paris), 60, '2026-11-03');
    expect(await deliver()).toMatchObject({ number: before + 20 });
    expect(await ofParis()).toBe(before + 60);
    expect(await delivery()).toMatchObject({ receivedNumber: BigInt(before + 20), refused: [] });
    // What it lost, the master still has: that is shown, day by day.
    await expect(deliver(undefined, true)).resolves.toMatchObject({ daysDiffering: expect.toSatisfy((days: number) => days > 0) });
    expect((await delivery()).differences.reduce((sum, { jobsHere, jobsThere }) => sum + Number(jobsHere - jobsThere), 0)).toBe(40);
    // The master's backup knew nothing yet.
    for (const table of ['fact_delivery', 'member_owner']) await present(master).superuser.query(`DELETE FROM domain_sync.${table}`);
    await deliver();
    expect(await ofParis()).toBe(before + 60);
  });
});

describe('a slave', () => {
  it('hears from the master how often it delivers', async () => {
    const administrator = present(master).client(StatisticsService, 'statistics.read', 'configuration.write');
    await administrator.putStatisticsPace({ everySeconds: 3_600 });
    expect((await administrator.getConsolidation({})).everySeconds).toBe(3_600);
    expect(await codeOf(administrator.putStatisticsPace({ everySeconds: 9 }))).toBe(Code.InvalidArgument);
    expect(await codeOf(present(paris).client(StatisticsService, 'configuration.write').putStatisticsPace({ everySeconds: 60 }))).toBe(Code.FailedPrecondition);
    expect((await present(master).superuser.query('SELECT revision::int FROM domain_sync.domain')).rows).toEqual([{ revision: 2 }]);
  });

  it('delivers at the domain\'s pace, calls nobody when it has nothing to tell, and says why it can\'t', async () => {
    const service = present(paris);
    const administrator = service.client(StatisticsService, 'statistics.read', 'configuration.write');
    expect(await codeOf(administrator.deliverStatistics({}))).toBe(Code.FailedPrecondition);
    await becomeSlave(service, masterId, { statisticsEverySeconds: 0, transferDelaySeconds: 0 });
    const own = async () => (await administrator.getConsolidation({})).own;
    // The service itself finds that nothing answers at the master's address.
    await administrator.deliverStatistics({});
    await expect.poll(async () => (await own())?.problem ?? '', { timeout: 15_000 }).not.toBe('');
    const calls: string[] = [];
    const client = asMember(present(master), parisId, (method, moment) => void (moment === 'before' && calls.push(method)));
    const domains = new DomainStore(service.ownPool, parseMasterKey('00'.repeat(32)));
    const delivery = new FactDelivery({
      domains, connect: () => client, facts: new OwnFactsStore(service.ownPool), sendings: new FactSendingStore(service.ownPool), log: createLog('test', 'fatal'),
    });
    await printed(service, 5, '2026-11-04');
    delivery.onApplicationBootstrap();
    await expect.poll(async () => (await own())?.deliveredAt).toBeDefined();
    const { lastNumber, deliveredNumber, daysDiffering } = present(await own());
    expect([deliveredNumber, daysDiffering > 0]).toEqual([lastNumber, true]);
    expect(new Set(calls)).toEqual(new Set(['getDelivery', 'deliverFacts', 'compareDays', 'repeatFacts']));
    await expect.poll(async () => (await own())?.problem).toBe('');
    // The pause between looks ended at least once more, and nobody was called.
    const quiet = calls.length;
    await printed(service, 1, '2026-11-04');
    await expect.poll(() => calls.length, { timeout: 15_000 }).toBe(quiet + 2);
    expect(calls.slice(quiet)).toEqual(['getDelivery', 'deliverFacts']);
    await delivery.beforeApplicationShutdown();
  });
});

describe('a hostile slave', () => {
  it('speaks for nobody but itself, and not at all without a certificate of the domain', async () => {
    expect(await codeOf(asMember(present(master), stranger).getDelivery({}))).toBe(Code.PermissionDenied);
    expect(await codeOf(present(master).client(ConsolidationService).getDelivery({}))).toBe(Code.Unauthenticated);
    const known = await ofParis();
    const { rows: [print] } = await present(master).superuser.query<{ job_id: string }>('SELECT job_id FROM domain_sync.print_fact WHERE server_id = $1 LIMIT 1', [parisId]);
    await asMember(present(master), liar).deliverFacts({ series: 1, lastNumber: 1n, facts: [fact(1, { jobId: present(print).job_id })] });
    await asMember(present(master), liar).deliverOwners({ owners: [{ accountId: 'id-dora@example.org', directory: 'd', label: 'zz-liar' }] });
    expect(await ofParis()).toBe(known);
    expect((await totals(present(master), 'user', parisId)).rows.map(([, label]) => label)).toContain('dora@example.org');
    expect(await codeOf(asMember(present(paris), masterId).getDelivery({}))).toBe(Code.FailedPrecondition);
  });

  it('has prints refused that can\'t be true, and those alone; it hears where it stands, and can\'t count one twice', async () => {
    const client = asMember(present(master), liar);
    const again = fact(3);
    const facts = [fact(2, { impressions: 10_000_000_000n }), again, fact(4, { completedAt: timestampFromDate(new Date(Date.now() + 90 * 86_400_000)) }), fact(5, { jobId: again.jobId }), fact(6, { queueId: 'a\u0000' })];
    expect(await client.deliverFacts({ series: 1, facts, lastNumber: 6n })).toMatchObject({ taken: true, delivery: { receivedNumber: 6n } });
    expect(await client.deliverFacts({ series: 1, facts: [fact(3)], lastNumber: 6n })).toMatchObject({ taken: false, delivery: { receivedNumber: 6n } });
    expect(await client.deliverFacts({ series: 1, facts: [fact(8)], lastNumber: 8n })).toMatchObject({ taken: false, delivery: { receivedNumber: 6n } });
    expect(await client.deliverFacts({ series: 1, facts: [fact(7, { jobId: again.jobId })], lastNumber: 7n })).toMatchObject({ taken: true });
    expect(await client.repeatFacts({ series: 1, day: '2026-11-20', facts: [fact(2), fact(900), fact(1, { jobId: again.jobId })], last: true })).toMatchObject({ added: 1 });
    const { refused, total } = await delivery(liar);
    expect(refused.map(({ reason, prints }) => [reason, Number(prints)])).toEqual([['was counted under another number', 2], ['has 10000000000 impressions', 1], ['has a text in queueId that is none', 1], ['lies in the future', 1]]);
    expect(Number(total?.jobs)).toBe(3);
  });

  it('is refused what makes no sense', async () => {
    const client = asMember(present(master), liar);
    const place = await client.getDelivery({});
    const facts = [fact(8)];
    for (const wrong of [
      { facts: [] }, { facts: [fact(8), fact(10)] }, { facts: [fact(8, { jobId: 'job' })] }, { facts: [fact(0)] }, { series: 0, facts }, { facts: Array.from({ length: 1_001 }, (_, index) => fact(8 + index)) },
      { facts: [create(PrintFactSchema, { ...fact(8), number: 2n ** 63n })] },
    ]) expect(await codeOf(client.deliverFacts({ series: 1, lastNumber: 8n, ...wrong }))).toBe(Code.InvalidArgument);
    const day = { day: '2026-11-20', digest: '1' };
    for (const wrong of [{ ...day, day: '2026-02-31' }, { ...day, digest: 'x' }, { ...day, jobs: 2n ** 63n }]) expect(await codeOf(client.compareDays({ series: 1, number: 7n, days: [wrong] }))).toBe(Code.InvalidArgument);
    expect(await codeOf(client.deliverOwners({ owners: [{ accountId: 'a', label: 'two\nlines' }] }))).toBe(Code.InvalidArgument);
    expect(await client.getDelivery({})).toEqual(place);
  });
});
