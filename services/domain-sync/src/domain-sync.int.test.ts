import { randomUUID } from 'node:crypto';
import { Code, ConnectError } from '@connectrpc/connect';
import { beforeAll, describe, expect, it } from 'vitest';
import { ServerService } from '@inkpost/contracts/admin/v1/server_pb.js';
import { StatisticsService } from '@inkpost/contracts/admin/v1/statistics_pb.js';
import { type RunningTestService, startTestService } from '@inkpost/testkit/running-service.js';
import { domainSync } from './domain-sync.module.js';
import { RollUpStore } from './add-up-prints/roll-up.store.js';
import { PrintTotalsStore } from './report-prints/print-totals.store.js';
import { ServerStore } from './identify-server/server.store.js';

let service: RunningTestService;

beforeAll(async () => {
  service = await startTestService(domainSync);
  return () => service.remove();
});

const print = (jobId: string, pages: number, copies = 1, more: object = {}) =>
  ({ subject: 'print.job-recorded.v1', payload: { jobId, queueId: 'lobby', accountId: randomUUID(), mailboxId: randomUUID(), pages, copies, completedAt: { seconds: 1_800_000_000n }, ...more } }) as const;

describe('this server', () => {
  it('has an identity that stays, a version, a role, its load and its disk', async () => {
    const first = await service.client(ServerService).getServer({});
    const second = await service.client(ServerService).getServer({});
    expect(first.serverId).toMatch(/^[0-9a-f-]{36}$/);
    expect(second.serverId).toBe(first.serverId);
    expect(first).toMatchObject({ version: '0.0.0-test', role: 'single' });
    expect(first.diskFreeBytes).toBeGreaterThan(0n);
    expect(first.diskSizeBytes).toBeGreaterThanOrEqual(first.diskFreeBytes);
    expect(first.load).toBeGreaterThanOrEqual(0);
  });

  it('is made once, also when several starts look for it at the same time', async () => {
    await service.superuser.query('DELETE FROM domain_sync.server');
    const stores = Array.from({ length: 6 }, () => new ServerStore(service.ownPool));
    const found = await Promise.all(stores.map((store) => store.find()));
    expect(new Set(found.map(({ serverId }) => serverId)).size).toBe(1);
  });

  it('takes a new name from who may give it, and refuses an empty or endless one', async () => {
    const client = service.client(ServerService, 'configuration.write');
    expect(await client.updateServer({ name: ' Print Paris ' })).toMatchObject({ name: 'Print Paris' });
    expect((await client.getServer({})).name).toBe('Print Paris');
    for (const name of ['', 'x'.repeat(65), 'two\nlines']) {
      await expect(client.updateServer({ name })).rejects.toSatisfy((error) => ConnectError.from(error).code === Code.InvalidArgument);
    }
    await expect(service.client(ServerService).updateServer({ name: 'x' })).rejects.toSatisfy((error) => ConnectError.from(error).code === Code.PermissionDenied);
  });
});

