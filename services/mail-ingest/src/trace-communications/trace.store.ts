import { type Pool, query } from '@inkpost/postgres/pool.js';
import { TRACE_BYTES_MAX, TRACE_KEPT_DAYS } from '../limits.js';

/** The tracing of a mailbox, under way or over. */
export interface Trace {
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
    DELETE FROM trace_piece p USING trace t WHERE p.mailbox_id = $1 AND t.mailbox_id = $1 AND t.until <= now())
  INSERT INTO trace AS t (mailbox_id, started_at, until, started_by) VALUES ($1, now(), $2, $3)
  ON CONFLICT (mailbox_id) DO UPDATE SET until = excluded.until, started_by = excluded.started_by,
    started_at = CASE WHEN t.until > now() THEN t.started_at ELSE excluded.started_at END`;

const STOP = 'UPDATE trace SET until = LEAST(until, now()) WHERE mailbox_id = $1';

const FIND = `SELECT t.started_at, t.until, t.started_by, t.until > now() AS active,
    (SELECT coalesce(sum(p.size_bytes), 0)::integer FROM trace_piece p WHERE p.mailbox_id = t.mailbox_id) AS size_bytes
  FROM trace t WHERE t.mailbox_id = $1`;

/**
 * A ring: what is too much at the old end goes. Lines that waited may come shortly after the end; those of a replica that doesn't know
 * of it yet are not written.
 */
const APPEND = `WITH written AS (
    INSERT INTO trace_piece (mailbox_id, lines, size_bytes)
    SELECT $1::uuid, $2::text, octet_length($2::text) FROM trace WHERE mailbox_id = $1 AND until > now() - interval '3 seconds')
  DELETE FROM trace_piece WHERE mailbox_id = $1 AND id <= (
    SELECT max(id) FROM (SELECT id, sum(size_bytes) OVER (ORDER BY id DESC) AS newer_bytes FROM trace_piece WHERE mailbox_id = $1) AS aged
    WHERE newer_bytes > $3 - octet_length($2::text))`;

const READ = `SELECT coalesce(string_agg(lines, '' ORDER BY id), '') AS log FROM trace_piece WHERE mailbox_id = $1`;

const TRACED_INTAKE = `SELECT m.id FROM trace t JOIN mailbox m ON m.id = t.mailbox_id WHERE t.until > now() AND m.kind = 'smtp' AND m.enabled`;

/**
 * The traces of mailboxes and their logs. In the database, since the conversation of a mailbox may be with any replica, and its log is
 * asked of any; it is bounded there as a file would be.
 */
export class TraceStore {
  constructor(private readonly pool: Pool) {}

  async start(mailboxId: string, until: Date, by: string): Promise<void> {
    await query(this.pool, 'trace.start', START, [mailboxId, until, by]);
  }

  async stop(mailboxId: string): Promise<void> {
    await query(this.pool, 'trace.stop', STOP, [mailboxId]);
  }

  /** Undefined: the mailbox was not traced, or its log is gone. */
  async find(mailboxId: string): Promise<Trace | undefined> {
    const [row] = await query<{ started_at: Date; until: Date; started_by: string; active: boolean; size_bytes: number }>(this.pool, 'trace.find', FIND, [mailboxId]);
    return row && { startedAt: row.started_at, until: row.until, startedBy: row.started_by, active: row.active, sizeBytes: row.size_bytes };
  }

  /** `lines`: whole lines, each with its end. */
  async append(mailboxId: string, lines: string): Promise<void> {
    await query(this.pool, 'trace.append', APPEND, [mailboxId, lines, TRACE_BYTES_MAX]);
  }

  async read(mailboxId: string): Promise<string> {
    const [row] = await query<{ log: string }>(this.pool, 'trace.read', READ, [mailboxId]);
    return row?.log ?? '';
  }

  /** The traced mailboxes that mail servers deliver to. */
  async tracedIntake(): Promise<string[]> {
    return (await query<{ id: string }>(this.pool, 'trace.intake', TRACED_INTAKE, [])).map(({ id }) => id);
  }

  async forgetOld(): Promise<void> {
    await query(this.pool, 'trace.forget', 'DELETE FROM trace WHERE until < now() - make_interval(days => $1)', [TRACE_KEPT_DAYS]);
  }
}
