import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { HeardSlave, RenamedObject, Standing, UnappliedOrder } from './slave-desk.js';

/** How a slave stood when the master last heard of it. */
export interface Progress {
  readonly serverId: string;
  readonly position: number;
  readonly standing: Standing;
  readonly unapplied: readonly UnappliedOrder[];
  readonly unappliedCount: number;
  readonly renamed: readonly RenamedObject[];
  readonly contactedAt: Date;
}

/** As PostgreSQL's bigint counts. */
const BYTES_MAX = 2n ** 63n - 1n;

/** How the server itself does (DOM-016). */
function figuresOf({ figures, heardAt }: HeardSlave) {
  if (!figures || !Number.isFinite(figures.load)) return {};
  const bytes = (count: bigint): string => String(count < BYTES_MAX ? count : BYTES_MAX);
  const uptimeMs = Math.min(Number(figures.uptimeSeconds) * 1_000, heardAt.getTime());
  return { load: figures.load, disk_free_bytes: bytes(figures.diskFreeBytes), disk_size_bytes: bytes(figures.diskSizeBytes), started_at: new Date(heardAt.getTime() - uptimeMs) };
}

/** Many slaves in one statement. What stepped aside is told once by a slave, and kept until it tells of something else. */
const NOTE = `WITH heard AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS h (server_id uuid, position bigint, position_epoch bigint, standing text, unapplied jsonb, unapplied_count int, renamed jsonb, contacted_at timestamptz,
      load float8, disk_free_bytes bigint, disk_size_bytes bigint, started_at timestamptz)),
  seen AS (
    UPDATE member SET last_seen_at = contacted_at, load = coalesce(h.load, member.load), disk_free_bytes = coalesce(h.disk_free_bytes, member.disk_free_bytes),
      disk_size_bytes = coalesce(h.disk_size_bytes, member.disk_size_bytes), started_at = coalesce(h.started_at, member.started_at) FROM heard AS h WHERE member.server_id = h.server_id)
  INSERT INTO slave_progress AS p (server_id, position, position_epoch, standing, unapplied, unapplied_count, renamed, contacted_at)
  SELECT server_id, position, position_epoch, standing, unapplied, unapplied_count, renamed, contacted_at FROM heard JOIN member USING (server_id)
  ON CONFLICT (server_id) DO UPDATE SET position = excluded.position, position_epoch = excluded.position_epoch, standing = excluded.standing, unapplied = excluded.unapplied,
    unapplied_count = excluded.unapplied_count, renamed = CASE WHEN excluded.renamed = '[]' THEN p.renamed ELSE excluded.renamed END, contacted_at = excluded.contacted_at`;

/** What the master notes of its slaves, for administrators and for its next start. */
export class ProgressStore {
  constructor(private readonly pool: Pool) {}

  async note(slaves: readonly { readonly serverId: string; readonly standing: Standing; readonly heard: HeardSlave }[]): Promise<void> {
    if (slaves.length === 0) return;
    const rows = slaves.map(({ serverId, standing, heard }) => ({
      server_id: serverId, standing, position: heard.position, position_epoch: heard.positionEpoch, unapplied: heard.unapplied, unapplied_count: heard.unappliedCount, renamed: heard.renamed, contacted_at: heard.heardAt, ...figuresOf(heard),
    }));
    await query(this.pool, 'progress.note', NOTE, [JSON.stringify(rows)]);
  }

  async list(): Promise<Progress[]> {
    return query<Progress & object>(this.pool, 'progress.list', `SELECT server_id AS "serverId", position, standing, unapplied, unapplied_count AS "unappliedCount", renamed, contacted_at AS "contactedAt" FROM slave_progress`, []);
  }
}
