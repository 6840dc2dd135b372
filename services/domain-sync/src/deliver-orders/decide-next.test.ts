import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../keep-log/log-entry.js';
import { LogState } from '../keep-log/log-state.js';
import { decideNext, firstThatFit, type SlaveStanding } from './decide-next.js';
import { OperationBudget } from './operation-budget.js';

const entry = (position: number, size = 100): LogEntry => ({ position, epoch: 1, owner: 'print-submit', kind: 'queue', objectId: `q${position}`, name: 'q', change: 'put', digest: `d${position}`, needs: [], hasSecrets: false, size });

function log(): LogState {
  const state = new LogState();
  state.begin([{ epoch: 1, after: 0 }]);
  for (const position of [1, 2, 3]) state.add(entry(position));
  return state;
}

const slave = (more: Partial<SlaveStanding>): SlaveStanding => ({ position: 3, positionEpoch: 1, checksum: log().checksum(), heldUpKinds: [], inventory: undefined, ...more });
const usual = { asked: false, floor: 0 };

describe('what is said next', () => {
  it('is nothing to who has all', () => {
    expect(decideNext(log(), slave({}), usual)).toEqual({ say: 'nothing' });
    expect(decideNext(log(), slave({ checksum: '' }), usual)).toEqual({ say: 'nothing' });
  });

  it('is what comes next, whatever the checksum of who is behind', () => {
    expect(decideNext(log(), slave({ position: 1, checksum: 'of before' }), usual)).toMatchObject({ say: 'orders', after: 1, until: 3, orders: [{ position: 2 }, { position: 3 }] });
    expect(decideNext(log(), slave({ position: 0, positionEpoch: 0 }), usual)).toMatchObject({ say: 'orders', after: 0 });
  });

  it('is a question for all that it has, where there is a gap, a difference or a wish', () => {
    expect(decideNext(log(), slave({ position: 9 }), usual)).toEqual({ say: 'send-inventory', why: 'gap' });
    expect(decideNext(log(), slave({ positionEpoch: 7 }), usual)).toEqual({ say: 'send-inventory', why: 'gap' });
    expect(decideNext(log(), slave({ checksum: 'something else' }), usual)).toEqual({ say: 'send-inventory', why: 'drift' });
    expect(decideNext(log(), slave({}), { ...usual, asked: true })).toEqual({ say: 'send-inventory', why: 'asked' });
  });

  it('leaves kinds that are held up out of what is compared: they are told already', () => {
    expect(decideNext(log(), slave({ heldUpKinds: ['queue'], checksum: new LogState().checksum() }), usual)).toEqual({ say: 'nothing' });
  });

  it('forgets orders that waited in memory when the master was started again: what the slave has tells what it lacks', () => {
    expect(decideNext(log(), slave({ position: 2 }), { asked: false, floor: 3 })).toEqual({ say: 'send-inventory', why: 'gap' });
    const have = [1, 2].map((position) => ({ kind: 'queue', objectId: `q${position}`, digest: `d${position}`, position, epoch: 1, owner: 'print-submit' }));
    expect(decideNext(log(), slave({ position: 2, inventory: have }), { asked: false, floor: 3 })).toMatchObject({ say: 'snapshot', send: [{ position: 3 }], drop: [], until: 3 });
  });

  it('is an end to an inventory that lacks nothing, also where the slave stood elsewhere', () => {
    const have = [1, 2, 3].map((position) => ({ kind: 'queue', objectId: `q${position}`, digest: `d${position}`, position, epoch: 1, owner: 'print-submit' }));
    expect(decideNext(log(), slave({ inventory: have }), usual)).toEqual({ say: 'nothing' });
    expect(decideNext(log(), slave({ position: 7, inventory: have }), usual)).toMatchObject({ say: 'snapshot', send: [], drop: [], until: 3 });
  });

  it('is as much as fits, and one order at least', () => {
    const orders = [entry(1, 600), entry(2, 600), entry(3, 10)];
    expect(firstThatFit(orders, 10, 5_000)).toHaveLength(3);
    expect(firstThatFit(orders, 10, 1_199)).toHaveLength(1);
    expect(firstThatFit(orders, 10, 1_200)).toHaveLength(2);
    expect(firstThatFit(orders, 10, 5)).toHaveLength(1);
    expect(firstThatFit(orders, 2, 5_000)).toHaveLength(2);
    expect(firstThatFit(orders, 0, 5_000)).toHaveLength(0);
  });
});

describe('operations per minute', () => {
  it('are never more than allowed in any 60 seconds, and what waits gets its turn', () => {
    const budget = new OperationBudget();
    const granted: number[] = [];
    let now = 1_000_000;
    for (let waiting = 25; waiting > 0; now += Math.max(budget.freeInMs(10, now), 1)) {
      const count = budget.take(Math.min(waiting, 3), 10, now);
      for (let each = 0; each < count; each += 1) granted.push(now);
      waiting -= count;
    }
    expect(granted).toHaveLength(25);
    for (const from of granted) expect(granted.filter((at) => at >= from && at < from + 60_000).length).toBeLessThanOrEqual(10);
    expect((granted.at(-1) ?? 0) - (granted[0] ?? 0)).toBeLessThan(124_000);
  });

  it('are as many as there are where no number is set', () => {
    const budget = new OperationBudget();
    expect(budget.take(1_000_000, 0, 5)).toBe(1_000_000);
    expect(budget.freeInMs(0, 5)).toBe(0);
  });
});
