import { type Pool, postgresFailure, query } from '@inkpost/postgres/pool.js';
import type { ObjectReference } from './shared-kind.js';

/** What is noted of an object; version 0: of this server alone. */
export interface NotedObject extends ObjectReference {
  readonly provenance: 'local' | 'shared' | 'received';
  readonly version: number;
}

type Row = NotedObject & Record<string, unknown>;

const COLUMNS = 'kind, object_id AS "objectId", provenance, version';

/** Where the objects of one owner come from. Who changes one need not know this store: triggers note it. */
export class SharedObjectStore {
  constructor(private readonly pool: Pool) {}

  /** `kind` empty: all. */
  async list(kind: string): Promise<NotedObject[]> {
    return query<Row>(this.pool, 'shared-object.list', `SELECT ${COLUMNS} FROM shared_object WHERE kind = $1 OR $1 = '' ORDER BY kind, object_id`, [kind]);
  }

  async find({ kind, objectId }: ObjectReference): Promise<NotedObject> {
    const [row] = await query<Row>(this.pool, 'shared-object.find', `SELECT ${COLUMNS} FROM shared_object WHERE kind = $1 AND object_id = $2`, [kind, objectId]);
    return row ?? { kind, objectId, provenance: 'local', version: 0 };
  }

  /** By identifier, of those that are not of this server alone. */
  async provenances(kind: string, objectIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const rows = await query<Row>(this.pool, 'shared-object.provenances', `SELECT ${COLUMNS} FROM shared_object WHERE kind = $1 AND object_id = ANY ($2::text[])`, [kind, objectIds]);
    return new Map(rows.map(({ objectId, provenance }) => [objectId, provenance]));
  }

  /** Those that are shared or received by now stay so. Domain-sync hears of each that is new, in their order. */
  async share(references: readonly ObjectReference[]): Promise<void> {
    await this.alone(
      `INSERT INTO shared_object (kind, object_id, provenance, version) SELECT kind, object_id, 'shared', nextval('shared_object_version')
       FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS wanted (kind, object_id, place) ORDER BY place ON CONFLICT DO NOTHING
       RETURNING tell_object_change(kind, object_id, version, false)`,
      [references.map(({ kind }) => kind), references.map(({ objectId }) => objectId)],
    );
  }

  async unshare({ kind, objectId }: ObjectReference): Promise<void> {
    await this.alone(
      `DELETE FROM shared_object WHERE kind = $1 AND object_id = $2 AND provenance = 'shared' RETURNING tell_object_change(kind, object_id, nextval('shared_object_version'), false)`,
      [kind, objectId],
    );
  }

  /** It is as the master has it, without a change of its own. */
  async markReceived({ kind, objectId }: ObjectReference): Promise<void> {
    await query(
      this.pool, 'shared-object.mark',
      `INSERT INTO shared_object (kind, object_id, provenance, version) VALUES ($1, $2, 'received', nextval('shared_object_version'))
       ON CONFLICT (kind, object_id) DO UPDATE SET provenance = 'received' WHERE shared_object.provenance <> 'received'`, [kind, objectId],
    );
  }

  /** Gives how many. `local`: all that is noted, or one; else those of the other provenance. */
  async keep(as: NotedObject['provenance'], { kind, objectId }: ObjectReference): Promise<number> {
    const chosen = `($1 = '' OR kind = $1) AND ($2 = '' OR object_id = $2)`;
    const rows = as === 'local'
      ? await query(this.pool, 'shared-object.keep', `DELETE FROM shared_object WHERE ${chosen} RETURNING 1`, [kind, objectId])
      : await query(this.pool, 'shared-object.keep-as', `UPDATE shared_object SET provenance = $3 WHERE ${chosen} AND provenance <> $3 RETURNING 1`, [kind, objectId, as]);
    return rows.length;
  }

  /** Waits for changes of objects that are under way: they saw nobody share theirs, and told nobody. */
  private async alone(sql: string, values: readonly unknown[]): Promise<void> {
    const client = await this.pool.connect().catch((error: unknown) => {
      throw postgresFailure(error);
    });
    try {
      await client.query('BEGIN');
      await client.query('LOCK TABLE shared_object IN EXCLUSIVE MODE');
      await client.query(sql, [...values]);
      await client.query('COMMIT');
      client.release();
    } catch (error) {
      await client.query('ROLLBACK').then(() => client.release(), () => client.release(true));
      throw postgresFailure(error);
    }
  }
}
