import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { PrismaClient } from '../gen/prisma/client.js';

/** What somebody did or tried: never a body, never a secret. */
export interface AuditEntry {
  readonly actor: string;
  /** Method and route: `DELETE /api/v0/mailboxes/{mailboxId}`. */
  readonly action: string;
  readonly objectId: string;
  readonly outcome: 'done' | 'refused' | 'failed';
  readonly status: number;
  readonly source: string;
  readonly requestId: string;
}

export interface StoredAuditEntry extends AuditEntry {
  readonly id: string;
  readonly at: Date;
}

const OBJECT_ID_LENGTH_MAX = 200;

const APPEND = 'INSERT INTO audit_entry (actor, action, object_id, outcome, status, source, request_id) VALUES ($1, $2, $3, $4, $5, $6, $7)';

/** The audit log: appended, read, and forgotten after a year; never changed. */
export class AuditStore {
  constructor(
    private readonly pool: Pool,
    private readonly prisma: PrismaClient,
  ) {}

  /** Part of every change, hence a prepared statement: a release point waits for it. */
  async append({ actor, action, objectId, outcome, status, source, requestId }: AuditEntry): Promise<void> {
    await query(this.pool, 'audit.append', APPEND, [actor, action, objectId.slice(0, OBJECT_ID_LENGTH_MAX), outcome, status, source, requestId]);
  }

  /** The latest first; `before` is the id of the last entry of the page before. */
  async list(limit: number, before: bigint | undefined): Promise<StoredAuditEntry[]> {
    const rows = await this.prisma.auditEntry.findMany({ orderBy: { id: 'desc' }, take: limit, ...(before === undefined ? {} : { where: { id: { lt: before } } }) });
    return rows.map((row) => ({ ...row, id: String(row.id), outcome: row.outcome as AuditEntry['outcome'] }));
  }

  async forgetBefore(time: Date): Promise<number> {
    const { count } = await this.prisma.auditEntry.deleteMany({ where: { at: { lt: time } } });
    return count;
  }
}
