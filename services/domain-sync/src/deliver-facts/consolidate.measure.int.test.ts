import { createInkpostDatabase, type InkpostDatabase } from '@inkpost/testkit/inkpost-database.js';
import { type RunningTestService, startTestService } from '@inkpost/testkit/running-service.js';
import { beforeAll, expect, it } from 'vitest';
import { addUp, FACT_COLUMNS } from '../add-up-prints/added-up.js';
import { domainSync } from '../domain-sync.module.js';
import { ServerStore } from '../identify-server/server.store.js';
import { PrintTotalsStore } from '../report-prints/print-totals.store.js';
import { DeliverFacts } from './deliver-facts.js';
import { asMember, becomeMaster } from './domain-of-two.harness.js';
import { OwnFactsStore } from './own-facts.store.js';

/** `INKPOST_MEASURE=1 npx vitest run consolidate.measure`: some minutes. Everything but TLS between the servers. */
const [slaves, factsOfEach] = [10, 100_000];
const scope = { from: '2000-01-01', to: '2099-12-31', serverId: undefined };
const DIMENSIONS = ['user', 'group', 'queue', 'location', 'mailbox', 'origin'] as const;

interface Slave {
  readonly serverId: string;
  readonly pool: RunningTestService['ownPool'];
}

let master: RunningTestService;
const members: Slave[] = [];

beforeAll(async () => {
  master = await startTestService(domainSync);
  const databases: InkpostDatabase[] = [];
  for (let index = 0; index < slaves; index += 1) {
    const database = await createInkpostDatabase();
    databases.push(database);
    const pool = database.pool('domain-sync');
    const { serverId } = await new ServerStore(pool).find();
    members.push({ serverId, pool });
  }
  await becomeMaster(master, Object.fromEntries(members.map(({ serverId }, index) => [serverId, `Site ${index}`])));
  return async () => {
    for (const database of databases) await database.drop();
    await master.remove();
  };
}, 120_000);

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1_000;
}

/** As its own roll-up leaves them, in two statements. */
async function printed({ serverId, pool }: Slave, index: number): Promise<void> {
  await pool.query(
    `INSERT INTO print_fact (server_id, number, series, ${FACT_COLUMNS})
     SELECT $3, n, 1, gen_random_uuid(), '2024-01-01T00:00:00Z'::timestamptz + n * interval '5 minutes', 'account-' || n % 2000, 'group-' || n % 50, $2 || '-queue-' || n % 30, 'World/' || $2, 'mailbox-' || n % 4, 'mail',
       3, 1, 3, 2, n % 3 = 0, true, '', 30 FROM generate_series(1, $1::int) AS n`, [factsOfEach, `site-${index}`, serverId],
  );
  await pool.query(`WITH ${addUp('print_fact')} UPDATE server SET facts_numbered = $1`, [factsOfEach]);
}

it('the prints of ten slaves come together on their master, equal by every property, and say how long that takes', { timeout: 1_800_000 }, async () => {
  for (const [index, slave] of members.entries()) await printed(slave, index);
  const deliver = async ({ serverId, pool }: Slave, compare: boolean) => new DeliverFacts(asMember(master, serverId), new OwnFactsStore(pool), new AbortController().signal).deliver(compare);
  const cpuBefore = process.cpuUsage();
  const delivered = await secondsOf(() => Promise.all(members.map((slave) => deliver(slave, false))));
  const cpu = process.cpuUsage(cpuBefore);
  const compared = await secondsOf(async () => {
    expect(await Promise.all(members.map((slave) => deliver(slave, true)))).toEqual(members.map(() => ({ number: factsOfEach, daysDiffering: 0 })));
  });
  const here = new PrintTotalsStore(master.ownPool);
  for (const dimension of DIMENSIONS) {
    const sums = new Map<string, number>();
    for (const { pool } of members) {
      for (const { key, impressions } of await new PrintTotalsStore(pool).by(dimension, scope, 1_000_000)) sums.set(key, (sums.get(key) ?? 0) + impressions);
    }
    for (const { key, impressions } of await here.by(dimension, scope, 1_000_000)) sums.set(key, (sums.get(key) ?? 0) - impressions);
    expect([...sums].filter(([, difference]) => difference !== 0).slice(0, 5)).toEqual([]);
  }
  expect((await here.overall(scope)).jobs).toBe(slaves * factsOfEach);
  const facts = slaves * factsOfEach;
  console.log(`${facts} facts of ${slaves} slaves: on the master in ${delivered.toFixed(1)} s (${Math.round(facts / delivered)} a second, ${((cpu.user + cpu.system) / facts).toFixed(1)} µs of this process's CPU each), all days compared in ${compared.toFixed(2)} s: equal`);
});
