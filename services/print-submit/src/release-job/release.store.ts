import type { FlowTransaction } from '@inkpost/flow/flow-client.js';
import { WITH_THE_NEXT } from '@inkpost/flow/with-the-next.js';
import { printLimits } from '../limits.js';
import { JOB_COLUMNS, type Job } from '../print-job/job.js';
import { JOB_MOVES } from '../print-job/job-moves.js';
import { type Identification, toNetwork } from '../release-profiles/identification.js';

type Row = Job & Record<string, unknown>;

/** Whether the release profile of a job lets it go by these means, at this network. The parameters' numbers in the statement. */
const letsGo = (means: number, network: number): string =>
  `EXISTS (SELECT FROM release_profile p WHERE p.id = release_profile_of(job.queue_id, $${network}::inet) AND $${means} = ANY (p.means))`;

/**
 * The jobs that a code of this account opens, oldest first. What was written of a right code that only looks, when its release point was last used, need not
 * be on the disk before the answer.
 */
export async function findWaiting(transaction: FlowTransaction, accountId: string, releasePoint: string): Promise<Job[]> {
  return transaction.query<Row>(
    'job.waiting',
    `SELECT ${JOB_COLUMNS} FROM job CROSS JOIN (SELECT ${WITH_THE_NEXT}) AS later WHERE account_id = $1 AND completed_at IS NULL AND job_state = ANY ($2::text[]) AND ${letsGo(4, 5)} ORDER BY created_at, position, id LIMIT $3`,
    [accountId, JOB_MOVES.release.from, printLimits.jobsAtOnceMax, 'puk', toNetwork(releasePoint) ?? null],
  );
}

/** Which jobs to move to pending: of somebody (`jobIds` empty: all that wait and that the means let go), or of anybody. */
export interface ReleaseScope {
  readonly move: 'release' | 'printAgain';
  readonly who: Identification | undefined;
  readonly jobIds: readonly string[];
}

/** Those of the jobs that somebody wants and that the means let go, locked until the end of the transaction. */
export async function lockReleasable(transaction: FlowTransaction, who: Identification, jobIds: readonly string[]): Promise<Job[]> {
  return transaction.query<Row>(
    'job.releasable',
    `SELECT ${JOB_COLUMNS} FROM job WHERE completed_at IS NULL AND job_state = ANY ($1::text[]) AND account_id = $2 AND ${letsGo(5, 6)} AND (cardinality($3::uuid[]) = 0 OR id = ANY ($3))
     ORDER BY created_at, position, id LIMIT $4 FOR UPDATE`,
    [JOB_MOVES.release.from, who.accountId, jobIds, printLimits.jobsAtOnceMax, who.means, toNetwork(who.releasePoint) ?? null],
  );
}

/** Moves them in one statement and gives those that moved; a job that another released a moment ago isn't among them. */
export async function moveToPending(transaction: FlowTransaction, { move, who, jobIds }: ReleaseScope): Promise<Job[]> {
  const { from, to } = JOB_MOVES[move];
  return transaction.query<Row>(
    'job.release',
    `WITH wanted AS (
       SELECT id FROM job WHERE completed_at IS NULL AND job_state = ANY ($1::text[]) AND ($3::text IS NULL OR account_id = $3 AND ${letsGo(7, 8)}) AND (cardinality($4::uuid[]) = 0 OR id = ANY ($4))
       ORDER BY created_at, position, id LIMIT $5 FOR UPDATE),
     moved AS (
       UPDATE job SET job_state = $2, job_state_reason = 'none', problem = '', told_reason = '', released_at = now(), cuts = 0
       FROM wanted WHERE job.id = wanted.id AND job.job_state = ANY ($1::text[]) RETURNING job.*),
     kept AS (SELECT spool.keep_until(ARRAY(SELECT id FROM moved), now() + make_interval(days => $6)))
     SELECT ${JOB_COLUMNS} FROM moved AS job, kept ORDER BY job.created_at, job.position, job.id`,
    [from, to, who?.accountId ?? null, jobIds, printLimits.jobsAtOnceMax, printLimits.releasedClaimDays, who?.means ?? '', (who && toNetwork(who.releasePoint)) ?? null],
  );
}
