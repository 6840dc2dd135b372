import { beforeAll, describe, expect, it } from 'vitest';
import { type RunningTestService, startTestService } from '@inkpost/testkit/running-service.js';
import { domainSync } from '../domain-sync.module.js';
import { RollUpStore } from '../add-up-prints/roll-up.store.js';
import { ROLL_UP_AT_ONCE } from '../limits.js';
import { PrintTotalsStore } from './print-totals.store.js';

/** `INKPOST_MEASURE=1 npx vitest run totals.measure`: some minutes. */
const facts = 1_000_000;

let service: RunningTestService;

beforeAll(async () => {
  service = await startTestService(domainSync);
  return () => service.remove();
});

async function timed<T>(work: () => Promise<T>): Promise<{ result: T; ms: number }> {
  const startedAt = performance.now();
  const result = await work();
  return { result, ms: performance.now() - startedAt };
}

describe('many prints', () => {
  it('are added up, and reported by group of a month, and say how long that takes', { timeout: 900_000 }, async () => {
    await service.superuser.query(`INSERT INTO domain_sync.print_fact_new (job_id, completed_at, account_id, user_group, queue_id, location_path, mailbox_id, origin, pages, copies, impressions, sheets, color, duplex, media, price)
        SELECT gen_random_uuid(), '2033-01-01T00:00:00Z'::timestamptz + (n % 365) * interval '1 day', 'account-' || n % 20000, 'group-' || n % 500, 'queue-' || n % 300, 'World/' || n % 50, 'mailbox-' || n % 40, 'mail', 3, 1, 3, 2, n % 3 = 0, true, '', 30
        FROM generate_series(1, $1::int) AS n`, [facts]);
    const [store, newFacts] = [new PrintTotalsStore(service.ownPool), new RollUpStore(service.ownPool)];
    const rolled = await timed(async () => {
      while ((await newFacts.rollUp()) === ROLL_UP_AT_ONCE);
    });
    await service.superuser.query('ANALYZE domain_sync.print_total');
    const month = { from: '2033-03-01', to: '2033-03-31', serverId: undefined };
    const year = { from: '2033-01-01', to: '2033-12-31', serverId: undefined };
    const times: number[] = [];
    for (let round = 0; round < 20; round += 1) times.push((await timed(() => store.by('group', month, 1_000))).ms);
    const users = await timed(() => store.by('user', year, 100));
    const sorted = times.toSorted((one, other) => one - other);
    console.log(`${facts} facts: added up in ${(rolled.ms / 1_000).toFixed(1)} s; a month by group p50 ${sorted[10]?.toFixed(1)} ms, slowest of 20 ${sorted.at(-1)?.toFixed(1)} ms; a year by user ${users.ms.toFixed(1)} ms`);
    expect((await store.overall(year)).jobs).toBe(facts);
  });
});
