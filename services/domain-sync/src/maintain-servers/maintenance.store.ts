import { type Pool, query } from '@inkpost/postgres/pool.js';
import { MAINTENANCE_ITEM_NAMES, type MaintenanceItem } from '../record-change/scheduled-kinds.js';

/** Server maintenance as an administrator set it (WSC-010 to WSC-016), and how it went. */
export interface Maintenance {
  readonly enabled: boolean;
  readonly everyMinutes: number;
  readonly items: readonly MaintenanceItem[];
  readonly nextAt: Date | null;
  readonly lastAt: Date | null;
  readonly lastOrders: number;
  readonly lastProblem: string;
}

const COLUMNS = 'enabled, every_minutes AS "everyMinutes", items, next_at AS "nextAt", last_at AS "lastAt", last_orders AS "lastOrders", last_problem AS "lastProblem"';

export class MaintenanceStore {
  constructor(private readonly pool: Pool) {}

  async get(): Promise<Maintenance> {
    const [row] = await query<Maintenance & object>(this.pool, 'maintenance.get', `SELECT ${COLUMNS} FROM server_maintenance`, []);
    if (!row) throw new Error('The row of server maintenance is gone.');
    return row;
  }

  /** The first run is due one interval from now; where nothing changes about the times, the plan stays. */
  async put(enabled: boolean, everyMinutes: number, items: readonly string[]): Promise<void> {
    await query(this.pool, 'maintenance.put', `UPDATE server_maintenance SET enabled = $1, every_minutes = $2, items = $3,
      next_at = CASE WHEN NOT $1 THEN NULL WHEN enabled AND every_minutes = $2 AND next_at IS NOT NULL THEN next_at ELSE now() + make_interval(mins => $2) END`, [enabled, everyMinutes, MAINTENANCE_ITEM_NAMES.filter((name) => items.includes(name))]);
  }

  /** True: the run of this time is the caller's, and the next one planned. Runs that were missed are not made up for one by one. */
  async claim(planned: Date): Promise<boolean> {
    const rows = await query(this.pool, 'maintenance.claim', `UPDATE server_maintenance
      SET next_at = next_at + make_interval(mins => every_minutes * (1 + floor(extract(epoch FROM now() - next_at) / 60 / every_minutes)::int)) WHERE enabled AND next_at = $1 RETURNING 1`, [planned]);
    return rows.length > 0;
  }

  async note(orders: number, problem: string): Promise<void> {
    await query(this.pool, 'maintenance.note', 'UPDATE server_maintenance SET last_at = now(), last_orders = $1, last_problem = $2', [orders, problem]);
  }
}
