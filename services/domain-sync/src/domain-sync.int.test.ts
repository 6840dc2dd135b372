import { randomUUID } from 'node:crypto';
import { Code, ConnectError } from '@connectrpc/connect';
import { beforeAll, describe, expect, it } from 'vitest';
import { ServerService } from '@inkpost/contracts/admin/v1/server_pb.js';
import { type RunningTestService, startTestService } from '@inkpost/testkit/running-service.js';
import { domainSync } from './domain-sync.module.js';
import { ServerStore } from './identify-server/server.store.js';

let service: RunningTestService;

beforeAll(async () => {
  service = await startTestService(domainSync);
  return () => service.remove();
});

const print = (jobId: string, pages: number, copies = 1) =>
  ({ subject: 'print.job-recorded.v1', payload: { jobId, queueId: 'lobby', accountId: randomUUID(), mailboxId: randomUUID(), pages, copies, completedAt: { seconds: 1_800_000_000n } } }) as const;

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

  it('are added, never changed or taken back', async () => {
    await expect(service.superuser.query('UPDATE domain_sync.print_fact SET pages = 99')).rejects.toThrow(/never changed/);
    await expect(service.superuser.query('DELETE FROM domain_sync.print_fact')).rejects.toThrow(/never changed/);
  });
});
