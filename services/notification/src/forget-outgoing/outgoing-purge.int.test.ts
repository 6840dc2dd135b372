import { createLog } from '@inkpost/telemetry/log.js';
import { createInkpostDatabase, type InkpostDatabase } from '@inkpost/testkit/inkpost-database.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { OutgoingPurge } from './outgoing-purge.js';

let database: InkpostDatabase;
beforeAll(async () => {
  database = await createInkpostDatabase();
});
afterAll(() => database.drop());

it('forgets mails and erased accounts after thirty days, limits after one, people of directories after ninety without a word of them, not before', async () => {
  const pool = database.pool('notification');
  const days = (...ages: number[]) => ages.map((age) => `(${age})`).join(', ');
  await pool.query(`INSERT INTO outgoing (flow_message_id, journey_id, kind, recipient, internet_message_id, created_at) SELECT gen_random_uuid(), gen_random_uuid(), 'code', age::text, '', now() - make_interval(days => age) FROM (VALUES ${days(31, 29)}) AS v (age)`);
  await pool.query(`INSERT INTO notice_grant SELECT age::text, '{}', '{}', now() - make_interval(hours => age) FROM (VALUES ${days(25, 23)}) AS v (age)`);
  await pool.query(`INSERT INTO contact (account_id, address, display_name, language, version, erased_at) SELECT age::text, '', '', '', 1, now() - make_interval(days => age) FROM (VALUES ${days(31, 29)}) AS v (age)`);
  await pool.query("INSERT INTO contact (account_id, address, display_name, language, version, confirmed_at) VALUES ('alive', 'a@example.org', '', 'fr', 1, now() - interval '2 years')");
  await pool.query(`INSERT INTO contact (account_id, address, display_name, language, version, in_directory, confirmed_at) SELECT 'person ' || age, 'p@example.org', '', 'fr', 1, true, now() - make_interval(days => age) FROM (VALUES ${days(91, 89)}) AS v (age)`);
  const purge = new OutgoingPurge(pool, createLog('test', 'fatal'));
  expect([await purge.purge(), await purge.purge()]).toEqual([4, 0]);
  const { rows } = await pool.query("SELECT (SELECT string_agg(recipient, ',') FROM outgoing) AS mails, (SELECT string_agg(address, ',') FROM notice_grant) AS grants, (SELECT string_agg(account_id, ',' ORDER BY account_id) FROM contact) AS contacts");
  expect(rows).toEqual([{ mails: '29', grants: '23', contacts: '29,alive,person 89' }]);
});
