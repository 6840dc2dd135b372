import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { PrintTotal } from './print-totals.store.js';

/** How another server's statistics came in. */
export interface ServerDelivery {
  readonly serverId: string;
  /** Empty: it left the domain. */
  readonly name: string;
  readonly receivedNumber: number;
  readonly toldNumber: number;
  readonly receivedAt: Date;
  readonly comparedAt: Date | null;
  readonly comparedNumber: number | null;
  readonly comparedDays: number | null;
  readonly differences: readonly DayDifference[];
  readonly refused: readonly { readonly reason: string; readonly prints: number }[];
  readonly total: Omit<PrintTotal, 'key'>;
}

export interface DayDifference {
  readonly day: string;
  readonly jobsThere: number;
  readonly impressionsThere: number;
  readonly priceThere: number;
  readonly jobsHere: number;
  readonly impressionsHere: number;
  readonly priceHere: number;
}

/** $1: differing days and reasons of refusals at most, of each server. */
const LIST = `
  SELECT d.server_id AS "serverId", coalesce(m.name, '') AS name, d.received_number AS "receivedNumber", d.told_number AS "toldNumber", d.received_at AS "receivedAt", d.compared_at AS "comparedAt",
    d.compared_number AS "comparedNumber", d.compared_days AS "comparedDays",
    (SELECT coalesce(jsonb_agg(jsonb_build_object('day', f.day, 'jobsThere', f.jobs_there, 'impressionsThere', f.impressions_there, 'priceThere', f.price_there,
        'jobsHere', f.jobs_here, 'impressionsHere', f.impressions_here, 'priceHere', f.price_here) ORDER BY f.day), '[]')
      FROM (SELECT * FROM day_difference f WHERE f.server_id = d.server_id ORDER BY f.day LIMIT $1) AS f) AS differences,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('reason', r.reason, 'prints', r.prints) ORDER BY r.prints DESC, r.reason), '[]')
      FROM (SELECT reason, count(*) AS prints FROM fact_refused r WHERE r.server_id = d.server_id GROUP BY reason ORDER BY 2 DESC, 1 LIMIT $1) AS r) AS refused,
    (SELECT jsonb_build_object('jobs', coalesce(sum(jobs), 0), 'impressions', coalesce(sum(impressions), 0), 'sheets', coalesce(sum(sheets), 0),
        'colorImpressions', coalesce(sum(color_impressions), 0), 'duplexSheets', coalesce(sum(duplex_sheets), 0), 'price', coalesce(sum(price), 0))
      FROM print_total t WHERE t.dimension = 'all' AND t.server_id = d.server_id) AS total
  FROM fact_delivery d LEFT JOIN member m ON m.server_id = d.server_id ORDER BY m.name, d.server_id`;

/** The members hear of what grew the revision. */
const PUT_PACE = `UPDATE domain SET settings = settings || jsonb_build_object('statisticsEverySeconds', $1::int), revision = revision + 1 WHERE role = 'master' RETURNING 1`;

/** How the statistics of all servers came together here. */
export class ConsolidationStore {
  constructor(private readonly pool: Pool) {}

  async list(detailsMax: number): Promise<ServerDelivery[]> {
    return query<ServerDelivery & object>(this.pool, 'consolidation.list', LIST, [detailsMax]);
  }

  /** False: this server is not the master of a domain. */
  async putPace(everySeconds: number): Promise<boolean> {
    return (await query(this.pool, 'consolidation.put-pace', PUT_PACE, [everySeconds])).length === 1;
  }
}
