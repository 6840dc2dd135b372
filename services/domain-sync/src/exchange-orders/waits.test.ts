import { describe, expect, it } from 'vitest';
import { failedPauseMs, holdMs, nextPatience, pauseMs } from './waits.js';

const waits = { waitMinSeconds: 5, waitMaxSeconds: 60, waitJitterSeconds: 10 };

describe('a slave in mailbox mode', () => {
  it('waits for an answer as long as the longest waiting time, and up to the random time more', () => {
    expect([holdMs(waits, 0), holdMs(waits, 1)]).toEqual([60_000, 70_000]);
  });

  it('begins its requests the shortest waiting time apart, and adds some at random where it was given something', () => {
    expect(pauseMs(waits, { beganMs: 100_000, now: 101_000, wasGivenSomething: true }, 0)).toBe(4_000);
    expect(pauseMs(waits, { beganMs: 100_000, now: 101_000, wasGivenSomething: true }, 1)).toBe(14_000);
    expect(pauseMs(waits, { beganMs: 100_000, now: 101_000, wasGivenSomething: false }, 1)).toBe(4_000);
    expect(pauseMs(waits, { beganMs: 100_000, now: 160_000, wasGivenSomething: false }, 1)).toBe(0);
  });

  it('comes back after a restart of its master spread over time, and never later than 40 seconds', () => {
    expect(failedPauseMs(waits, 1, 0.5)).toBe(7_500);
    expect(failedPauseMs(waits, 2, 1)).toBe(20_000);
    expect(failedPauseMs(waits, 3, 1)).toBe(30_000);
    for (const failures of [4, 10, 1_000_000]) expect(failedPauseMs(waits, failures, 1)).toBe(40_000);
    expect(failedPauseMs({ waitMinSeconds: 0, waitMaxSeconds: 0, waitJitterSeconds: 0 }, 9, 1)).toBe(1_000);
  });

  it('gives what is large more and more time over a slow line, until there is nothing more to be given', () => {
    const after = (...outcomes: Parameters<typeof nextPatience>[1][]) => outcomes.reduce(nextPatience, 1);
    expect(after('too-late', 'too-late')).toBe(4);
    expect(after('too-late', 'failed', 'given', 'given')).toBe(2);
    expect(after(...Array.from({ length: 20 }, () => 'too-late' as const))).toBe(16);
    expect(after('too-late', 'at-rest')).toBe(1);
  });
});
