import { type Pool, query } from '@inkpost/postgres/pool.js';
import { transaction } from '@inkpost/postgres/transaction.js';
import { DAYS } from '../compare-days/days.store.js';
import type { DayFigures } from '../compare-days/differing-days.js';
import { rebuildDay } from '../compare-days/rebuild-day.js';
import type { ReportedPrint } from '../report-prints/prints.store.js';

/** A numbered print of this server. */
export interface OwnFact extends Omit<ReportedPrint, 'serverId' | 'ownerLabel' | 'directory'> {
  readonly number: number;
}

export interface OwnOwner {
  readonly accountId: string;
  readonly directory: string;
  readonly label: string;
}

/** How far this server's facts are numbered. */
export interface Standing {
  readonly serverId: string;
  readonly series: number;
  readonly number: number;
}

const STANDING = 'SELECT server_id AS "serverId", fact_series AS series, facts_numbered AS number FROM server';

const FACT = `SELECT number, job_id AS "jobId", completed_at AS "completedAt", account_id AS "accountId", user_group AS "userGroup", queue_id AS "queueId", location_path AS "locationPath",
  mailbox_id AS "mailboxId", origin, pages, copies, impressions, sheets, color, duplex, media, price FROM print_fact WHERE server_id = $1`;
const AFTER = `${FACT} AND number > $2 AND number <= $3 ORDER BY number LIMIT $4`;
const OF_DAY = `${FACT} AND completed_at >= ($2::date)::timestamp AT TIME ZONE 'UTC' AND completed_at < ($2::date + 1)::timestamp AT TIME ZONE 'UTC' AND (completed_at, job_id) > ($3::timestamptz, $4::uuid)
  ORDER BY completed_at, job_id LIMIT $5`;

const MARK_TOLD = `UPDATE print_owner o SET told = true FROM unnest($1::text[], $2::text[], $3::text[]) AS t (account_id, directory, label)
  WHERE o.account_id = t.account_id AND o.directory = t.directory AND o.label = t.label`;

/** On a slave: what this server printed, in the order of its numbers. */
export class OwnFactsStore {
  constructor(private readonly pool: Pool) {}

  async standing(): Promise<Standing | undefined> {
    const [row] = await query<Standing & object>(this.pool, 'own.standing', STANDING, []);
    return row;
  }

  /** All that is numbered, and what it adds up to day by day, seen at one moment. */
  async days(): Promise<{ standing: Standing; days: DayFigures[] } | undefined> {
    return transaction(this.pool, async (client) => {
      await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
      const [standing] = await query<Standing & object>(client, 'own.standing', STANDING, []);
      return standing && { standing, days: await query<DayFigures & object>(client, 'own.days', DAYS, [standing.serverId]) };
    });
  }

  /** Facts with numbers in (after, until]. */
  async after({ serverId }: Standing, after: number, until: number, limit: number): Promise<OwnFact[]> {
    return query<OwnFact & object>(this.pool, 'own.after', AFTER, [serverId, after, until, limit]);
  }

  /** `place`: the last one of the page before. */
  async ofDay({ serverId }: Standing, day: string, place: Pick<OwnFact, 'completedAt' | 'jobId'> | undefined, limit: number): Promise<OwnFact[]> {
    return query<OwnFact & object>(this.pool, 'own.of-day', OF_DAY, [serverId, day, place?.completedAt ?? new Date(0), place?.jobId ?? '00000000-0000-0000-0000-000000000000', limit]);
  }

  async jobAt({ serverId }: Standing, number: number): Promise<string | undefined> {
    const [row] = await query<{ jobId: string }>(this.pool, 'own.job-at', 'SELECT job_id AS "jobId" FROM print_fact WHERE server_id = $1 AND number = $2', [serverId, number]);
    return row?.jobId;
  }

  async beginSeries(series: number): Promise<void> {
    await query(this.pool, 'own.begin-series', 'UPDATE server SET fact_series = $1', [series]);
  }

  /** Makes the totals of a day from the facts; adding up waits meanwhile. */
  async rebuild({ serverId }: Standing, day: string): Promise<void> {
    await transaction(this.pool, async (client) => {
      await query(client, 'own.hold', 'SELECT FROM server FOR UPDATE', []);
      await rebuildDay(client, serverId, day);
    });
  }

  async untoldOwners(limit: number): Promise<OwnOwner[]> {
    return query<OwnOwner & object>(this.pool, 'own.untold', 'SELECT account_id AS "accountId", directory, label FROM print_owner WHERE NOT told LIMIT $1', [limit]);
  }

  /** Unless they changed meanwhile. */
  async markTold(owners: readonly OwnOwner[]): Promise<void> {
    await query(this.pool, 'own.mark-told', MARK_TOLD, [owners.map(({ accountId }) => accountId), owners.map(({ directory }) => directory), owners.map(({ label }) => label)]);
  }

  async tellAllOwners(): Promise<void> {
    await query(this.pool, 'own.tell-all', 'UPDATE print_owner SET told = false WHERE told', []);
  }

  async toldOwners(): Promise<number> {
    const [row] = await query<{ told: number }>(this.pool, 'own.told', 'SELECT count(*)::int AS told FROM print_owner WHERE told', []);
    return row?.told ?? 0;
  }
}
