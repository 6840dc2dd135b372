import type { FlowTransaction } from '@inkpost/flow/flow-client.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { Job } from '../print-job/job.js';
import { type Charging, estimate, type PricedJob } from '../tariffs/charging.js';
import { chargedGroup } from '../tariffs/price-print.js';
import { type Balance, type Cost, countsFor, decideLimits, type LimitVerdict, payerOf, quotasOf, type Standing, type UsageDay, usedOf } from './decide-limits.js';

interface Row {
  readonly balances: readonly Balance[];
  readonly usage: readonly UsageDay[];
  /** Released and not printed yet. */
  readonly jobs: readonly (PricedJob & Pick<Job, 'accountId' | 'userGroup'>)[];
  readonly today: string;
  readonly [column: string]: unknown;
}

/** Whose: the account, and the groups that the directory named. */
export interface Person {
  readonly accountId: string;
  readonly groups: readonly string[];
}

// In one statement: a job that is printed at this moment is either on its way or used, never neither. $4: the group, where its jobs count too.
const READ = `
  SELECT to_char(now() AT TIME ZONE $3, 'YYYY-MM-DD') AS today,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'name', name, 'mode', mode, 'amount', amount, 'overdraft', overdraft)), '[]') FROM balance
     WHERE kind = 'account' AND name IN ($1, '') OR kind = 'group' AND name = $2) AS balances,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'name', name, 'day', day, 'impressions', impressions, 'money', money)), '[]') FROM usage_day
     WHERE (kind = 'account' AND name = $1 OR kind = 'group' AND name = $2) AND day > (now() AT TIME ZONE $3)::date - 32) AS usage,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('accountId', account_id, 'userGroup', user_group, 'ownerGroups', owner_groups, 'queueId', queue_id, 'pages', pages, 'colorMode', color_mode,
      'sides', sides, 'copies', copies, 'media', media, 'pageRanges', page_ranges, 'notApplied', not_applied)), '[]') FROM job
     WHERE completed_at IS NULL AND job_state <> 'pending-held' AND (account_id = $1 OR user_group <> '' AND user_group = $4)) AS jobs`;

/** Others who release for the same person or group wait: together they take no more than is left. */
const LOCK = `SELECT pg_advisory_xact_lock(hashtextextended('print_submit.standing ' || key, 0)) FROM unnest($1::text[]) AS key ORDER BY key`;

type Ask = <R extends Record<string, unknown>>(name: string, sql: string, values: readonly unknown[]) => Promise<R[]>;

/** What people have left of their balances and quotas. */
export class Standings {
  constructor(private readonly pool: Pool) {}

  of(person: Person, charging: Charging): Promise<Standing> {
    return read((name, sql, values) => query(this.pool, name, sql, values), person, charging);
  }

  /** Whether documents may go that nobody releases, in their order. Two messages at the same moment may both go, though it suffices for one. */
  async decide(accountId: string, groups: readonly string[], costs: readonly Cost[], charging: Charging): Promise<LimitVerdict[]> {
    const person = { accountId, groups };
    return areLimited(person, charging) ? decideLimits(await this.of(person, charging), costs) : costs.map(() => ({ kind: 'free' }));
  }

  /** The same for documents that somebody releases: whoever releases at the same moment is waited for. */
  async decideLocked(transaction: FlowTransaction, person: Person, costs: readonly Cost[], charging: Charging): Promise<LimitVerdict[]> {
    if (!areLimited(person, charging)) return costs.map(() => ({ kind: 'free' }));
    const userGroup = chargedGroup(person.groups, charging.groupOrder);
    await transaction.query('standing.lock', LOCK, [[`account ${person.accountId}`, ...(userGroup === '' ? [] : [`group ${userGroup}`])]]);
    return decideLimits(await read((name, sql, values) => transaction.query(name, sql, values), person, charging), costs);
  }
}

function areLimited({ accountId, groups }: Person, charging: Charging): boolean {
  return charging.hasBalances || quotasOf(charging.quotas, accountId, chargedGroup(groups, charging.groupOrder)).length > 0;
}

async function read(ask: Ask, { accountId, groups }: Person, charging: Charging): Promise<Standing> {
  const userGroup = chargedGroup(groups, charging.groupOrder);
  const quotas = quotasOf(charging.quotas, accountId, userGroup);
  const ofGroup = charging.hasBalances || quotas.some((quota) => countsFor(quota) === 'group');
  const [row] = await ask<Row>('standing.read', READ, [accountId, userGroup, charging.timeZone, ofGroup ? userGroup : '']);
  if (!row) throw new Error('a standing is one row');
  const payer = payerOf(row.balances, accountId);
  const costs = row.jobs.map((job) => ({ ...estimate(job, charging), accountId: job.accountId, userGroup: job.userGroup }));
  const reservedOf = (kind: 'account' | 'group', unit: 'price' | 'impressions'): number =>
    costs.filter((cost) => (kind === 'group' ? cost.userGroup === userGroup : cost.accountId === accountId)).reduce((sum, cost) => sum + cost[unit], 0);
  return {
    payer, reserved: payer ? reservedOf(payer.kind, 'price') : 0,
    quotas: quotas.map((quota) => ({ quota, used: usedOf(quota, row.usage, row.today), reserved: reservedOf(countsFor(quota), quota.unit === 'money' ? 'price' : 'impressions') })),
  };
}
