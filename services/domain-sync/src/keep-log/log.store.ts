import { CauseDown } from '@inkpost/failure/failure.js';
import type { FlowTransaction } from '@inkpost/flow/flow-client.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import { LOG_DAYS, LOG_OLD_VERSIONS_MAX, LOG_VERSIONS_MAX } from '../limits.js';
import type { Change, LogEntry, ObjectReference } from './log-entry.js';
import type { EpochStart } from './log-state.js';

/** What is appended to the log; the log gives the position. */
export interface NewEntry extends ObjectReference {
  readonly owner: string;
  readonly name: string;
  readonly change: Change;
  /** Of the owner's counting. */
  readonly version: number;
  readonly body: string;
  readonly sealedSecrets: Uint8Array | null;
  readonly digest: string;
  readonly needs: readonly ObjectReference[];
  readonly cause: Cause;
}

export type Cause = 'change' | 'share' | 'roll-back' | 'maintenance';

/** What an entry says of its object. */
export interface EntryContent {
  readonly position: number;
  readonly body: string;
  readonly sealedSecrets: Buffer | null;
}

export interface HistoryEntry {
  readonly position: number;
  readonly epoch: number;
  readonly name: string;
  readonly change: Change;
  readonly cause: string;
  readonly recordedAt: Date;
  readonly body: string;
}

interface EntryRow {
  readonly position: number;
  readonly epoch: number;
  readonly owner: string;
  readonly kind: string;
  readonly object_id: string;
  readonly name: string;
  readonly change: Change;
  readonly digest: string;
  readonly needs: readonly (readonly [string, string])[];
  readonly has_secrets: boolean;
  readonly size: number;
}

const ENTRY = `position, epoch, owner, kind, object_id, name, change, digest, needs, sealed_secrets IS NOT NULL AS has_secrets, octet_length(body) + coalesce(octet_length(sealed_secrets), 0) AS size`;

const APPEND = `WITH entry AS (
    INSERT INTO config_log (position, epoch, owner, kind, object_id, name, change, version, body, sealed_secrets, digest, needs, cause)
    SELECT position + 1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12 FROM log_position RETURNING position, epoch)
  UPDATE log_position SET position = entry.position, epoch = entry.epoch FROM entry RETURNING log_position.position`;

/** A new epoch begins where the log stands. A slave that becomes the master knows earlier ones by what it was sent; what it took and could not apply is not its state. */
const BEGIN_EPOCH = `WITH untaken AS (DELETE FROM config_log USING pending_order AS o WHERE config_log.position = o.position),
    pending AS (DELETE FROM pending_order),
    earlier AS (
      INSERT INTO log_epoch (epoch, after_position) SELECT epoch, min(position) - 1 FROM config_log WHERE epoch < $1 GROUP BY epoch ON CONFLICT (epoch) DO NOTHING)
  INSERT INTO log_epoch (epoch, after_position) SELECT $1, position FROM log_position ON CONFLICT (epoch) DO NOTHING`;

/** The last entry of an object stays, also that it is gone: who was away for long is told of it by the log's order. `replaced_at`: when a newer one came. */
const TRIM = `WITH ranked AS (
    SELECT position, row_number() OVER newest AS place, lag(recorded_at) OVER newest AS replaced_at, first_value(change) OVER newest AS last_change FROM config_log
    WINDOW newest AS (PARTITION BY kind, object_id ORDER BY position DESC)),
  over AS (
    SELECT position FROM ranked WHERE place > 1 AND (place > $1 OR replaced_at < now() - make_interval(days => $3) AND (place > $2 OR last_change <> 'put'))
      AND NOT EXISTS (SELECT FROM pending_order AS o WHERE o.position = ranked.position) AND NOT EXISTS (SELECT FROM applied_order AS a WHERE a.position = ranked.position) LIMIT $4),
  gone AS (DELETE FROM config_log USING over WHERE config_log.position = over.position RETURNING 1)
  SELECT count(*)::int AS gone FROM gone`;

const HISTORY = `SELECT position, epoch, name, change, cause, recorded_at AS "recordedAt", body FROM config_log WHERE kind = $1 AND object_id = $2 ORDER BY position DESC LIMIT $3`;

function toEntry({ object_id: objectId, has_secrets: hasSecrets, needs, ...row }: EntryRow): LogEntry {
  return { ...row, objectId, hasSecrets, needs: toReferences(needs) };
}

export function toReferences(pairs: readonly (readonly [string, string])[]): ObjectReference[] {
  return pairs.map(([kind, objectId]) => ({ kind, objectId }));
}

export function toPairs(references: readonly ObjectReference[]): string {
  return JSON.stringify(references.map(({ kind, objectId }) => [kind, objectId]));
}

/** The domain's log as this server has it: on the master all of it, on a slave what it was sent. */
export class LogStore {
  constructor(private readonly pool: Pool) {}

