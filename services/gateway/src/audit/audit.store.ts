import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { Prisma, PrismaClient } from '../gen/prisma/client.js';
import { LIMITS } from '../limits.js';
import { AuditAppender } from './append-entries.js';
import type { AuditEntry, AuditFilter, AuditOutcome, StoredAuditEntry } from './audit-entry.js';
import type { ChainEnd } from './verify-chain.js';

const APPEND = 'SELECT append_audit_entries($1)';
const FORGET = 'SELECT forget_audit_entries($1, $2) AS forgotten';

type AuditRow = Prisma.AuditEntryGetPayload<object>;

/** The audit log: appended, read, and forgotten after a year; never changed. */
export class AuditStore {
  private readonly appender: AuditAppender;

  constructor(
    private readonly pool: Pool,
    private readonly prisma: PrismaClient,
  ) {
    this.appender = new AuditAppender((entries) => this.write(entries));
  }

  /** Part of every change: a release point waits for it. */
  async append(entry: AuditEntry): Promise<void> {
    await this.appender.append(entry);
  }

  /** The latest first; `before` is the id of the last entry of the page before. */
  async list(filter: AuditFilter, limit: number, before: number | undefined): Promise<StoredAuditEntry[]> {
    const rows = await this.prisma.auditEntry.findMany({ orderBy: { id: 'desc' }, take: limit, where: { AND: [conditions(filter), before === undefined ? {} : { id: { lt: before } }] } });
    return rows.map(toEntry);
  }

  /** All that the filter finds, the oldest first, page by page. */
  async *all(filter: AuditFilter): AsyncGenerator<StoredAuditEntry[]> {
    const where = conditions(filter);
    for (let after = 0; ;) {
      const rows = await this.prisma.auditEntry.findMany({ orderBy: { id: 'asc' }, take: LIMITS.auditBatch, where: { AND: [where, { id: { gt: after } }] } });
      if (rows.length > 0) yield rows.map(toEntry);
      if (rows.length < LIMITS.auditBatch) return;
      after = Number(rows.at(-1)?.id);
    }
  }

  /** Forgets a batch of entries that are older than a year; says how many. */
  async forgetOld(): Promise<number> {
    const [row] = await query<{ forgotten: number }>(this.pool, 'audit.forget', FORGET, [LIMITS.auditDays, LIMITS.auditBatch]);
    return row?.forgotten ?? 0;
  }

  /** The last entry: logged now and then, so that a log that is collected elsewhere bears witness. */
  async end(): Promise<ChainEnd> {
    const { entryId, sha256 } = await this.prisma.auditEnd.findUniqueOrThrow({ where: { name: 'head' } });
    return { entryId: Number(entryId), sha256: Buffer.from(sha256).toString('hex') };
  }

  private async write(entries: readonly AuditEntry[]): Promise<void> {
    const rows = entries.map(({ actor, objectId, requestId, ...fields }) => ({ ...fields, actor: actor.toWellFormed(), object_id: objectId.slice(0, LIMITS.auditObjectIdMax).toWellFormed(), request_id: requestId }));
    await query(this.pool, 'audit.append', APPEND, [JSON.stringify(rows)]);
  }
}

function conditions({ actor, action, objectId, outcome, from, to }: AuditFilter): Prisma.AuditEntryWhereInput {
  return {
    ...(actor === undefined ? {} : { actor: actor.toLowerCase() }),
    ...(action === undefined ? {} : { action: { contains: action.replaceAll(/[\\%_]/g, '\\$&'), mode: 'insensitive' as const } }),
    ...(objectId === undefined ? {} : { objectId }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(from === undefined && to === undefined ? {} : { at: { ...(from ? { gte: from } : {}), ...(to ? { lt: to } : {}) } }),
  };
}

function toEntry({ id, outcome, sha256, ...row }: AuditRow): StoredAuditEntry {
  return { ...row, id: Number(id), outcome: outcome as AuditOutcome, sha256: Buffer.from(sha256).toString('hex') };
}
