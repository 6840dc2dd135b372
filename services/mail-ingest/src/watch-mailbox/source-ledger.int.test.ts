import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Pool } from '@inkpost/postgres/pool.js';
import { createInkpostDatabase } from '@inkpost/testkit/inkpost-database.js';
import { SourceLedger } from './source-ledger.js';

const MAILS = 30_000;
const folder = 'print@mail.example/INBOX';
const [before, now] = [{ folder, epoch: '1' }, { folder, epoch: '2' }];
const keysUpTo = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index + 1));

describe('the ledger of a folder', () => {
  let pool: Pool;
  let ledger: SourceLedger;

  beforeAll(async () => {
    const database = await createInkpostDatabase();
    pool = database.pool('mail-ingest');
    ledger = new SourceLedger(pool);
    return () => database.drop();
  });
  beforeEach(async () => {
    await pool.query('DELETE FROM ledger_place');
  });

  const record = (epoch: string, count: number, settled: boolean) =>
    pool.query('INSERT INTO ledger_place (folder, epoch, key, message_id, settled) SELECT $1, $2, key::text, gen_random_uuid(), $4 FROM generate_series(1, $3::int) key', [folder, epoch, count, settled]);
  const known = async () => (await pool.query<{ epoch: string; key: string }>('SELECT epoch, key FROM ledger_place ORDER BY epoch, key')).rows.map(({ epoch, key }) => `${epoch}:${key}`);

  it('says which mails are unknown and which are not done with, in the order of the folder', async () => {
    await record('2', 3, false);
    await ledger.settled(now, ['2']);
    expect(await ledger.compare(now, ['10', '3', '1', '2', '4'])).toEqual({ unknown: ['10', '4'], unsettled: ['3', '1'] });
  });

  it('forgets what is no longer in the folder, of other epochs too, and nothing of other folders', async () => {
    await record('1', 2, true);
    await record('2', 3, true);
    await pool.query("INSERT INTO ledger_place (folder, epoch, key, message_id, settled) VALUES ('other', '2', '9', gen_random_uuid(), true)");
    expect(await ledger.compare(now, ['2', '7'])).toEqual({ unknown: ['7'], unsettled: [] });
    expect(await known()).toEqual(['2:2', '2:9']);
    expect(await ledger.compare(before, [])).toEqual({ unknown: [], unsettled: [] });
    expect(await known()).toEqual(['2:9']);
  });

  it(`compares ${MAILS} mails without going through all of them for each`, async () => {
    await record('2', MAILS, true);
    const keys = keysUpTo(MAILS);
    // Postgres makes a plan for all values after the fifth time.
    for (let time = 0; time < 7; time += 1) {
      const startedAt = performance.now();
      expect(await ledger.compare(now, keys)).toEqual({ unknown: [], unsettled: [] });
      expect(performance.now() - startedAt).toBeLessThan(5_000);
    }
    expect((await ledger.compare(now, keys.slice(0, 10))).unknown).toEqual([]);
    expect((await known()).length).toBe(10);
  });
});
