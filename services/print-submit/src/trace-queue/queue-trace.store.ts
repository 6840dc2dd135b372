import { type Pool, query } from '@inkpost/postgres/pool.js';
import { traceLimits } from '../limits.js';

/** The tracing of a queue, under way or over. */
export interface QueueTrace {
  readonly startedAt: Date;
  readonly until: Date;
  /** The account. */
  readonly startedBy: string;
  readonly active: boolean;
  /** Of its log. */
  readonly sizeBytes: number;
}

/** Goes on where one is under way; else the log of the one before goes. */
const START = `WITH forgotten AS (
    DELETE FROM queue_trace_piece p USING queue_trace t WHERE p.queue_id = $1 AND t.queue_id = $1 AND t.until <= now())
  INSERT INTO queue_trace AS t (queue_id, started_at, until, started_by) SELECT id, now(), $2, $3 FROM queue WHERE id = $1
  ON CONFLICT (queue_id) DO UPDATE SET until = excluded.until, started_by = excluded.started_by,
    started_at = CASE WHEN t.until > now() THEN t.started_at ELSE excluded.started_at END`;

const FIND = `SELECT t.started_at AS "startedAt", t.until, t.started_by AS "startedBy", coalesce(t.until > now(), false) AS active,
    (SELECT coalesce(sum(p.size_bytes), 0)::integer FROM queue_trace_piece p WHERE p.queue_id = q.id) AS "sizeBytes"
  FROM queue q LEFT JOIN queue_trace t ON t.queue_id = q.id WHERE q.id = $1`;

/** A ring: what is too much at the old end goes. Lines that waited may come shortly after the end. */
const APPEND = `WITH written AS (
    INSERT INTO queue_trace_piece (queue_id, lines, size_bytes)
    SELECT $1::text, $2::text, octet_length($2::text) FROM queue_trace WHERE queue_id = $1 AND until > now() - interval '3 seconds')
  DELETE FROM queue_trace_piece WHERE queue_id = $1 AND id <= (
    SELECT max(id) FROM (SELECT id, sum(size_bytes) OVER (ORDER BY id DESC) AS newer_bytes FROM queue_trace_piece WHERE queue_id = $1) AS aged
    WHERE newer_bytes > $3 - octet_length($2::text))`;

type Found = { readonly [K in keyof QueueTrace]: QueueTrace[K] | null };

/**
 * The traces of queues and their logs. In the database, since any instance may deliver to a printer, and the log is asked of any; it is
 * bounded there as a file would be.
 */
export class QueueTraceStore {
  constructor(private readonly pool: Pool) {}

  async start(queueId: string, until: Date, by: string): Promise<void> {
    await query(this.pool, 'queue-trace.start', START, [queueId, until, by]);
  }

  async stop(queueId: string): Promise<void> {
    await query(this.pool, 'queue-trace.stop', 'UPDATE queue_trace SET until = LEAST(until, now()) WHERE queue_id = $1', [queueId]);
  }

  /** `no-queue`; undefined: the queue was not traced, or its log is gone. */
  async find(queueId: string): Promise<QueueTrace | undefined | 'no-queue'> {
    const [row] = await query<Found & Record<string, unknown>>(this.pool, 'queue-trace.find', FIND, [queueId]);
    if (!row) return 'no-queue';
    const { startedAt, until, startedBy, active, sizeBytes } = row;
    if (startedAt === null || until === null || startedBy === null) return undefined;
    return { startedAt, until, startedBy, active: active === true, sizeBytes: sizeBytes ?? 0 };
  }

  /** `lines`: whole lines, each with its end. */
  async append(queueId: string, lines: string): Promise<void> {
    await query(this.pool, 'queue-trace.append', APPEND, [queueId, lines, traceLimits.bytesMax]);
  }

  async read(queueId: string): Promise<string> {
    const [row] = await query<{ log: string }>(this.pool, 'queue-trace.read', `SELECT coalesce(string_agg(lines, '' ORDER BY id), '') AS log FROM queue_trace_piece WHERE queue_id = $1`, [queueId]);
    return row?.log ?? '';
  }

  async findTraced(): Promise<string[]> {
    return (await query<{ queueId: string }>(this.pool, 'queue-trace.traced', 'SELECT queue_id AS "queueId" FROM queue_trace WHERE until > now()', [])).map(({ queueId }) => queueId);
  }

  async forgetOld(): Promise<void> {
    await query(this.pool, 'queue-trace.forget', 'DELETE FROM queue_trace WHERE until < now() - make_interval(days => $1)', [traceLimits.keptDays]);
  }
}
