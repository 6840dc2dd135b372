import { beforeAll, describe, expect, it } from 'vitest';
import type { PagePlace } from '@inkpost/service/page-place.js';
import { createInkpostDatabase, type InkpostDatabase } from '@inkpost/testkit/inkpost-database.js';
import { type JobFilter, JobStore } from './job.store.js';

/** `INKPOST_MEASURE=1 npx vitest run lists.measure` */
const jobs = 100_000;
const PAGE = 50;
const PAGES = 20;
const ALL: JobFilter = { jobStates: [], queueId: '', accountId: '', mailboxId: '', createdFrom: undefined, createdBefore: undefined, answered: true };

/** Filters from all that there is down to what is rare, and to nothing. */
const FILTERS: Readonly<Record<string, Partial<JobFilter>>> = {
  all: {}, 'a queue': { queueId: 'queue-7' }, 'a rare queue': { queueId: 'rare' }, 'no such queue': { queueId: 'none' }, 'an account': { accountId: 'account-7' },
  printed: { jobStates: ['completed'] }, aborted: { jobStates: ['aborted'] }, held: { jobStates: ['pending-held'] }, 'uncertain: none': { jobStates: ['processing-stopped'] },
  'a mailbox': { mailboxId: 'mailbox-3' }, 'no such mailbox': { mailboxId: 'none' }, 'an hour': { createdFrom: new Date('2033-01-01T10:00:00Z'), createdBefore: new Date('2033-01-01T11:00:00Z') },
};

let database: InkpostDatabase;

beforeAll(async () => {
  database = await createInkpostDatabase();
  return () => database.drop();
});

/** Jobs of which most are printed, some held and a few aborted. */
async function fill(): Promise<void> {
  await database.superuserPool().query(`
    INSERT INTO print_submit.job (id, message_id, mailbox_id, queue_id, queue_name, account_id, directory, owner_address, owner_name, owner_language, position, file_name, document_format, pages, size_bytes, sha256,
      color_mode, sides, copies, media, page_ranges, finishing_decided_by, job_state, job_state_reason, created_at, completed_at)
    SELECT gen_random_uuid(), gen_random_uuid(), 'mailbox-' || n % 40, CASE WHEN n < 20 THEN 'rare' ELSE 'queue-' || n % 100 END, 'Queue', 'account-' || n % 2000, 'AD', 'user@example.org', 'User', 'en', 0, 'letter.pdf', 'application/pdf', 3, 90000, repeat('a', 64),
      'color', 'one-sided', 1, '', '', 'general', state, 'none', '2033-01-01'::timestamptz + n * interval '1 second', CASE WHEN state <> 'pending-held' THEN now() END
    FROM generate_series(1, $1::int) AS n, LATERAL (SELECT CASE WHEN n % 20 = 0 THEN 'pending-held' WHEN n % 5000 = 1 THEN 'aborted' ELSE 'completed' END AS state) AS s`, [jobs]);
  await database.superuserPool().query('ANALYZE print_submit.job');
}

describe('the list of many jobs', () => {
  it('is read page by page, also of what is rare, and says how long that takes', { timeout: 900_000 }, async () => {
    await fill();
    const store = new JobStore(database.pool('print-submit'));
    const lines: string[] = [];
    for (const [name, filter] of Object.entries(FILTERS)) {
      const times: number[] = [];
      let after: PagePlace | undefined;
      for (let page = 0; page < PAGES; page += 1) {
        const startedAt = performance.now();
        const found = await store.list({ ...ALL, ...filter }, after, PAGE + 1);
        times.push(performance.now() - startedAt);
        const last = found.length > PAGE ? found[PAGE - 1] : undefined;
        after = last && { at: last.createdAt, id: last.jobId };
      }
      lines.push(`${name} ${times.toSorted((one, other) => other - one)[0]?.toFixed(1)} ms`);
    }
    console.log(`${jobs} jobs, the slowest of ${PAGES} pages of ${PAGE}: ${lines.join(', ')}`);
    expect(lines).toHaveLength(Object.keys(FILTERS).length);
  });
});