  /**
   * Nobody else appends until the transaction ends: what is read from an owner meanwhile is not overtaken. Gives the epoch in which this server is the master, asked behind the lock: its
   * place may have been handed over while it waited; undefined: it is none. Throws CauseDown while the place is being handed over.
   */
  async lock(transaction: FlowTransaction): Promise<number | undefined> {
    const [place] = await transaction.query<{ held: boolean }>('log.lock', 'SELECT coalesce(held_until > clock_timestamp(), false) AS held FROM log_position FOR UPDATE', []);
    const [domain] = await transaction.query<{ epoch: number }>('log.reign', `SELECT epoch FROM domain WHERE role = 'master'`, []);
    if (domain && place?.held) throw new CauseDown('domain.place-handed-over', 'The place of the master is being handed over at this moment: try again.');
    return domain?.epoch;
  }

  /** Nothing is recorded from now on, until `letGo` or until so long has passed. Waits for what is being recorded. */
  async hold(forMs: number): Promise<void> {
    await query(this.pool, 'log.hold', 'UPDATE log_position SET held_until = clock_timestamp() + make_interval(secs => $1)', [forMs / 1_000]);
  }

  async letGo(): Promise<void> {
    await query(this.pool, 'log.let-go', 'UPDATE log_position SET held_until = NULL', []);
  }

  /** What the log said last of an object. */
  async latest(transaction: FlowTransaction, { kind, objectId }: ObjectReference): Promise<{ readonly name: string; readonly change: Change; readonly version: number; readonly digest: string } | undefined> {
    const [row] = await transaction.query<{ name: string; change: Change; version: number; digest: string }>(
      'log.latest', 'SELECT name, change, version, digest FROM config_log WHERE kind = $1 AND object_id = $2 ORDER BY position DESC LIMIT 1', [kind, objectId],
    );
    return row;
  }

  /** Within a transaction that holds the lock. */
  async append(transaction: FlowTransaction, epoch: number, entry: NewEntry): Promise<void> {
    const { owner, kind, objectId, name, change, version, body, sealedSecrets, digest, needs, cause } = entry;
    await transaction.query('log.append', APPEND, [epoch, owner, kind, objectId, name, change, version, body, sealedSecrets, digest, toPairs(needs), cause]);
    await transaction.query('log.recorded', 'DELETE FROM unrecorded_object WHERE kind = $1 AND object_id = $2', [kind, objectId]);
  }

  /** An object that can't be sent as it is now. */
  async leaveOut(transaction: FlowTransaction, { kind, objectId }: ObjectReference, name: string, problem: string): Promise<void> {
    await transaction.query('log.leave-out', `INSERT INTO unrecorded_object (kind, object_id, name, problem) VALUES ($1, $2, $3, $4)
      ON CONFLICT (kind, object_id) DO UPDATE SET name = excluded.name, problem = excluded.problem`, [kind, objectId, name, problem]);
  }

  async leftOut(): Promise<{ readonly kind: string; readonly objectId: string; readonly name: string; readonly problem: string }[]> {
    return query(this.pool, 'log.left-out', 'SELECT kind, object_id AS "objectId", name, problem FROM unrecorded_object ORDER BY since', []);
  }

  async head(): Promise<{ readonly position: number; readonly epoch: number }> {
    const [row] = await query<{ position: number; epoch: number }>(this.pool, 'log.head', 'SELECT position, epoch FROM log_position', []);
    return row ?? { position: 0, epoch: 0 };
  }

  async beginEpoch(epoch: number): Promise<void> {
    await query(this.pool, 'log.begin-epoch', BEGIN_EPOCH, [epoch]);
  }

  async epochs(): Promise<EpochStart[]> {
    return query<EpochStart & object>(this.pool, 'log.epochs', 'SELECT epoch, after_position AS after FROM log_epoch ORDER BY epoch', []);
  }

  async entriesAfter(position: number): Promise<LogEntry[]> {
    return (await query<EntryRow & object>(this.pool, 'log.after', `SELECT ${ENTRY} FROM config_log WHERE position > $1 ORDER BY position`, [position])).map(toEntry);
  }

  async contents(positions: readonly number[]): Promise<EntryContent[]> {
    return query<EntryContent & object>(this.pool, 'log.contents', 'SELECT position, body, sealed_secrets AS "sealedSecrets" FROM config_log WHERE position = ANY($1::bigint[])', [positions]);
  }

  /** Removes versions that nobody goes back to, some of them; gives how many. What slaves are sent is the last entry of each object: that stays. */
  async trim(atOnce: number): Promise<number> {
    const [row] = await query<{ gone: number }>(this.pool, 'log.trim', TRIM, [LOG_VERSIONS_MAX, LOG_OLD_VERSIONS_MAX, LOG_DAYS, atOnce]);
    return row?.gone ?? 0;
  }

  /** The newest first. */
  async history({ kind, objectId }: ObjectReference, limit: number): Promise<HistoryEntry[]> {
    return query<HistoryEntry & object>(this.pool, 'log.history', HISTORY, [kind, objectId, limit]);
  }
}
