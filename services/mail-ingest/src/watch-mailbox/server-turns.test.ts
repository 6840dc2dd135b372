import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ServerTurns } from './server-turns.js';

const signal = new AbortController().signal;

/** Begins to open mailboxes of this server; each ends when it is told so. */
function openMany(turns: ServerTurns, server: string, count: number, own = signal) {
  const begun: PromiseWithResolvers<void>[] = [];
  const done = Array.from({ length: count }, () =>
    turns.take(server, own, () => {
      const opening = Promise.withResolvers<void>();
      begun.push(opening);
      return opening.promise;
    }).then(() => 'opened', () => 'failed'),
  );
  return { begun, done };
}

describe('the mailboxes of a server', () => {
  it('are opened so many at a time, in their order', async () => {
    const turns = new ServerTurns(2);
    const { begun, done } = openMany(turns, 'a', 5);
    for (const expected of [2, 3, 4, 5, 5]) {
      expect(begun).toHaveLength(expected);
      begun[expected - 2]?.resolve();
      await nextTurn();
    }
    for (const each of begun) each.resolve();
    expect(await Promise.all(done)).toEqual(Array.from({ length: 5 }, () => 'opened'));
    expect(openMany(turns, 'a', 3).begun).toHaveLength(2);
  });

  it('don\'t wait for those of another server', () => {
    const turns = new ServerTurns(1);
    expect([openMany(turns, 'a', 3).begun.length, openMany(turns, 'b', 3).begun.length]).toEqual([1, 1]);
  });

  it('pass their turn on when they fail, and when nobody wants them any more', async () => {
    const turns = new ServerTurns(1);
    const first = openMany(turns, 'a', 1);
    const leaving = new AbortController();
    const left = openMany(turns, 'a', 2, leaving.signal);
    const last = openMany(turns, 'a', 1);
    leaving.abort();
    expect(await Promise.all(left.done)).toEqual(['failed', 'failed']);
    first.begun[0]?.reject(new Error('away'));
    expect(await Promise.all(first.done)).toEqual(['failed']);
    await nextTurn();
    expect([left.begun.length, last.begun.length]).toEqual([0, 1]);
  });

  it('pass on a turn that comes in the moment in which they leave', async () => {
    const turns = new ServerTurns(1);
    const first = openMany(turns, 'a', 1);
    const leaving = new AbortController();
    const left = openMany(turns, 'a', 1, leaving.signal);
    const last = openMany(turns, 'a', 1);
    first.begun[0]?.resolve();
    leaving.abort();
    await nextTurn();
    expect(last.begun.length + left.begun.length).toBe(1);
    for (const each of [...left.begun, ...last.begun]) each.resolve();
    await nextTurn();
    expect(openMany(turns, 'a', 1).begun).toHaveLength(1);
  });
});
