import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { PrintHarness } from '../print-submit.harness.js';
import { LeaseStore } from './lease.store.js';

let harness: PrintHarness;
let leases: LeaseStore;
let count = 0;
let queueId: string;

beforeAll(async () => {
  harness = await PrintHarness.start();
  leases = new LeaseStore(harness.ownPool());
  return () => harness.remove();
});

async function makeQueue(): Promise<void> {
  count += 1;
  queueId = `queue-${count}`;
  await harness.superuser.query(`INSERT INTO print_submit.queue (id, name, printer_uri, validation, hold_hours) VALUES ($1, $1, 'ipp://127.0.0.1:1/', true, 72)`, [queueId]);
  await harness.superuser.query('INSERT INTO print_submit.printer (queue_id) VALUES ($1)', [queueId]);
}

const endLease = () => harness.superuser.query(`UPDATE print_submit.printer SET lease_until = now() - interval '1 ms' WHERE queue_id = $1`, [queueId]);

describe('the lease of a printer', () => {
  it('is held by one of many who want it', async () => {
    await makeQueue();
    const taken = await Promise.all(Array.from({ length: 10 }, () => leases.take(queueId, randomUUID())));
    expect(taken.filter(Boolean)).toHaveLength(1);
  });

  it('is free again once it is dropped, or its time is over, and for ten seconds at most', async () => {
    await makeQueue();
    const [first, second, third] = [randomUUID(), randomUUID(), randomUUID()];
    expect(await leases.take(queueId, first)).toBe(true);
    const { rows } = await harness.superuser.query('SELECT round(extract(epoch FROM lease_until - now())) AS seconds FROM print_submit.printer WHERE queue_id = $1', [queueId]);
    expect(rows).toEqual([{ seconds: '10' }]);
    await leases.drop(first);
    expect(await leases.take(queueId, second)).toBe(true);
    await endLease();
    expect(await leases.take(queueId, third)).toBe(true);
  });

  it('is renewed for who holds it, also a little late, and for nobody else', async () => {
    await makeQueue();
    const [first, second] = [randomUUID(), randomUUID()];
    await leases.take(queueId, first);
    await endLease();
    expect(await leases.renew([first, second])).toEqual(new Set([first]));
    expect(await leases.take(queueId, second)).toBe(false);
    await endLease();
    await leases.take(queueId, second);
    expect(await leases.renew([first])).toEqual(new Set());
    await leases.drop(first);
    expect(await leases.take(queueId, first)).toBe(false);
  });

  it('of a queue that doesn\'t exist is given to nobody', async () => {
    expect(await leases.take('nowhere', randomUUID())).toBe(false);
  });
});
