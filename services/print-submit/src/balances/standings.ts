import type { QueryResultRow } from 'pg';
import type { FlowTransaction } from '@inkpost/flow/flow-client.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import { printLimits } from '../limits.js';
import { JOB_COLUMNS, type Job } from '../print-job/job.js';
import { type Charging, estimate } from '../tariffs/charging.js';
import { chargedGroup } from '../tariffs/price-print.js';
import { type Balance, type Cost, countsFor, decideLimits, type LimitVerdict, payerOf, quotasOf, type Standing, type UsageDay, usedOf } from './decide-limits.js';

interface Row {
  readonly balances: readonly Balance[];
  readonly usage: readonly UsageDay[];
  readonly today: string;
  readonly [column: string]: unknown;
}

/** Whose: the account, and the groups that the directory named. */
export interface Person {
  readonly accountId: string;
  readonly groups: readonly string[];
}

const READ = `
  SELECT to_char(now() AT TIME ZONE $3, 'YYYY-MM-DD') AS today,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'name', name, 'mode', mode, 'amount', amount, 'overdraft', overdraft)), '[]') FROM balance
     WHERE kind = 'account' AND name IN ($1, '') OR kind = 'group' AND name = $2) AS balances,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'name', name, 'day', day, 'impressions', impressions, 'money', money)), '[]') FROM usage_day
     WHERE (kind = 'account' AND name = $1 OR kind = 'group' AND name = $2) AND day > (now() AT TIME ZONE $3)::date - 32) AS usage`;

// What was released is on its way to paper, and is charged when it is there.
const IN_FLIGHT = `SELECT ${JOB_COLUMNS} FROM job WHERE completed_at IS NULL AND job_state <> 'pending-held' AND (account_id = $1 OR $2 <> '' AND user_group = $2) LIMIT ${printLimits.jobsAtOnceMax * 10}`;

/** Others who release for the same person or group wait: together they take no more than is left. */
const LOCK = `SELECT pg_advisory_xact_lock(hashtextextended('print_submit.standing ' || key, 0)) FROM unnest($1::text[]) AS key ORDER BY key`;

type Ask = <R extends QueryResultRow>(name: string, sql: string, values: readonly unknown[]) => Promise<R[]>;

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
  const [row] = await ask<Row>('standing.read', READ, [accountId, userGroup, charging.timeZone]);
  if (!row) throw new Error('a standing is one row');
  const payer = payerOf(row.balances, accountId);
  const quotas = quotasOf(charging.quotas, accountId, userGroup);
  const ofGroup = payer?.kind === 'group' || quotas.some((quota) => countsFor(quota) === 'group');
  const jobs = await ask<Job & Record<string, unknown>>('standing.in-flight', IN_FLIGHT, [accountId, ofGroup ? userGroup : '']);
  const costs = jobs.map((job) => ({ ...estimate(job, charging), accountId: job.accountId, userGroup: job.userGroup }));
  const reservedOf = (kind: 'account' | 'group', unit: 'price' | 'impressions'): number =>
    costs.filter((cost) => (kind === 'group' ? cost.userGroup === userGroup : cost.accountId === accountId)).reduce((sum, cost) => sum + cost[unit], 0);
  return {
    payer, reserved: payer ? reservedOf(payer.kind, 'price') : 0,
    quotas: quotas.map((quota) => ({ quota, used: usedOf(quota, row.usage, row.today), reserved: reservedOf(countsFor(quota), quota.unit === 'money' ? 'price' : 'impressions') })),
  };
}
