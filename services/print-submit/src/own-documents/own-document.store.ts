import type { PagePlace } from '@inkpost/service/page-place.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import { ownDocumentLimits, printLimits } from '../limits.js';
import { JOB_COLUMNS, type Job } from '../print-job/job.js';
import { JOB_MOVES } from '../print-job/job-moves.js';
import { type Identification, toNetwork } from '../release-profiles/identification.js';
import type { OwnDocument } from './own-document.js';

// Each profile is looked for once per queue, however many jobs wait there.
const LIST = `
  WITH own AS (
    (SELECT * FROM job WHERE account_id = $1 AND completed_at IS NULL ORDER BY created_at, position, id LIMIT $3)
    UNION ALL
    (SELECT * FROM job WHERE account_id = $1 AND completed_at > now() - make_interval(mins => $4) ORDER BY created_at DESC, id DESC LIMIT $5)),
  queues AS (
    SELECT here.queue_id, p.means FROM (SELECT DISTINCT queue_id FROM own WHERE job_state = ANY ($6::text[])) AS here
    JOIN release_profile p ON p.id = release_profile_of(here.queue_id, $2::inet))
  SELECT ${JOB_COLUMNS}, CASE WHEN job.job_state = ANY ($6::text[]) THEN coalesce(q.means, '{}') ELSE '{}' END AS "allowedMeans"
  FROM own AS job LEFT JOIN queues q ON q.queue_id = job.queue_id ORDER BY job.created_at, job.position, job.id`;

const HELD = `
  SELECT ${JOB_COLUMNS} FROM job WHERE account_id = $1 AND id = ANY ($2::uuid[]) AND completed_at IS NULL AND job_state = ANY ($3::text[])
  ORDER BY created_at, position, id LIMIT $4`;

type Row<T> = T & Record<string, unknown>;

/** Reads jobs as their owner sees them. */
export class OwnDocumentStore {
  constructor(private readonly pool: Pool) {}

  /** Unfinished ones, and those that ended in the last minutes; the oldest first. */
  async list({ accountId, releasePoint }: Identification): Promise<OwnDocument[]> {
    const { recentMinutes, recentMax } = ownDocumentLimits;
    return query<Row<OwnDocument>>(this.pool, 'own.list', LIST, [accountId, toNetwork(releasePoint) ?? null, printLimits.jobsAtOnceMax, recentMinutes, recentMax, JOB_MOVES.release.from]);
  }

  async findHeld({ accountId }: Identification, jobIds: readonly string[]): Promise<Job[]> {
    return query<Row<Job>>(this.pool, 'own.held', HELD, [accountId, jobIds, JOB_MOVES.release.from, printLimits.jobsAtOnceMax]);
  }

  /** Finished ones, the latest first. */
  async history({ accountId }: Identification, after: PagePlace | undefined, limit: number): Promise<Job[]> {
    const behind = after ? 'AND (created_at, id) < ($3::timestamptz, $4::uuid)' : '';
    const place = after ? [after.at, after.id] : [];
    return query<Row<Job>>(
      this.pool, after ? 'own.history.after' : 'own.history',
      `SELECT ${JOB_COLUMNS} FROM job WHERE account_id = $1 AND completed_at IS NOT NULL ${behind} ORDER BY created_at DESC, id DESC LIMIT $2`, [accountId, limit, ...place],
    );
  }
}
