import { type Pool, query } from '@inkpost/postgres/pool.js';

/** How the master took this server's facts. */
export interface FactSending {
  readonly masterId: string;
  readonly deliveredNumber: number;
  readonly deliveredAt: Date | null;
  readonly comparedAt: Date | null;
  readonly daysDiffering: number;
  readonly triedAt: Date;
  /** Empty: none. */
  readonly problem: string;
}

export interface Delivered {
  readonly number: number;
  /** Undefined: not compared this time. */
  readonly daysDiffering: number | undefined;
}

const FIND = `SELECT master_id AS "masterId", delivered_number AS "deliveredNumber", delivered_at AS "deliveredAt", compared_at AS "comparedAt", days_differing AS "daysDiffering",
  tried_at AS "triedAt", problem FROM fact_sending`;

const DELIVERED = `INSERT INTO fact_sending AS s (master_id, delivered_number, delivered_at, compared_at, days_differing, tried_at, problem)
  VALUES ($1, $2, CURRENT_TIMESTAMP, CASE WHEN $3::int IS NOT NULL THEN CURRENT_TIMESTAMP END, coalesce($3::int, 0), CURRENT_TIMESTAMP, '')
  ON CONFLICT (only_row) DO UPDATE SET master_id = excluded.master_id, delivered_number = excluded.delivered_number, delivered_at = excluded.delivered_at,
    compared_at = CASE WHEN $3::int IS NOT NULL OR s.master_id <> excluded.master_id THEN excluded.compared_at ELSE s.compared_at END,
    days_differing = CASE WHEN $3::int IS NOT NULL OR s.master_id <> excluded.master_id THEN excluded.days_differing ELSE s.days_differing END, tried_at = excluded.tried_at, problem = ''`;

const FAILED = `INSERT INTO fact_sending AS s (master_id, delivered_number, tried_at, problem) VALUES ($1, 0, CURRENT_TIMESTAMP, $2)
  ON CONFLICT (only_row) DO UPDATE SET master_id = excluded.master_id, tried_at = excluded.tried_at, problem = excluded.problem,
    delivered_number = CASE WHEN s.master_id = excluded.master_id THEN s.delivered_number ELSE 0 END, delivered_at = CASE WHEN s.master_id = excluded.master_id THEN s.delivered_at END,
    compared_at = CASE WHEN s.master_id = excluded.master_id THEN s.compared_at END, days_differing = CASE WHEN s.master_id = excluded.master_id THEN s.days_differing ELSE 0 END`;

/** Kept for whoever asks; what the master really has, it says itself. */
export class FactSendingStore {
  constructor(private readonly pool: Pool) {}

  async find(): Promise<FactSending | undefined> {
    const [row] = await query<FactSending & object>(this.pool, 'sending.find', FIND, []);
    return row;
  }

  async delivered(masterId: string, { number, daysDiffering }: Delivered): Promise<void> {
    await query(this.pool, 'sending.delivered', DELIVERED, [masterId, number, daysDiffering ?? null]);
  }

  async failed(masterId: string, problem: string): Promise<void> {
    await query(this.pool, 'sending.failed', FAILED, [masterId, problem]);
  }
}
