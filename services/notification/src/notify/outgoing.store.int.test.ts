import { randomUUID } from 'node:crypto';
import { createInkpostDatabase, type InkpostDatabase } from '@inkpost/testkit/inkpost-database.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { grantNotice, recordIntent } from './outgoing.store.js';

let database: InkpostDatabase;
beforeAll(async () => {
  database = await createInkpostDatabase();
});
afterAll(() => database.drop());

const intentOf = (flowMessageId: string, accountId = '') =>
  ({ flowMessageId, journeyId: randomUUID(), kind: 'expired', recipient: 'ada@example.org', internetMessageId: '<1@inkpost.test>', accountId, followsAccount: true }) as const;

it('of a message that was given up, since its person was erased, nothing is written and nothing sent; of one to an account that is gone no address', async () => {
  const [pool, superuser] = [database.pool('notification'), database.superuserPool()];
  const open = async () => (await superuser.query<{ id: string }>(
    "INSERT INTO flow.message (subject, producer, consumer, journey_id, payload, due_at) VALUES ('print.job-expired.v1', 'print_submit', 'notification', gen_random_uuid(), '{}', now()) RETURNING id")).rows[0]?.id ?? '';
  const given = randomUUID();
  expect(await recordIntent(pool, intentOf(given))).toBeUndefined();
  expect(await grantNotice(pool, 'ada@example.org', given, 3)).toBe(false);
  expect(await recordIntent(pool, intentOf(await open()))).toMatchObject({ recipient: 'ada@example.org', erased: false, tries: 1 });
  await pool.query("INSERT INTO contact (account_id, address, display_name, language, version, erased_at) VALUES ('gone', '', '', '', 0, now())");
  expect(await recordIntent(pool, intentOf(await open(), 'gone'))).toMatchObject({ recipient: '', erased: true });
  const { rows } = await pool.query('SELECT (SELECT count(*) FROM outgoing) AS mails, (SELECT count(*) FROM notice_grant) AS grants');
  expect(rows).toEqual([{ mails: 2, grants: 0 }]);
});