describe('statistics', () => {
  it('count each print once, however often it is told', async () => {
    const jobId = randomUUID();
    const journeyId = await service.publish(print(jobId, 3, 2));
    await service.publish(print(jobId, 3, 2));
    await service.publish(print(randomUUID(), 4));
    const client = service.client(ServerService, 'configuration.read');
    await expect.poll(async () => ({ ...(await client.getStatistics({})) })).toMatchObject({ jobs: 2, pages: 10 });
    expect((await service.journey(journeyId)).map(({ step }) => step)).toEqual(['counted']);
  });

  it('add up beyond what one number of 32 bits holds, and count what a printer did not count as one copy of nothing', async () => {
    const client = service.client(ServerService, 'configuration.read');
    const before = await client.getStatistics({});
    await service.publish(print(randomUUID(), 100_000, 30_000));
    await service.publish(print(randomUUID(), -1, 0));
    await expect.poll(async () => ({ ...(await client.getStatistics({})) })).toMatchObject({ jobs: before.jobs + 2, pages: before.pages + 3_000_000_000 });
  });

  it('add up by owner, group, queue, place, mailbox, origin, day and month, whether they are rolled up yet or not', async () => {
    const at = (day: string) => ({ completedAt: { seconds: BigInt(Date.parse(`${day}T12:00:00Z`) / 1_000) } });
    const ada = { accountId: 'ada', ownerLabel: 'ada@example.org', userGroup: 'science', locationPath: 'World/Paris', origin: 'mail', color: true, impressions: 4, sheets: 2, duplex: true, price: 120n };
    const grace = { accountId: 'grace', ownerLabel: 'grace@example.org', userGroup: 'navy', locationPath: 'World/Lyon', origin: 'print-api', queueId: 'attic', impressions: 10, sheets: 10 };
    for (const more of [{ ...ada, ...at('2031-01-30') }, { ...ada, ...at('2031-02-01') }, { ...grace, ...at('2031-02-01') }]) await service.publish(print(randomUUID(), 4, 1, more));
    const client = service.client(StatisticsService, 'statistics.read');
    const totals = async (by: string, from = '2031-01-01', to = '2031-12-31') => {
      const { rows, total } = await client.getPrintTotals({ by, from, to });
      return { rows: rows.map(({ key, label, impressions }) => [key, label, Number(impressions)]), total: Number(total?.impressions) };
    };
    const expectAll = async () => {
      await expect.poll(() => totals('user')).toEqual({ rows: [['grace', 'grace@example.org', 10], ['ada', 'ada@example.org', 8]], total: 18 });
      expect((await totals('group')).rows).toEqual([['navy', '', 10], ['science', '', 8]]);
      expect((await totals('location')).rows).toEqual([['World/Lyon', '', 10], ['World/Paris', '', 8]]);
      expect((await totals('origin')).rows).toEqual([['print-api', '', 10], ['mail', '', 8]]);
      expect((await totals('queue')).rows).toEqual([['attic', '', 10], ['lobby', '', 8]]);
      expect((await totals('day')).rows).toEqual([['2031-01-30', '', 4], ['2031-02-01', '', 14]]);
      expect(await totals('month', '2031-02-01', '2031-02-28')).toEqual({ rows: [['2031-02', '', 14]], total: 14 });
      const { rows: [science] } = await client.getPrintTotals({ by: 'user', from: '2031-01-01', to: '2031-01-31' });
      expect(science).toMatchObject({ jobs: 1n, sheets: 2n, colorImpressions: 4n, duplexSheets: 2n, price: 120n });
    };
    await expectAll();
    await expect.poll(async () => (await service.superuser.query('SELECT FROM domain_sync.print_fact_new')).rowCount, { timeout: 20_000 }).toBe(0);
    await expectAll();
  });

  it('are rolled up once, also by several instances at the same time', async () => {
    const [totals, store] = [new PrintTotalsStore(service.ownPool), new RollUpStore(service.ownPool)];
    const day = { from: '2032-05-05', to: '2032-05-05', serverId: undefined };
    const columns = 'job_id, completed_at, account_id, user_group, queue_id, location_path, mailbox_id, origin, pages, copies, impressions, sheets, color, duplex, media, price';
    await service.superuser.query(`INSERT INTO domain_sync.print_fact_new (${columns})
        SELECT gen_random_uuid(), '2032-05-05T12:00:00Z', 'a' || n % 7, '', 'q' || n % 3, '', '', 'mail', 1, 1, 1, 1, false, false, '', 0 FROM generate_series(1, 5000) AS n`);
    const seen: number[] = [];
    await Promise.all([...Array.from({ length: 4 }, () => store.rollUp()), ...Array.from({ length: 4 }, async () => seen.push((await totals.overall(day)).jobs))]);
    await store.rollUp();
    // Told once more, after they were added up: seen by no report, and dropped.
    await service.superuser.query(`INSERT INTO domain_sync.print_fact_new (${columns}) SELECT ${columns} FROM domain_sync.print_fact WHERE completed_at = '2032-05-05T12:00:00Z' LIMIT 500`);
    seen.push((await totals.overall(day)).jobs);
    while ((await store.rollUp()) > 0);
    expect([...seen, (await totals.overall(day)).jobs]).toEqual([5_000, 5_000, 5_000, 5_000, 5_000, 5_000]);
    const { rows: [numbers] } = await service.superuser.query('SELECT count(*)::int AS facts, count(DISTINCT number)::int AS numbers, max(number)::int AS last, (SELECT facts_numbered::int FROM domain_sync.server) AS given FROM domain_sync.print_fact');
    expect(numbers).toEqual({ facts: numbers?.facts, numbers: numbers?.facts, last: numbers?.facts, given: numbers?.facts });
  });

  it('list the prints one by one, page by page, without a title', async () => {
    const client = service.client(StatisticsService, 'statistics.read');
    const [from, to] = ['2031-01-01', '2031-12-31'].map((day) => ({ seconds: BigInt(Date.parse(day) / 1_000) }));
    const first = await client.listPrints({ from, to, limit: 2 });
    const rest = await client.listPrints({ from, to, limit: 2, cursor: first.nextCursor });
    expect([...first.prints, ...rest.prints].map(({ ownerLabel, impressions }) => `${ownerLabel} ${impressions}`).toSorted((one, other) => one.localeCompare(other))).toEqual(['ada@example.org 4', 'ada@example.org 4', 'grace@example.org 10']);
    expect(rest.nextCursor).toBe('');
  });

  it('want a right, and a time that makes sense', async () => {
    const client = service.client(StatisticsService, 'statistics.read');
    const codeOf = (call: Promise<unknown>) => call.then(() => undefined, (error: unknown) => ConnectError.from(error).code);
    const good = { by: 'user', from: '2031-01-01', to: '2031-01-02' };
    for (const bad of [{ by: 'colour' }, { from: 'yesterday' }, { from: '2031-02-01' }, { to: '2031-13-01' }]) expect(await codeOf(client.getPrintTotals({ ...good, ...bad }))).toBe(Code.InvalidArgument);
    expect(await codeOf(client.listPrints({}))).toBe(Code.InvalidArgument);
    expect(await codeOf(service.client(StatisticsService, 'configuration.read').getPrintTotals(good))).toBe(Code.PermissionDenied);
  });

  it('are added, never changed or taken back', async () => {
    await expect(service.superuser.query('UPDATE domain_sync.print_fact SET pages = 99')).rejects.toThrow(/never changed/);
    await expect(service.superuser.query('DELETE FROM domain_sync.print_fact')).rejects.toThrow(/never changed/);
  });
});
