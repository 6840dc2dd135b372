import { expect, it } from 'vitest';
import { RepeatedRound } from './repeated-round.js';

const HOUR_MS = 3_600_000;

it('does another round at once when it was asked for one while one was under way', async () => {
  const rounds: (() => void)[] = [];
  const work = new RepeatedRound({ everyMs: HOUR_MS, act: () => new Promise<void>((resolve) => void rounds.push(resolve)), onError: () => undefined });
  work.start();
  await expect.poll(() => rounds.length).toBe(1);
  work.now();
  rounds[0]?.();
  await expect.poll(() => rounds.length).toBe(2);
  rounds[1]?.();
  await work.stop(1_000);
  expect(rounds).toHaveLength(2);
});

it('goes on after a round that failed, and tells of it', async () => {
  const told: unknown[] = [];
  const work = new RepeatedRound({ everyMs: 1, act: () => Promise.reject(new Error('away')), onError: (error) => void told.push(error) });
  work.start();
  await expect.poll(() => told.length).toBeGreaterThan(1);
  await work.stop(1_000);
});
