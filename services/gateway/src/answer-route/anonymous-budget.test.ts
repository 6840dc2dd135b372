import { describe, expect, it } from 'vitest';
import { LIMITS } from '../limits.js';
import { AnonymousBudget } from './anonymous-budget.js';

describe('the budget of an address that is not signed in', () => {
  it('is a burst, then a steady rate, and says how long to wait', () => {
    const budget = new AnonymousBudget();
    const taken = Array.from({ length: LIMITS.anonymousBurst }, () => budget.take('192.0.2.1', 0));
    expect(taken).toEqual(taken.map(() => 0));
    expect(budget.take('192.0.2.1', 0)).toBe(1);
    expect(budget.take('192.0.2.1', 1_000 / LIMITS.anonymousPerSecond)).toBe(0);
    expect(budget.take('192.0.2.1', 1_000 / LIMITS.anonymousPerSecond)).toBe(1);
  });

  it('is each address\'s own', () => {
    const budget = new AnonymousBudget();
    for (let index = 0; index <= LIMITS.anonymousBurst; index += 1) budget.take('192.0.2.1', 0);
    expect([budget.take('192.0.2.1', 0), budget.take('192.0.2.2', 0)]).toEqual([1, 0]);
  });

  it('forgets the address that was silent longest when too many come', () => {
    const budget = new AnonymousBudget();
    for (let index = 0; index <= LIMITS.anonymousBurst; index += 1) budget.take('old', 0);
    for (let index = 0; index < LIMITS.anonymousSourcesMax; index += 1) budget.take(`192.0.2.${index}`, 0);
    expect(budget.take('old', 0)).toBe(0);
  });
});
