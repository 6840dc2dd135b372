import { type Pool, query } from '@inkpost/postgres/pool.js';
import { programLimits } from '../limits.js';
import { JOB_COLUMNS, type Job } from '../print-job/job.js';
import { type Choice, chooseAtPlace, type QueueAtPlace } from './choose-queue.js';

// Queues that stand there come first, so that the limit leaves out none that decides.
const AT_PLACE = `
  SELECT q.id AS "queueId", l.id = place.id AS "isHere"
  FROM location place LEFT JOIN location l ON l.path = place.path OR starts_with(l.path, place.path || '/') LEFT JOIN queue q ON q.location_id = l.id
  WHERE (place.id = $1 OR lower(place.path) = lower($1)) ORDER BY q.id IS NULL, l.id <> place.id, q.id LIMIT $2`;

/** What programs ask for, in Postgres. */
export class PrintApiStore {
  constructor(private readonly pool: Pool) {}

  async chooseQueue(queueId: string): Promise<Choice> {
    const [queue] = await query<{ id: string }>(this.pool, 'print-api.queue', 'SELECT id FROM queue WHERE id = $1', [queueId]);
    return queue ? { outcome: 'found', queueId } : { outcome: 'queue-unknown' };
  }

  /** `location`: an identifier, or the names from the root on with / between. */
  async chooseAtPlace(location: string): Promise<Choice> {
    const rows = await query<{ queueId: string | null; isHere: boolean }>(this.pool, 'print-api.place', AT_PLACE, [location, programLimits.queuesNamedMax]);
    if (rows.length === 0) return { outcome: 'location-unknown' };
    return chooseAtPlace(rows.filter((row): row is QueueAtPlace => row.queueId !== null));
  }

  /** Those of the queues that hold jobs until they are released: by their own setting, or their group's. */
  async holdingQueues(queueIds: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await query<{ id: string }>(
      this.pool, 'print-api.holding', 'SELECT q.id FROM queue q LEFT JOIN queue_group g ON g.id = q.group_id WHERE q.id = ANY ($1::text[]) AND coalesce(g.validation, q.validation)', [queueIds]);
    return new Set(rows.map(({ id }) => id));
  }

  /** Jobs that this account handed in; others are left out. */
  async jobsOf(submitter: string, jobIds: readonly string[]): Promise<Job[]> {
    return query<Job & Record<string, unknown>>(this.pool, 'print-api.jobs', `SELECT ${JOB_COLUMNS} FROM job WHERE id = ANY ($1::uuid[]) AND submitter = $2 AND submitter <> ''`, [jobIds, submitter]);
  }
}
