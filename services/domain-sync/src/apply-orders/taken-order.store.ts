import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { Change, ObjectReference } from '../keep-log/log-entry.js';
import { toPairs, toReferences } from '../keep-log/log.store.js';
import type { PendingOrder } from './order-of-application.js';

/** An order as it was sent, its secrets sealed by this server's own key. */
export interface OrderToTake extends ObjectReference {
  /** 0: of an object that the master never heard of. */
  readonly position: number;
  readonly epoch: number;
  readonly owner: string;
  readonly name: string;
  readonly change: Change;
  readonly body: string;
  readonly sealedSecrets: Buffer | null;
  readonly digest: string;
  readonly needs: readonly ObjectReference[];
  /** Why it can't be applied, known already; else empty. */
  readonly problem: string;
}

export interface BatchToTake {
  /** Undefined: wherever this server stands. */
  readonly after: number | undefined;
  /** Undefined: more of it follows; this server stands where it stood. */
  readonly until: { readonly position: number; readonly epoch: number } | undefined;
  readonly orders: readonly OrderToTake[];
}

/** An order that is taken and not applied. */
export interface TakenOrder extends PendingOrder {
  readonly owner: string;
  readonly name: string;
  readonly change: Change;
  readonly epoch: number;
  readonly problem: string;
}

interface TakenRow {
  readonly kind: string;
  readonly objectId: string;
  readonly position: number;
  readonly epoch: number;
  readonly owner: string;
  readonly name: string;
  readonly change: Change;
  readonly problem: string;
  readonly needs: readonly (readonly [string, string])[];
}

/**
 * Orders and the new place in one statement: who is killed has both or neither. Each object's last order alone is pending. Where this server comes from elsewhere (it was
 * the master, or its database was put back), its log keeps only what its objects come from: the rest is of another numbering.
 */
const TAKE = `WITH place AS (
    UPDATE log_position AS p SET position = coalesce($2::bigint, p.position), epoch = coalesce($3::bigint, p.epoch) FROM (SELECT position, epoch FROM log_position FOR UPDATE) AS stood
    WHERE $1::bigint IS NULL OR p.position = $1 RETURNING p.position, stood.position <> p.position OR stood.epoch <> p.epoch AS moved),
  sent AS (
    SELECT o.* FROM jsonb_to_recordset($4::jsonb) AS o (position bigint, epoch bigint, owner text, kind text, object_id text, name text, change text, body text, secrets text, digest text, needs jsonb, problem text)
    WHERE EXISTS (SELECT FROM place)),
  logged AS (
    INSERT INTO config_log AS l (position, epoch, owner, kind, object_id, name, change, version, body, sealed_secrets, digest, needs, cause)
    SELECT position, epoch, owner, kind, object_id, name, change, 0, body, decode(secrets, 'base64'), digest, needs, 'received' FROM sent WHERE position > 0
    ON CONFLICT (position) DO UPDATE SET epoch = excluded.epoch, owner = excluded.owner, kind = excluded.kind, object_id = excluded.object_id, name = excluded.name, change = excluded.change,
      version = 0, body = excluded.body, sealed_secrets = excluded.sealed_secrets, digest = excluded.digest, needs = excluded.needs, cause = excluded.cause, recorded_at = now()),
  stale AS (
    DELETE FROM config_log AS l USING place WHERE $1::bigint IS NULL AND $2::bigint IS NOT NULL AND place.moved AND NOT EXISTS (SELECT FROM sent WHERE sent.position = l.position)
      AND NOT EXISTS (SELECT FROM pending_order AS o WHERE o.position = l.position)
      AND NOT EXISTS (SELECT FROM applied_order AS a WHERE a.position = l.position AND a.epoch = l.epoch AND NOT EXISTS (SELECT FROM sent WHERE sent.kind = a.kind AND sent.object_id = a.object_id))),
  pending AS (
    INSERT INTO pending_order (kind, object_id, position, owner, change, problem)
    SELECT DISTINCT ON (kind, object_id) kind, object_id, position, owner, change, problem FROM sent ORDER BY kind, object_id, position DESC
    ON CONFLICT (kind, object_id) DO UPDATE SET position = excluded.position, owner = excluded.owner, change = excluded.change, problem = excluded.problem, taken_at = now())
  SELECT position FROM place`;

const PENDING = `SELECT o.kind, o.object_id AS "objectId", o.position, o.owner, o.change, o.problem, coalesce(l.epoch, 0) AS epoch, coalesce(l.name, '') AS name, coalesce(l.needs, '[]') AS needs
  FROM pending_order AS o LEFT JOIN config_log AS l ON l.position = o.position ORDER BY o.position`;

/** The order is settled only if no newer one came meanwhile. */
const SETTLE = `WITH done AS (DELETE FROM pending_order WHERE kind = $1 AND object_id = $2 AND position = $3 RETURNING kind),
  stays AS (
    INSERT INTO applied_order AS a (kind, object_id, position, epoch) SELECT $1, $2, $3, $4 FROM done WHERE $5
    ON CONFLICT (kind, object_id) DO UPDATE SET position = excluded.position, epoch = excluded.epoch, applied_at = now()),
  gone AS (DELETE FROM applied_order WHERE kind = $1 AND object_id = $2 AND NOT $5 AND EXISTS (SELECT FROM done))
  INSERT INTO renamed_object (kind, object_id, name, renamed_local) SELECT $1, $2, $6, $7 FROM done WHERE $7 <> ''
  ON CONFLICT (kind, object_id) DO UPDATE SET name = excluded.name, renamed_local = excluded.renamed_local, renamed_at = now(), told = false, mailed = false, mail_tried_at = NULL, occasion_id = gen_random_uuid()`;

