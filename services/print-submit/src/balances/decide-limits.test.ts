import { describe, expect, it } from 'vitest';
import { type Balance, decideLimits, payerOf, periodBegin, quotasOf, type QuotaStanding, type Standing, type UsageDay, usedOf } from './decide-limits.js';
import { checkQuota, type Quota } from './quota.js';

const quota = (more: Partial<Quota> = {}): Quota => ({ quotaId: 'q', name: 'Pages', scope: 'everyone', subject: '', unit: 'impressions', period: 'month', amount: 10, mode: 'refuse', ...more });
const balance = (more: Partial<Balance> = {}): Balance => ({ kind: 'account', name: 'a', mode: 'refuse', amount: 100, overdraft: 0, ...more });
const standing = (more: Partial<Standing> = {}): Standing => ({ payer: undefined, reserved: 0, quotas: [], ...more });
const of = (more: Partial<Quota>, used = 0, reserved = 0): QuotaStanding => ({ quota: quota(more), used, reserved });
const kinds = (one: Standing, ...costs: readonly [number, number][]) => decideLimits(one, costs.map(([price, impressions]) => ({ price, impressions }))).map(({ kind }) => kind);

describe('a balance', () => {
  it('lets go what it suffices for, to the last thousandth, one document after the other', () => {
    expect(kinds(standing({ payer: balance() }), [60, 1], [41, 1], [40, 1], [1, 1])).toEqual(['free', 'refused', 'free', 'refused']);
  });

  it('may go below zero as far as it is allowed to, and what was released before counts', () => {
    expect(kinds(standing({ payer: balance({ overdraft: 50 }), reserved: 30 }), [120, 1], [1, 1])).toEqual(['free', 'refused']);
  });

  it('that is used up keeps nobody from printing what is free', () => {
    expect(kinds(standing({ payer: balance({ amount: -5 }) }), [0, 9])).toEqual(['free']);
  });

  it('that only warns lets everything go and says so', () => {
    expect(decideLimits(standing({ payer: balance({ mode: 'warn', amount: 10 }) }), [{ price: 11, impressions: 1 }])).toEqual([{ kind: 'warned', reason: 'balance', problem: 'The balance does not suffice.', limit: 'account', left: 10 }]);
  });

  it('is the person\'s own, else everybody\'s, else the group\'s', () => {
    const [own, everybody, group] = [balance(), balance({ name: '' }), balance({ kind: 'group', name: 'Staff' })];
    expect(payerOf([group, everybody, own], 'a')).toBe(own);
    expect(payerOf([group, everybody], 'a')).toBe(everybody);
    expect(payerOf([group, everybody, { ...own, mode: 'off' }], 'a')).toBe(group);
    expect(payerOf([{ ...group, mode: 'off' }], 'a')).toBeUndefined();
  });
});

describe('a quota', () => {
  it('lets go what is left of it, with what was used and released before', () => {
    expect(kinds(standing({ quotas: [of({}, 4, 3)] }), [0, 3], [0, 1])).toEqual(['free', 'refused']);
  });

  it('of money goes by the price', () => {
    expect(kinds(standing({ quotas: [of({ unit: 'money', amount: 500 })] }), [500, 99], [1, 1])).toEqual(['free', 'refused']);
  });

  it('that refuses is named before one that warns', () => {
    expect(decideLimits(standing({ payer: balance({ mode: 'warn', amount: 0 }), quotas: [of({ quotaId: 'stop', amount: 0 })] }), [{ price: 1, impressions: 1 }])).toMatchObject([{ kind: 'refused', reason: 'quota', limit: 'stop', left: 0 }]);
  });

  it.each<[Partial<Quota>, boolean]>([
    [{}, true], [{ scope: 'account', subject: 'a' }, true], [{ scope: 'account', subject: 'b' }, false], [{ scope: 'members', subject: 'Staff' }, true], [{ scope: 'group', subject: 'Staff' }, true], [{ scope: 'group', subject: 'Board' }, false],
  ])('%j holds for a member of Staff: %s', (more, expected) => {
    expect(quotasOf([quota(more)], 'a', 'Staff').length === 1).toBe(expected);
  });

  it('of a group is for nobody who is in none', () => {
    expect(quotasOf([quota({ scope: 'members', subject: 'Staff' })], 'a', '')).toEqual([]);
  });

  it.each([['day', '2026-11-22', '2026-11-22'], ['week', '2026-11-22', '2026-11-16'], ['week', '2026-11-23', '2026-11-23'], ['month', '2026-11-22', '2026-11-01'], ['week', '2027-01-01', '2026-12-28']] as const)('for a %s counts on %s from %s on', (period, today, expected) => {
    expect(periodBegin(period, today)).toBe(expected);
  });

  it('counts what its own kind of holder printed in its period', () => {
    const day = (kind: UsageDay['kind'], on: string, impressions: number, money: number): UsageDay => ({ kind, name: 'x', day: on, impressions, money });
    const usage = [day('account', '2026-10-31', 100, 1_000), day('account', '2026-11-01', 3, 30), day('account', '2026-11-22', 4, 40), day('group', '2026-11-22', 50, 500)];
    expect([usedOf(quota(), usage, '2026-11-22'), usedOf(quota({ unit: 'money' }), usage, '2026-11-22'), usedOf(quota({ scope: 'group', subject: 'x' }), usage, '2026-11-22'), usedOf(quota({ period: 'day' }), usage, '2026-11-22')]).toEqual([7, 70, 50, 4]);
  });

  it.each([
    ['quotaId', { quotaId: 'a b' }], ['name', { name: '' }], ['scope', { scope: 'all' }], ['subject', { subject: 'x' }], ['subject', { scope: 'group' }], ['subject', { scope: 'account' }], ['unit', { unit: 'pages' }],
    ['period', { period: 'year' }], ['amount', { amount: -1 }], ['mode', { mode: 'maybe' }],
  ])('with a wrong %s, %j, is refused', (field, more) => {
    expect(checkQuota({ ...quota(), ...more })).toMatchObject({ field });
  });
});
