import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMaster, createSlave } from '@inkpost/admission/form-domain.js';
import { RollUpStore } from '@inkpost/domain-sync/add-up-prints/roll-up.store.js';
import { DomainStore } from '@inkpost/domain-sync/domain/domain.store.js';
import { domainSyncBy } from '@inkpost/domain-sync/domain-sync.module.js';
import { gateway } from '@inkpost/gateway/gateway.module.js';
import { guestAccount } from '@inkpost/guest-account/guest-account.module.js';
import { parseMasterKey } from '@inkpost/secrets/master-key.js';
import { PASSWORD } from './installation.js';
import { ServiceSet } from './service-set.js';

const DAY_MS = 86_400_000;

/** How many days the clock of each server is ahead: the master's and the slave's. */
const ahead = [0, 0];
let servers: ServiceSet[] = [];
beforeAll(async () => {
  servers = await Promise.all(ahead.map((_, index) => ServiceSet.start([guestAccount, domainSyncBy(() => new Date(Date.now() + (ahead[index] ?? 0) * DAY_MS)), gateway])));
});
afterAll(() => Promise.all(servers.map((server) => server.stop())));

const server = (index: number): ServiceSet => servers[index] ?? servers[0] ?? (undefined as never);
const uriOf = (index: number) => `https://127.0.0.1:${server(index).ports.dsp}/watchdoc/server`;

/** On the slave, by its own clock. */
async function printed(count: number): Promise<void> {
  await server(1).superuser.query(`INSERT INTO domain_sync.print_fact_new (job_id, completed_at, account_id, user_group, queue_id, location_path, mailbox_id, origin, pages, copies, impressions, sheets, color, duplex, media, price)
   SELECT gen_random_uuid(), now() + make_interval(days => $2), 'ada', '', 'lobby', 'World', '', 'mail', 3, 1, 3, 2, false, true, '', 30 FROM generate_series(1, $1::int)`, [count, ahead[1]]);
  await new RollUpStore(server(1).poolOf('domain-sync')).rollUp();
}

interface Consolidated {
  readonly receivedNumber: number;
  readonly equal: boolean;
  readonly refused: readonly { readonly reason: string; readonly prints: number }[];
}

/** What the master has of the slave, after the slave has told it what it printed and compared the days. */
async function consolidated(): Promise<unknown> {
  await server(1).rest.call('POST', '/api/v0/domain/statistics/delivery');
  const [slave] = (await server(0).rest.call('GET', '/api/v0/domain/statistics')).body['servers'] as Consolidated[];
  const { rows } = (await server(0).rest.call('GET', '/api/v0/statistics/prints?by=server&to=2099-12-31')).body as { rows?: { jobs: number }[] };
  return { received: slave?.receivedNumber, equal: slave?.equal, refused: slave?.refused.map(({ reason, prints }) => [reason, prints]), jobs: rows?.reduce((sum, { jobs }) => sum + jobs, 0) };
}

async function standing(): Promise<unknown> {
  await server(0).rest.call('POST', '/api/v0/domain/replication/push', {});
  return ((await server(0).rest.call('GET', '/api/v0/domain/replication')).body['servers'] as unknown[])[0];
}

const eventually = <T>(look: () => Promise<T>) => expect.poll(look, { timeout: 20_000, interval: 500 });

it('a server whose clock is a day off is not let in; one whose clock goes wrong later is shown, harms nobody, and loses nothing once it is right', { timeout: 90_000 }, async () => {
  await createMaster({ masterUri: uriOf(0), password: PASSWORD, name: '', description: '' }, () => undefined);
  for (const days of [1, -1]) {
    ahead[1] = days;
    const refused = { status: 409, body: { detail: expect.stringContaining('The clocks of the two servers differ by 24 hours: set them by the same time server.') as unknown } };
    expect(await server(0).rest.call('POST', '/api/v0/domain/servers', { address: '127.0.0.1', port: server(1).ports.dsp, password: PASSWORD })).toMatchObject(refused);
    expect(await server(1).rest.call('POST', '/api/v0/domain/join', { master: '127.0.0.1', port: server(0).ports.dsp, password: PASSWORD, ownAddress: uriOf(1) })).toMatchObject(refused);
    await expect(createSlave({ masterUri: uriOf(0), slaveUri: uriOf(1), password: PASSWORD }, () => undefined)).rejects.toMatchObject({ code: 'admission.clock' });
  }
  ahead[1] = 0;
  await createSlave({ masterUri: uriOf(0), slaveUri: uriOf(1), password: PASSWORD }, () => undefined);
  await printed(3);
  await eventually(consolidated).toEqual({ received: 3, equal: true, refused: [], jobs: 3 });
  await eventually(standing).toMatchObject({ clockAheadSeconds: 0, problem: null });

  ahead[1] = 3;
  await printed(2);
  await eventually(standing).toMatchObject({ clockAheadSeconds: 259_200, problem: 'The clocks of the two servers differ by 3 days: set them by the same time server.', standing: 'level' });
  await eventually(consolidated).toEqual({ received: 5, equal: true, refused: [['lies in the future', 2]], jobs: 3 });

  ahead[1] = 0;
  await printed(4);
  await eventually(standing).toMatchObject({ clockAheadSeconds: 0, problem: null });
  await eventually(consolidated).toEqual({ received: 9, equal: true, refused: [['lies in the future', 2]], jobs: 7 });
  // Their day has come.
  ahead.fill(3);
  await eventually(consolidated).toEqual({ received: 9, equal: true, refused: [], jobs: 9 });
});

async function certificateOf(index: number): Promise<X509Certificate> {
  const identity = await new DomainStore(server(index).poolOf('domain-sync'), parseMasterKey(server(index).masterKey)).identity();
  return new X509Certificate(identity?.certificatePem ?? '');
}

const startsInDays = async (index: number) => Math.round((Date.parse((await certificateOf(index)).validFrom) - Date.now()) / DAY_MS);

it('a master whose clock was wrong when certificates were renewed has them right again once it is right itself, and nobody takes one that is not valid yet', { timeout: 60_000 }, async () => {
  const { serialNumber } = await certificateOf(1);
  ahead.splice(0, 2, 100, 70);
  await server(1).restart('domain-sync');
  const issued = async () => (await server(0).superuser.query(`SELECT former_serial FROM domain_sync.member WHERE former_serial <> ''`)).rows;
  await eventually(issued).toEqual([{ former_serial: serialNumber.toLowerCase() }]);
  await server(0).restart('domain-sync');
  await eventually(() => startsInDays(0)).toBe(99);
  ahead.fill(0);
  await server(0).restart('domain-sync');
  await eventually(() => startsInDays(0)).toBe(-1);
  expect((await certificateOf(1)).serialNumber).toBe(serialNumber);
  // At its door the master came with a certificate that it did not know: it asked, and lets it in.
  await eventually(standing).toMatchObject({ problem: null, clockAheadSeconds: 0 });
});
