import { createLog } from '@inkpost/telemetry/log.js';
import { createInkpostDatabase, type InkpostDatabase } from '@inkpost/testkit/inkpost-database.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { VerdictPurge } from './verdict-purge.js';

let database: InkpostDatabase;
beforeAll(async () => {
  database = await createInkpostDatabase();
});
afterAll(() => database.drop());

it('forgets verdicts after ninety days, not before', async () => {
  const pool = database.pool('acceptance');
  await pool.query("INSERT INTO verdict (message_id, mailbox_id, sender, verdict, rule, at) SELECT gen_random_uuid(), '', sender, 'accepted', '', now() - age FROM (VALUES ('old', interval '91 days'), ('young', interval '89 days')) AS v (sender, age)");
  const purge = new VerdictPurge(pool, createLog('test', 'fatal'));
  expect([await purge.purge(), await purge.purge()]).toEqual([1, 0]);
  expect((await pool.query('SELECT sender FROM verdict')).rows).toEqual([{ sender: 'young' }]);
});
