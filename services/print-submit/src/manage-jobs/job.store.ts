import type { PagePlace } from '@inkpost/service/page-place.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import { JOB_COLUMNS, type Job } from '../print-job/job.js';
import type { JobState } from '../print-job/job-moves.js';
import { SENT_QUEUE_ID } from '../sending-server/sending-settings.js';

type Row = ListedJob & Record<string, unknown>;

export interface JobFilter {
  /** Empty matches all. */
  readonly jobStates: readonly string[];
  readonly queueId: string;
  readonly accountId: string;
  readonly mailboxId: string;
  readonly createdFrom: Date | undefined;
  readonly createdBefore: Date | undefined;
  /** False: of jobs that another server prints those that it has not answered finally; true: all others; undefined: all. */
  readonly answered: boolean | undefined;
}

/** A job in a list. */
export interface ListedJob extends Job {
  /** Of one that another server prints and has not answered. */
  readonly nextTryAt?: Date | null;
}

/** The printer's side of a delivery under way. */
export interface DeliveryAtPrinter {
  readonly phase: 'creating' | 'sending' | 'following';
  readonly leaseToken: string;
  readonly printerUri: string;
  readonly printerJobId: number | null;
  readonly certificateAuthority: string;
}

/** Reads jobs as an administrator sees them. */
export class JobStore {
  constructor(private readonly pool: Pool) {}

  async find(jobId: string): Promise<Job | undefined> {
    const [job] = await query<Row>(this.pool, 'job.find', `SELECT ${JOB_COLUMNS} FROM job WHERE id = $1`, [jobId]);
    return job;
  }

  /** Newest first. Each set of filters is a statement of its own, so that each gets the plan it needs. */
  async list(filter: JobFilter, after: PagePlace | undefined, limit: number): Promise<ListedJob[]> {
    const values: unknown[] = [limit];
    const place = (value: unknown): string => `$${values.push(value)}`;
    const conditions = {
      ...stateConditions(filter.jobStates, place),
      ...(filter.answered === undefined ? {} : filter.answered ? { answered: `NOT (${UNANSWERED})` } : { unanswered: UNANSWERED }),
      ...(filter.queueId === '' ? {} : { queue: `queue_id = ${place(filter.queueId)}` }),
      ...(filter.accountId === '' ? {} : { account: `account_id = ${place(filter.accountId)}` }),
      ...(filter.mailboxId === '' ? {} : { mailbox: `mailbox_id = ${place(filter.mailboxId)}` }),
      ...(filter.createdFrom ? { from: `created_at >= ${place(filter.createdFrom)}::timestamptz` } : {}),
      ...(filter.createdBefore ? { before: `created_at < ${place(filter.createdBefore)}::timestamptz` } : {}),
      ...(after ? { after: `(created_at, id) < (${place(after.at)}::timestamptz, ${place(after.id)}::uuid)` } : {}),
    };
    const names = Object.keys(conditions);
    const where = names.length === 0 ? '' : `WHERE ${Object.values(conditions).join(' AND ')}`;
    const name = ['job.list', ...names].join('.');
    const nextTry = filter.answered === false ? ', (SELECT s.due_at FROM sent_job s WHERE s.job_id = job.id) AS "nextTryAt"' : '';
    return query<Row>(this.pool, name, `SELECT ${JOB_COLUMNS}${nextTry} FROM job ${where} ORDER BY created_at DESC, id DESC LIMIT $1`, values);
  }

  async countUnfinished(): Promise<{ readonly held: number; readonly waiting: number; readonly uncertain: number }> {
    const rows = await query<{ state: JobState; count: number }>(this.pool, 'job.count', 'SELECT job_state AS state, count(*) AS count FROM job WHERE completed_at IS NULL GROUP BY job_state', []);
    const count = (...states: readonly JobState[]): number => rows.reduce((sum, row) => sum + (states.includes(row.state) ? row.count : 0), 0);
    return { held: count('pending-held'), waiting: count('pending', 'processing'), uncertain: count('processing-stopped') };
  }

  async findDelivery(jobId: string): Promise<DeliveryAtPrinter | undefined> {
    const [delivery] = await query<DeliveryAtPrinter & Record<string, unknown>>(
      this.pool, 'delivery.at-printer',
      `SELECT d.phase, d.lease_token AS "leaseToken", d.printer_uri AS "printerUri", d.printer_job_id AS "printerJobId", q.certificate_authority AS "certificateAuthority"
       FROM delivery d JOIN queue q ON q.id = d.queue_id WHERE d.job_id = $1`, [jobId],
    );
    return delivery;
  }
}

const UNANSWERED = `queue_id = '${SENT_QUEUE_ID}' AND completed_at IS NULL`;
const ENDS: readonly string[] = ['completed', 'canceled', 'aborted'] satisfies readonly JobState[];

/** Each with what its index asks for: one state alone is found in the order of the list. */
function stateConditions(jobStates: readonly string[], place: (value: unknown) => string): Record<string, string> {
  const [only, ...others] = jobStates;
  if (only === undefined) return {};
  const states: Record<string, string> = others.length === 0 ? { state: `job_state = ${place(only)}::text` } : { states: `job_state = ANY (${place(jobStates)}::text[])` };
  const ended = jobStates.filter((state) => ENDS.includes(state)).length;
  if (ended === jobStates.length) return { ...states, ended: 'completed_at IS NOT NULL' };
  return ended === 0 ? { ...states, unfinished: 'completed_at IS NULL' } : states;
}
