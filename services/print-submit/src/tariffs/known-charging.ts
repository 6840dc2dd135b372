import { type Pool, query } from '@inkpost/postgres/pool.js';
import { CurrentSettings } from '@inkpost/service/current-settings.js';
import type { Quota } from '../balances/quota.js';
import type { Filter } from '../filters/filter.js';
import { clockOf } from '../filters/local-time.js';
import { chargingLimits } from '../limits.js';
import { type RestrictedGroup, restrictionRules } from '../queue-groups/restrictions.js';
import type { Charging, ChargingSettings } from './charging.js';
import { byPrecedence } from './price-print.js';
import type { Tariff } from './tariff.js';

interface Row extends ChargingSettings {
  readonly [column: string]: unknown;
  readonly version: number;
  readonly tariffs: readonly Tariff[];
  readonly filters: readonly Filter[];
  readonly restrictedGroups: readonly RestrictedGroup[];
  readonly quotas: readonly Quota[];
  readonly hasBalances: boolean;
}

const LOAD = `
  SELECT c.currency, c.time_zone AS "timeZone", c.group_order AS "groupOrder", c.version,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('tariffId', id, 'name', name, 'media', media, 'colorMode', color_mode, 'sides', sides, 'queueId', queue_id, 'userGroup', user_group,
      'perJob', per_job, 'perSheet', per_sheet, 'perImpression', per_impression)), '[]') FROM tariff WHERE NOT resting) AS tariffs,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('filterId', id, 'name', name, 'enabled', enabled, 'when', conditions, 'action', action) ORDER BY position, id), '[]') FROM filter WHERE enabled) AS filters,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('groupId', g.id, 'name', g.name, 'restrictions', g.restrictions, 'queueIds', ARRAY(SELECT q.id FROM queue q WHERE q.group_id = g.id)) ORDER BY g.id), '[]')
     FROM queue_group g WHERE g.restrictions <> '{}') AS "restrictedGroups",
    (SELECT coalesce(jsonb_agg(jsonb_build_object('quotaId', id, 'name', name, 'scope', scope, 'subject', subject, 'unit', unit, 'period', period, 'amount', amount, 'mode', mode) ORDER BY id), '[]')
     FROM quota WHERE mode <> 'off') AS quotas,
    EXISTS (SELECT 1 FROM balance WHERE mode <> 'off') AS "hasBalances"
  FROM charging c`;

/** Tariffs, filters and quotas in memory, so that a job needs no question of its own. */
export class KnownCharging {
  private readonly settings: CurrentSettings<Charging>;

  constructor(private readonly pool: Pool) {
    this.settings = new CurrentSettings((known) => this.ask(known), chargingLimits.settingsAgeMs);
  }

  /** At most a second old. */
  current(): Promise<Charging> {
    return this.settings.get();
  }

  /** The copy turned out to be old, or something was changed here. */
  forget(): void {
    this.settings.expire();
  }

  private async ask(known: Charging | undefined): Promise<Charging> {
    if (known) {
      const [latest] = await query<{ version: number }>(this.pool, 'charging.version', 'SELECT version FROM charging', []);
      if (latest?.version === known.version) return known;
    }
    const [row] = await query<Row>(this.pool, 'charging.load', LOAD, []);
    if (!row) throw new Error('how prints are charged is missing');
    const { restrictedGroups, ...charging } = row;
    return { ...charging, restrictions: restrictedGroups.flatMap(restrictionRules), tariffs: byPrecedence(row.tariffs), clock: clockOf(row.timeZone) };
  }
}
