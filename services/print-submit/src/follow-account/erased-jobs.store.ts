import type { FlowTransaction } from '@inkpost/flow/flow-client.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import { printLimits } from '../limits.js';
import { JOB_COLUMNS, type Job, OWNER_ERASED } from '../print-job/job.js';

/** Whose jobs: these accounts', and those of whoever has one of these addresses. */
export interface ErasedPeople {
  readonly accountIds: readonly string[];
  readonly addresses: readonly string[];
}

/** What went, for the proof. */
export interface ErasedCounts extends Record<string, unknown> {
  /** Of the history: jobs that nobody's name stands in any more. */
  readonly jobs: number;
  /** Among them those that waited; their documents are erased. */
  readonly canceled: number;
  readonly codes: number;
  readonly mailsNotPrinted: number;
  /** Documents of mails that were never made jobs, and those kept for printing them once more; their bytes may go. */
  readonly documents: readonly string[];
}

/** Where there are no addresses the history isn't read for them. */
const THEIRS = `SELECT id FROM job WHERE account_id = ANY ($1::text[]) UNION SELECT id FROM job WHERE cardinality($2::text[]) > 0 AND lower(owner_address) IN (SELECT unnest($2))`;

const UNFINISHED = `SELECT ${JOB_COLUMNS} FROM job WHERE completed_at IS NULL AND id IN (${THEIRS}) ORDER BY message_id LIMIT ${printLimits.jobsAtOnceMax}`;

const ERASE = `
  WITH theirs AS MATERIALIZED (${THEIRS}),
  accounts AS MATERIALIZED (SELECT unnest($1::text[]) AS account_id UNION SELECT account_id FROM job WHERE id IN (SELECT id FROM theirs)),
  jobs AS (
    UPDATE job SET account_id = '', owner_address = '', owner_name = '', owner_language = '', file_name = '', sha256 = '', problem = '', question = '', owner_groups = '{}', kept_until = NULL
    WHERE id IN (SELECT id FROM theirs) RETURNING job_state_reason),
  kept AS MATERIALIZED (SELECT id FROM job WHERE id IN (SELECT id FROM theirs) AND kept_until IS NOT NULL),
  codes AS (DELETE FROM puk USING accounts a WHERE puk.account_id = a.account_id RETURNING 1),
  forgotten AS MATERIALIZED (SELECT flow.forget($1::text[], $2::text[]) AS found),
  documents AS MATERIALIZED (SELECT spool.drop(ARRAY(SELECT jsonb_array_elements_text(found -> 'documents')::uuid FROM forgotten UNION ALL SELECT id FROM kept)) AS erased)
  SELECT (SELECT count(*) FROM jobs) AS jobs, (SELECT count(*) FROM jobs WHERE job_state_reason = $3) AS canceled, (SELECT count(*) FROM codes) AS codes,
    (SELECT (found -> 'messages')::int FROM forgotten) AS "mailsNotPrinted", (SELECT erased FROM documents) AS documents`;

const DROP_KEPT = `
  WITH kept AS (UPDATE job SET kept_until = NULL WHERE kept_until IS NOT NULL AND id IN (${THEIRS}) RETURNING id)
  SELECT spool.drop(ARRAY(SELECT id FROM kept)) AS erased`;

/** People's jobs, for their erasure. */
export class ErasedJobStore {
  constructor(private readonly pool: Pool) {}

  async findUnfinished({ accountIds, addresses }: ErasedPeople): Promise<Job[]> {
    return query<Job & Record<string, unknown>>(this.pool, 'job.unfinished-of', UNFINISHED, [accountIds, addresses]);
  }

  /** From now on nothing of theirs is printed once more. Gives the documents whose bytes may go. */
  async dropKept({ accountIds, addresses }: ErasedPeople): Promise<readonly string[]> {
    const [dropped] = await query<{ erased: string[] }>(this.pool, 'job.drop-kept', DROP_KEPT, [accountIds, addresses]);
    return dropped?.erased ?? [];
  }

  /** Takes the people out of the history, and their codes and mails on the way with them. */
  async erase(transaction: FlowTransaction, { accountIds, addresses }: ErasedPeople): Promise<ErasedCounts> {
    const [counts] = await transaction.query<ErasedCounts>('job.erase', ERASE, [accountIds, addresses, OWNER_ERASED]);
    return counts ?? { jobs: 0, canceled: 0, codes: 0, mailsNotPrinted: 0, documents: [] };
  }
}
