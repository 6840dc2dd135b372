import { createLog } from '@inkpost/telemetry/log.js';
import { createInkpostDatabase, type InkpostDatabase } from '@inkpost/testkit/inkpost-database.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { OutgoingPurge } from './outgoing-purge.js';

let database: InkpostDatabase;
beforeAll(async () => {
  database = await createInkpostDatabase();
});
afterAll(() => database.drop());

it('forgets mails and erased accounts after thirty days and limits after one, not before', async () => {
  const pool = database.pool('notification');
  const days = (...ages: number[]) => ages.map((age) => `(${age})`).join(', ');
  await pool.query(`INSERT INTO outgoing (flow_message_id, journey_id, kind, recipient, internet_message_id, created_at) SELECT gen_random_uuid(), gen_random_uuid(), 'code', age::text, '', now() - make_interval(days => age) FROM (VALUES ${days(31, 29)}) AS v (age)`);
  await pool.query(`INSERT INTO notice_grant SELECT age::text, '{}', '{}', now() - make_interval(hours => age) FROM (VALUES ${days(25, 23)}) AS v (age)`);
  await pool.query(`INSERT INTO contact SELECT age::text, '', '', '', 1, now() - make_interval(days => age) FROM (VALUES ${days(31, 29)}) AS v (age)`);
  await pool.query("INSERT INTO contact VALUES ('alive', 'a@example.org', '', 'fr', 1, NULL)");
  const purge = new OutgoingPurge(pool, createLog('test', 'fatal'));
  expect([await purge.purge(), await purge.purge()]).toEqual([3, 0]);
  const { rows } = await pool.query("SELECT (SELECT string_agg(recipient, ',') FROM outgoing) AS mails, (SELECT string_agg(address, ',') FROM notice_grant) AS grants, (SELECT string_agg(account_id, ',' ORDER BY account_id) FROM contact) AS contacts");
  expect(rows).toEqual([{ mails: '29', grants: '23', contacts: '29,alive' }]);
});