/** Where each object comes from; of a server that was the master what its log says. */
const ORIGINS = `SELECT kind, object_id AS "objectId", position, epoch, '' AS owner, false AS pending FROM applied_order
  UNION ALL SELECT o.kind, o.object_id, o.position, coalesce(l.epoch, 0), o.owner, true FROM pending_order AS o LEFT JOIN config_log AS l ON l.position = o.position`;

/** What a slave has taken, and what is applied of it. */
export class TakenOrderStore {
  constructor(private readonly pool: Pool) {}

  /** False: this server does not stand where the orders begin. */
  async take({ after, until, orders }: BatchToTake): Promise<boolean> {
    const sent = orders.map(({ objectId, sealedSecrets, needs, ...order }) => ({ ...order, object_id: objectId, secrets: sealedSecrets?.toString('base64') ?? null, needs: JSON.parse(toPairs(needs)) as unknown }));
    return (await query(this.pool, 'orders.take', TAKE, [after ?? null, until?.position ?? null, until?.epoch ?? null, JSON.stringify(sent)])).length > 0;
  }

  async pending(): Promise<TakenOrder[]> {
    const rows = await query<TakenRow & object>(this.pool, 'orders.pending', PENDING, []);
    return rows.map((row) => ({ ...row, needs: toReferences(row.needs), deleted: row.change !== 'put' }));
  }

  async settle({ kind, objectId, position, epoch, change }: TakenOrder, renamed: { readonly name: string; readonly renamedLocal: string }): Promise<void> {
    await query(this.pool, 'orders.settle', SETTLE, [kind, objectId, position, epoch, change === 'put', renamed.name, renamed.renamedLocal]);
  }

  async leave({ kind, objectId, position }: TakenOrder, problem: string): Promise<void> {
    await query(this.pool, 'orders.leave', 'UPDATE pending_order SET problem = $4 WHERE kind = $1 AND object_id = $2 AND position = $3', [kind, objectId, position, problem]);
  }

  async origins(): Promise<{ readonly kind: string; readonly objectId: string; readonly position: number; readonly epoch: number; readonly owner: string; readonly pending: boolean }[]> {
    return query(this.pool, 'orders.origins', ORIGINS, []);
  }

  /** Those that the master has not heard of, the oldest first. */
  async renamed(limit: number): Promise<{ readonly kind: string; readonly objectId: string; readonly name: string; readonly renamedLocal: string }[]> {
    return query(this.pool, 'orders.renamed', 'SELECT kind, object_id AS "objectId", name, renamed_local AS "renamedLocal" FROM renamed_object WHERE NOT told ORDER BY renamed_at LIMIT $1', [limit]);
  }

  /** The last ones first, whoever has heard of them. */
  async lastRenamed(limit: number): Promise<{ readonly kind: string; readonly name: string; readonly renamedLocal: string }[]> {
    return query(this.pool, 'orders.last-renamed', 'SELECT kind, name, renamed_local AS "renamedLocal" FROM renamed_object ORDER BY renamed_at DESC LIMIT $1', [limit]);
  }

  /** The master has heard of them. */
  async forgetRenamed(objects: readonly ObjectReference[]): Promise<void> {
    await query(this.pool, 'orders.forget-renamed', 'UPDATE renamed_object SET told = true FROM jsonb_to_recordset($1::jsonb) AS heard (kind text, "objectId" text) WHERE renamed_object.kind = heard.kind AND object_id = heard."objectId"', [JSON.stringify(objects)]);
  }

  /** Those of which the administrators of this server are to be told, tried from now on: whoever asks next gets none of them for a while. */
  async takeUnmailed(againAfterMs: number): Promise<{ readonly kind: string; readonly name: string; readonly renamedLocal: string; readonly occasionId: string }[]> {
    return query(this.pool, 'orders.take-unmailed', `UPDATE renamed_object SET mail_tried_at = now() WHERE NOT mailed AND coalesce(mail_tried_at < now() - make_interval(secs => $1), true)
      RETURNING kind, name, renamed_local AS "renamedLocal", occasion_id AS "occasionId"`, [againAfterMs / 1_000]);
  }

  async mailed(occasionId: string): Promise<void> {
    await query(this.pool, 'orders.mailed', 'UPDATE renamed_object SET mailed = true WHERE occasion_id = $1', [occasionId]);
  }

  /** A server that was the master knows by its own log where its objects come from. */
  async becomeSlave(): Promise<void> {
    await query(this.pool, 'orders.become-slave', `INSERT INTO applied_order (kind, object_id, position, epoch)
      SELECT kind, object_id, position, epoch FROM (SELECT DISTINCT ON (kind, object_id) kind, object_id, position, epoch, change FROM config_log ORDER BY kind, object_id, position DESC) AS latest
      WHERE change = 'put' AND NOT EXISTS (SELECT FROM pending_order) ON CONFLICT (kind, object_id) DO NOTHING`, []);
  }
}
