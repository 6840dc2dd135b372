import { type Pool, query } from '@inkpost/postgres/pool.js';
import { transaction } from '@inkpost/postgres/transaction.js';
import { type DayFigures, type DifferingDay, differingDays } from './differing-days.js';

/** What a member says that its facts up to a number add up to. */
export interface ToldDays {
  readonly series: number;
  readonly number: number;
  readonly days: readonly DayFigures[];
  readonly owners: number;
}

export interface Comparison {
  readonly differing: readonly DifferingDay[];
  readonly ownersMissing: boolean;
}

export const DAYS = `SELECT day::text, jobs, impressions, sheets, color_impressions AS "colorImpressions", duplex_sheets AS "duplexSheets", price, digest::text FROM print_total
  WHERE dimension = 'all' AND server_id = $1::uuid ORDER BY day`;

const REFUSED = 'SELECT day::text, count(*)::int AS refused FROM fact_refused WHERE server_id = $1::uuid GROUP BY day';

const HOLD = 'SELECT FROM fact_delivery WHERE server_id = $1::uuid AND series = $2 AND received_number = $3 FOR UPDATE';

const NOTE = `INSERT INTO day_difference (server_id, day, jobs_there, impressions_there, price_there, jobs_here, impressions_here, price_here)
  SELECT $1::uuid, * FROM unnest($2::date[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[])`;

/** On a master: whether a member's days are equal on both servers. */
export class DaysStore {
  constructor(private readonly pool: Pool) {}

  /** Undefined: the member stands at another number here. The member's deliveries wait while it is compared. */
  async compare(serverId: string, { series, number, days, owners }: ToldDays): Promise<Comparison | undefined> {
    return transaction(this.pool, async (client) => {
      if ((await query(client, 'days.hold', HOLD, [serverId, series, number])).length === 0) return undefined;
      const here = await query<DayFigures & object>(client, 'days.here', DAYS, [serverId]);
      const refused = await query<{ day: string; refused: number }>(client, 'days.refused', REFUSED, [serverId]);
      const differing = differingDays(days, here, new Map(refused.map((row) => [row.day, row.refused])));
      await query(client, 'days.forget-differences', 'DELETE FROM day_difference WHERE server_id = $1', [serverId]);
      const column = (of: (each: DifferingDay) => unknown): unknown[] => differing.map(of);
      await query(client, 'days.note-differences', NOTE, [
        serverId, column(({ day }) => day), column(({ there }) => there.jobs), column(({ there }) => there.impressions), column(({ there }) => there.price),
        column(({ here: found }) => found.jobs), column(({ here: found }) => found.impressions), column(({ here: found }) => found.price),
      ]);
      const [known] = await query<{ owners: number }>(client, 'days.owners', 'SELECT count(*)::int AS owners FROM member_owner WHERE server_id = $1', [serverId]);
      await query(client, 'days.compared', 'UPDATE fact_delivery SET compared_at = CURRENT_TIMESTAMP, compared_number = $2, compared_days = $3 WHERE server_id = $1', [serverId, number, days.length]);
      return { differing, ownersMissing: (known?.owners ?? 0) < owners };
    });
  }
}
