import { Code } from '@connectrpc/connect';
import { describe, expect, it } from 'vitest';
import { TestBudget } from './test-budget.js';

const LIMITS = { perMinuteMax: 3, atOnceMax: 2 };
const refusal = expect.objectContaining({ code: Code.ResourceExhausted }) as unknown;
const nothing = async (): Promise<void> => undefined;

describe('tests of servers', () => {
  it('are so many a minute for each administrator', async () => {
    const budget = new TestBudget(LIMITS);
    for (let count = 0; count < LIMITS.perMinuteMax; count += 1) await budget.spend('ada', nothing, count);
    await expect(budget.spend('ada', nothing, 59_999)).rejects.toEqual(refusal);
    await budget.spend('bob', nothing, 59_999);
    await budget.spend('ada', nothing, 60_000);
  });

  it('are so many at once, and one that failed makes room', async () => {
    const budget = new TestBudget(LIMITS);
    const ends = Array.from({ length: LIMITS.atOnceMax }, () => Promise.withResolvers<void>());
    const underWay = ends.map(({ promise }, index) => budget.spend(`admin ${index}`, () => promise));
    await expect(budget.spend('one more', nothing)).rejects.toEqual(refusal);
    ends[0]?.reject(new Error('failed'));
    await expect(underWay[0]).rejects.toThrow('failed');
    await budget.spend('one more', nothing);
    for (const { resolve } of ends) resolve();
    await Promise.all(underWay.slice(1));
  });
});
