import { type Pool, query } from '@inkpost/postgres/pool.js';
import { LIMITS } from '../limits.js';
import type { StoredAuditEntry } from './audit-entry.js';
import { CHAIN_BEGIN, type ChainEnd, type ChainVerdict, ChainWalk } from './verify-chain.js';

const ENDS = `
  SELECT name, entry_id AS "entryId", encode(sha256, 'hex') AS sha256 FROM audit_end`;

const ENTRIES = `
  SELECT id, at, actor, action, object_id AS "objectId", outcome, status, source, request_id AS "requestId", encode(sha256, 'hex') AS sha256
  FROM audit_entry WHERE id > $1 ORDER BY id LIMIT $2`;

type Connection = Parameters<typeof query>[0];
type Row<T> = T & Record<string, unknown>;

export type NotedEntry = 'same' | 'changed' | 'unknown';

export interface AuditVerdict extends ChainVerdict {
  /** The last entry that was forgotten after its time. */
  readonly anchor: ChainEnd;
  /** Whether the entry that was noted is still what it was; unknown: it was forgotten after its time, or the chain is broken before it. */
  readonly noted: NotedEntry | undefined;
}

/**
 * Checks the whole audit log in one view of the database, a part at a time, while it goes on being written.
 *
 * @param noted an entry's number and hash as they were noted elsewhere.
 */
export async function verifyAudit(pool: Pool, noted?: ChainEnd): Promise<AuditVerdict> {
  const connection = await pool.connect();
  try {
    await query(connection, 'audit.verify.begin', 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', []);
    return await walk(connection, noted);
  } finally {
    await connection.query('ROLLBACK').then(() => connection.release(), (error: Error) => connection.release(error));
  }
}

async function walk(connection: Connection, noted: ChainEnd | undefined): Promise<AuditVerdict> {
  const ends = await query<Row<ChainEnd & { readonly name: string }>>(connection, 'audit.verify.ends', ENDS, []);
  const endOf = (wanted: string): ChainEnd => {
    const { entryId, sha256 } = ends.find(({ name }) => name === wanted) ?? CHAIN_BEGIN;
    return { entryId, sha256 };
  };
  const anchor = endOf('anchor');
  const chain = new ChainWalk(anchor, endOf('head'));
  let seen = noted?.entryId === anchor.entryId ? anchor : undefined;
  for await (const entry of entriesFrom(connection)) {
    if (entry.id === noted?.entryId) seen = { entryId: entry.id, sha256: entry.sha256 };
    if (!chain.step(entry)) break;
  }
  const verdict = chain.finish();
  return { ...verdict, anchor, noted: noted && compare(noted, seen, verdict, anchor) };
}

function compare(noted: ChainEnd, seen: ChainEnd | undefined, { firstBreak }: ChainVerdict, anchor: ChainEnd): NotedEntry {
  if (seen) return seen.sha256 === noted.sha256 ? 'same' : 'changed';
  // In an intact chain it is missing only if somebody cut off what came after some entry, and made the end fit.
  return firstBreak || noted.entryId < anchor.entryId ? 'unknown' : 'changed';
}

async function* entriesFrom(connection: Connection): AsyncGenerator<StoredAuditEntry> {
  for (let after = -1; ;) {
    const rows = await query<Row<StoredAuditEntry>>(connection, 'audit.verify.entries', ENTRIES, [after, LIMITS.auditBatch]);
    yield* rows;
    const last = rows.at(-1);
    if (!last || rows.length < LIMITS.auditBatch) return;
    after = last.id;
  }
}
