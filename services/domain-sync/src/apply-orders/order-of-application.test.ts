import { describe, expect, it } from 'vitest';
import { orderOfApplication, type PendingOrder, unmetNeed } from './order-of-application.js';

const order = (position: number, name: string, needs: string[] = [], deleted = false): PendingOrder => ({ position, kind: name.split(' ')[0] ?? '', objectId: name, deleted, needs: needs.map((need) => ({ kind: need.split(' ')[0] ?? '', objectId: need })) });
const names = (orders: readonly PendingOrder[]) => orders.map(({ objectId }) => objectId);

describe('pending orders', () => {
  it('are applied in the log\'s order, whatever order they are read in', () => {
    expect(names(orderOfApplication([order(3, 'queue c'), order(1, 'queue a'), order(2, 'tariff b')]))).toEqual(['queue a', 'tariff b', 'queue c']);
  });

  it('come after what they need, also of their own kind', () => {
    const pending = [order(1, 'queue a', ['group g', 'place lyon']), order(2, 'place lyon', ['place france']), order(3, 'place france'), order(4, 'group g')];
    expect(names(orderOfApplication(pending))).toEqual(['group g', 'place france', 'place lyon', 'queue a']);
    expect(unmetNeed(pending[0] ?? order(0, ''), new Set([JSON.stringify(['place', 'place lyon'])]))).toEqual({ kind: 'place', objectId: 'place lyon' });
  });

  it('don\'t wait for what goes, nor for each other in a circle', () => {
    expect(names(orderOfApplication([order(1, 'queue a', ['group g']), order(2, 'group g', [], true)]))).toEqual(['queue a', 'group g']);
    expect(names(orderOfApplication([order(1, 'queue a', ['group g'], true), order(2, 'group g')]))).toEqual(['queue a', 'group g']);
    expect(names(orderOfApplication([order(1, 'queue a', ['group g']), order(2, 'group g', ['queue a'])]))).toEqual(['group g', 'queue a']);
  });
});
