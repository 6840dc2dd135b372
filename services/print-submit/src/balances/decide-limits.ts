import type { LimitMode, Period, Quota } from './quota.js';

/** Whose balance or use it is: a person by account id, a group by name. */
export interface Holder {
  readonly kind: 'account' | 'group';
  readonly name: string;
}

/** Money in thousandths of the currency. */
export interface Balance extends Holder {
  readonly mode: LimitMode;
  readonly amount: number;
  /** So far below zero it may go. */
  readonly overdraft: number;
}

/** What somebody printed on a day, `2026-11-22` of charging's time zone. */
export interface UsageDay extends Holder {
  readonly day: string;
  readonly impressions: number;
  readonly money: number;
}

/** What was released and is not printed yet. */
export interface Reserved {
  readonly price: number;
  readonly impressions: number;
}

/** A person's balance and quotas, and what is used of them. */
export interface Standing {
  /** Whoever pays for this person; undefined: no balance is kept. */
  readonly payer: Balance | undefined;
  /** From the payer's balance. */
  readonly reserved: number;
  readonly quotas: readonly QuotaStanding[];
}

export interface QuotaStanding {
  readonly quota: Quota;
  readonly used: number;
  readonly reserved: number;
}

/** What a document that is to be printed would take. */
export interface Cost {
  readonly price: number;
  readonly impressions: number;
}

export type LimitVerdict =
  | { readonly kind: 'free' }
  | { readonly kind: 'warned' | 'refused'; readonly reason: 'balance' | 'quota'; readonly problem: string; readonly limit: string; readonly left: number };

/** The person's own balance pays, else that of the group; of a person without one the balance that everybody begins with. */
export function payerOf(balances: readonly Balance[], accountId: string): Balance | undefined {
  const persons = balances.filter(({ kind }) => kind === 'account');
  const own = persons.find(({ name }) => name === accountId) ?? persons.find(({ name }) => name === '');
  return [own, balances.find(({ kind }) => kind === 'group')].find((balance) => balance !== undefined && balance.mode !== 'off');
}

/** Those of the quotas that hold for a member of this group; empty: of none. */
export function quotasOf(quotas: readonly Quota[], accountId: string, userGroup: string): Quota[] {
  return quotas.filter(({ scope, subject }) => scope === 'everyone' || (scope === 'account' ? subject === accountId : subject === userGroup && userGroup !== ''));
}

/** Whose use counts for a quota. */
export function countsFor({ scope }: Quota): Holder['kind'] {
  return scope === 'group' ? 'group' : 'account';
}

/** The first day of the period that this day is in. Weeks begin on Monday (ISO 8601). */
export function periodBegin(period: Period, today: string): string {
  if (period === 'day') return today;
  if (period === 'month') return `${today.slice(0, 7)}-01`;
  const day = new Date(`${today}T00:00:00Z`);
  day.setUTCDate(day.getUTCDate() - ((day.getUTCDay() + 6) % 7));
  return day.toISOString().slice(0, 10);
}

export function usedOf(quota: Quota, usage: readonly UsageDay[], today: string): number {
  const begin = periodBegin(quota.period, today);
  const days = usage.filter(({ kind, day }) => kind === countsFor(quota) && day >= begin);
  return days.reduce((sum, day) => sum + (quota.unit === 'money' ? day.money : day.impressions), 0);
}

/** Each document in its order, as if those before it that may go went. A document that takes nothing of a limit is free of it. */
export function decideLimits(standing: Standing, costs: readonly Cost[]): LimitVerdict[] {
  const taken = { price: 0, impressions: 0 };
  return costs.map((cost) => {
    const verdict = decideLimit(standing, cost, taken);
    if (verdict.kind !== 'refused') {
      taken.price += cost.price;
      taken.impressions += cost.impressions;
    }
    return verdict;
  });
}

function decideLimit({ payer, reserved, quotas }: Standing, cost: Cost, taken: Reserved): LimitVerdict {
  const exceeded = [...exceededBalance(payer, reserved, cost, taken), ...quotas.flatMap((standing) => exceededQuota(standing, cost, taken))];
  return exceeded.find(({ kind }) => kind === 'refused') ?? exceeded[0] ?? { kind: 'free' };
}

function exceededBalance(payer: Balance | undefined, reserved: number, { price }: Cost, taken: Reserved): LimitVerdict[] {
  const left = payer ? payer.amount + payer.overdraft - reserved - taken.price : 0;
  if (!payer || price === 0 || price <= left) return [];
  const problem = payer.kind === 'group' ? `The balance of the group ${payer.name} does not suffice.` : 'The balance does not suffice.';
  return [{ kind: kindOf(payer.mode), reason: 'balance', problem, limit: payer.kind === 'group' ? payer.name : 'account', left: Math.max(left, 0) }];
}

function exceededQuota({ quota, used, reserved }: QuotaStanding, cost: Cost, taken: Reserved): LimitVerdict[] {
  const [wanted, before] = quota.unit === 'money' ? [cost.price, taken.price] : [cost.impressions, taken.impressions];
  const left = quota.amount - used - reserved - before;
  if (wanted === 0 || wanted <= left) return [];
  return [{ kind: kindOf(quota.mode), reason: 'quota', problem: `The quota "${quota.name}" of the ${quota.period} is used up.`, limit: quota.quotaId, left: Math.max(left, 0) }];
}

function kindOf(mode: LimitMode): 'warned' | 'refused' {
  return mode === 'refuse' ? 'refused' : 'warned';
}
