import { beforeAll, describe, expect, it } from 'vitest';
import { create } from '@bufbuild/protobuf';
import { ListJobsResponseSchema } from '@inkpost/contracts/admin/v1/print_pb.js';
import { createInkpostDatabase, type InkpostDatabase } from '@inkpost/testkit/inkpost-database.js';
import type { Owners } from '../call-owner/owners.js';
import { JourneyStore } from '../journey/journey.store.js';
import { pendingPage } from './documents.http.js';
import { PendingDocumentStore } from './pending-documents.store.js';
import { PendingList } from './pending-list.js';
import { BEGINNING, fromPendingCursor } from './pending-place.js';

/** `INKPOST_MEASURE=1 npx vitest run pending.measure` */
const journeys = 100_000;
const PAGE = 50;
const ROUNDS = 200;

let database: InkpostDatabase;

beforeAll(async () => {
  database = await createInkpostDatabase();
  return () => database.drop();
});

/** Journeys of which every tenth was refused, half of these deleted from the list since, and a tenth as many messages on their way. */
async function fill(): Promise<void> {
  const superuser = database.superuserPool();
  await superuser.query(`
    WITH mails AS (INSERT INTO journey.message (id, received_at, sender, subject, mailbox)
      SELECT gen_random_uuid(), '2033-01-01'::timestamptz + n * interval '1 second', 'user' || n % 1000 || '@example.org', 'Please print', 'print@example.org' FROM generate_series(1, $1::int) AS n RETURNING id, received_at)
    INSERT INTO journey.entry (message_id, document_id, at, service, step, evidence, standing)
    SELECT mails.id, CASE WHEN step = 'document-extracted' THEN gen_random_uuid() END, received_at, 'mail_ingest', step, '{"fileName": "letter.pdf", "statusText": "No user found with e-mail address: x"}', step = 'owner-refused' AND extract(minute FROM received_at)::int % 2 = 1
    FROM mails, unnest(CASE WHEN extract(second FROM received_at)::int % 10 = 0 THEN ARRAY['received', 'document-extracted', 'sender-accepted', 'owner-refused']
      ELSE ARRAY['received', 'document-extracted', 'sender-accepted', 'document-accepted', 'owner-found', 'held', 'released', 'sent-to-printer', 'printed'] END) AS step`, [journeys]);
  await superuser.query(`
    INSERT INTO flow.message (subject, producer, consumer, journey_id, payload, due_at, created_at)
    SELECT CASE WHEN n % 2 = 0 THEN 'account.owner-resolved.v1' ELSE 'print.job-held.v1' END, 'guest_account', 'print_submit', gen_random_uuid(), '{"documents": [{"documentId": "1", "fileName": "letter.pdf"}]}', now(), '2033-01-01'::timestamptz + n * interval '20 seconds'
    FROM generate_series(1, $1::int / 10) AS n`, [journeys]);
  await superuser.query('ANALYZE journey.message, journey.entry, flow.message');
}

describe('the pending list of many journeys', () => {
  it('is read page by page, and says how long that takes', { timeout: 900_000 }, async () => {
    await fill();
    const pool = database.pool('gateway');
    const listJobs: Owners['jobs']['listJobs'] = async () => create(ListJobsResponseSchema);
    const [list, heads] = [new PendingList(new PendingDocumentStore(pool), { listJobs }), new JourneyStore(pool)];
    const times: number[] = [];
    let listed = 0;
    let place = BEGINNING;
    for (let round = 0; round < ROUNDS; round += 1) {
      const startedAt = performance.now();
      const page = await pendingPage(list, heads, { from: place, limit: PAGE, caller: { actor: 'tester', rights: [] } });
      times.push(performance.now() - startedAt);
      listed += page.documents.length;
      place = (page.nextCursor === null ? undefined : fromPendingCursor(page.nextCursor)) ?? BEGINNING;
    }
    const sorted = times.toSorted((one, other) => one - other);
    console.log(`${journeys} journeys: a page of ${PAGE} pending p50 ${sorted[ROUNDS / 2]?.toFixed(1)} ms, p99 ${sorted[ROUNDS * 0.99]?.toFixed(1)} ms`);
    expect(listed).toBeGreaterThan(ROUNDS);
  });
});
