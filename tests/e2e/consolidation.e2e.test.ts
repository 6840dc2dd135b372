import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMaster, createSlave } from '@inkpost/admission/form-domain.js';
import { domainSync } from '@inkpost/domain-sync/domain-sync.module.js';
import { gateway } from '@inkpost/gateway/gateway.module.js';
import { guestAccount } from '@inkpost/guest-account/guest-account.module.js';
import { notification } from '@inkpost/notification/notification.module.js';
import { printSubmit } from '@inkpost/print-submit/print-submit.module.js';
import { PASSWORD } from './installation.js';
import { ServiceSet } from './service-set.js';

/** Two servers with their doors: what they printed goes from one to the other as it does between sites. */
let servers: ServiceSet[] = [];
beforeAll(async () => {
  // Who hands its place over asks all owners of what it shares.
  servers = await Promise.all(Array.from({ length: 2 }, (_, index) => ServiceSet.start(index === 0 ? [guestAccount, printSubmit, notification, domainSync, gateway] : [guestAccount, domainSync, gateway])));
});
afterAll(() => Promise.all(servers.map((server) => server.stop())));

const server = (index: number): ServiceSet => servers[index] ?? servers[0] ?? (undefined as never);
const uriOf = (index: number) => `https://127.0.0.1:${server(index).ports.dsp}/watchdoc/server`;
const tell = (): void => undefined;

const printed = (index: number, count: number) => server(index).superuser.query(
  `INSERT INTO domain_sync.print_fact_new (job_id, completed_at, account_id, user_group, queue_id, location_path, mailbox_id, origin, pages, copies, impressions, sheets, color, duplex, media, price)
   SELECT gen_random_uuid(), now(), 'ada', '', 'lobby', 'World', '', 'mail', 3, 1, 3, 2, false, true, '', 30 FROM generate_series(1, $1::int)`, [count],
);

/** Jobs by server, as the server's own report says. */
async function jobsOn(index: number): Promise<Record<string, number>> {
  const { body } = await server(index).rest.call('GET', '/api/v0/statistics/prints?by=server');
  return Object.fromEntries((body['rows'] as { key: string; jobs: number }[]).map(({ key, jobs }) => [key, jobs]));
}

const idOf = async (index: number) => String((await server(index).rest.call('GET', '/api/v0/domain')).body['serverId']);
const consolidation = async (index: number) => (await server(index).rest.call('GET', '/api/v0/domain/statistics')).body as { servers: { serverId: string; name: string | null; equal: boolean; receivedNumber: number }[]; own: { problem: string | null } | null };
const deliver = async (index: number) => (await server(index).rest.call('POST', '/api/v0/domain/statistics/delivery')).status;

it('statistics of a slave come to its master through their doors, equal day by day, and to whoever is master next; who left tells nothing more', async () => {
  await Promise.all([printed(0, 4), printed(1, 25)]);
  expect(await deliver(1)).toBe(409);
  await createMaster({ masterUri: uriOf(0), password: PASSWORD, name: '', description: '' }, tell);
  await createSlave({ masterUri: uriOf(0), slaveUri: uriOf(1), password: PASSWORD }, tell);
  const [first, second] = [await idOf(0), await idOf(1)];
  expect((await server(0).rest.call('PUT', '/api/v0/domain/statistics/pace', { everySeconds: 60 })).status).toBe(200);
  // What is not numbered yet is delivered with the next delivery.
  const delivered = async (from: number, to: number) => {
    await deliver(from);
    return jobsOn(to);
  };
  await expect.poll(() => delivered(1, 0), { timeout: 20_000, interval: 1_000 }).toEqual({ [first]: 4, [second]: 25 });
  expect(await jobsOn(1)).toEqual({ [second]: 25 });
  await expect.poll(async () => (await consolidation(0)).servers).toMatchObject([{ serverId: second, receivedNumber: 25, equal: true }]);
  expect((await consolidation(1)).own).toMatchObject({ masterId: first, problem: null, daysDiffering: 0 });

  expect((await server(0).rest.call('POST', `/api/v0/domain/servers/${second}/promotion`)).status).toBe(200);
  await expect.poll(() => delivered(0, 1), { timeout: 20_000, interval: 1_000 }).toEqual({ [first]: 4, [second]: 25 });
  expect(await jobsOn(0)).toEqual({ [first]: 4 });

  expect((await server(0).rest.call('POST', '/api/v0/domain/leave', {})).status).toBe(204);
  await printed(0, 3);
  expect(await deliver(0)).toBe(409);
  expect(await jobsOn(1)).toEqual({ [first]: 4, [second]: 25 });
  expect((await consolidation(1)).servers).toMatchObject([{ serverId: first, name: null, receivedNumber: 4 }]);
});
