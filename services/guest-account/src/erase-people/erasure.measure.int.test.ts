import { createInkpostDatabase, type InkpostDatabase } from '@inkpost/testkit/inkpost-database.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** 100,000 mails with ten entries each: more than an installation of 1,000 mails a day keeps in its 90 days. */
const MAILS = 100_000;
const PEOPLE_AT_ONCE = 2_000;

/** `INKPOST_MEASURE=1 npx vitest run erasure.measure`: prints how long journeys take to forget people. */
describe('the journeys of a busy installation', () => {
  let database: InkpostDatabase;

  beforeAll(async () => {
    database = await createInkpostDatabase();
    const superuser = database.superuserPool();
    await superuser.query(
      `INSERT INTO journey.message (id, sender, subject) SELECT gen_random_uuid(), 'person' || (n % 20000) || '@example.org', 'Minutes ' || n FROM generate_series(1, $1) AS n`, [MAILS]);
    await superuser.query(
      `INSERT INTO journey.entry (message_id, service, step, evidence)
       SELECT m.id, 'print_submit', 'held', jsonb_build_object('account', md5(m.sender)::uuid, 'address', CASE WHEN n < 4 THEN m.sender END, 'fileName', m.subject, 'queueId', 'hall', 'pages', n)
       FROM journey.message m, generate_series(1, 10) AS n`);
    await superuser.query('ANALYZE journey.entry');
  }, 300_000);
  afterAll(() => database.drop());

  it.each([1, PEOPLE_AT_ONCE])('forget %i', async (people) => {
    const addresses = Array.from({ length: people }, (_, index) => `person${people + index}@example.org`);
    const accounts = (await database.superuserPool().query<{ ids: string[] }>('SELECT array_agg(md5(a)::uuid::text) AS ids FROM unnest($1::text[]) AS a', [addresses])).rows[0]?.ids;
    const began = performance.now();
    const { rows } = await database.pool('guest-account').query<{ counts: Record<string, number> }>(
      'SELECT journey.erase($1, $2, $3, $4) AS counts', [accounts, addresses, 'erased-x', JSON.stringify({ step: 'people-erased', evidence: { erasureId: 'x' } })]);
    process.stdout.write(`${people} of 20,000 people erased from ${MAILS} journeys with ${MAILS * 10} entries in ${Math.round(performance.now() - began)} ms\n`);
    expect(rows[0]?.counts).toEqual({ journeys: people * 5, entries: people * 50, mentions: 0 });
  }, 300_000);
});
