import { Code } from '@connectrpc/connect';
import { describe, expect, it } from 'vitest';
import { TESTS_AT_ONCE_MAX, TESTS_PER_MINUTE_MAX } from '../limits.js';
import { TestBudget } from './test-budget.js';

const refusal = expect.objectContaining({ code: Code.ResourceExhausted }) as unknown;
const nothing = async (): Promise<void> => undefined;

describe('tests of mailboxes', () => {
  it('are so many a minute for each administrator', async () => {
    const budget = new TestBudget();
    for (let count = 0; count < TESTS_PER_MINUTE_MAX; count += 1) await budget.spend('ada', nothing, count);
    await expect(budget.spend('ada', nothing, 59_999)).rejects.toEqual(refusal);
    await budget.spend('bob', nothing, 59_999);
    await budget.spend('ada', nothing, 60_000);
  });

  it('are so many at once, and one that failed makes room', async () => {
    const budget = new TestBudget();
    const ends = Array.from({ length: TESTS_AT_ONCE_MAX }, () => Promise.withResolvers<void>());
    const underWay = ends.map(({ promise }, index) => budget.spend(`admin ${index}`, () => promise));
    await expect(budget.spend('one more', nothing)).rejects.toEqual(refusal);
    ends[0]?.reject(new Error('failed'));
    await expect(underWay[0]).rejects.toThrow('failed');
    await budget.spend('one more', nothing);
    for (const { resolve } of ends) resolve();
    await Promise.all(underWay.slice(1));
  });
});
