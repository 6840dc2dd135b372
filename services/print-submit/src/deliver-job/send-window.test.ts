import { describe, expect, it } from 'vitest';
import { Backoff } from './backoff.js';
import { SendWindow } from './send-window.js';

describe('how many documents are sent side by side', () => {
  it('begins with one and stays there for a printer that takes one at a time', () => {
    const window = new SendWindow(4);
    for (let jobs = 0; jobs < 10; jobs += 1) window.noteAccepted({ kept: 0, finished: false });
    expect(window.size).toBe(1);
  });

  it('grows up to the limit while the printer takes more than it finished, or finishes at once', () => {
    const queueing = new SendWindow(4);
    const fast = new SendWindow(4);
    const sizes = Array.from({ length: 5 }, () => {
      queueing.noteAccepted({ kept: 1, finished: false });
      fast.noteAccepted({ kept: 0, finished: true });
      return [queueing.size, fast.size];
    });
    expect(sizes).toEqual([[2, 2], [3, 3], [4, 4], [4, 4], [4, 4]]);
  });

  it('is no more than the printer\'s settings let it, whatever the installation allows', () => {
    const window = new SendWindow(4);
    for (let jobs = 0; jobs < 4; jobs += 1) window.noteAccepted({ kept: 1, finished: false });
    window.limitTo(2);
    const limited = window.size;
    window.noteAccepted({ kept: 1, finished: false });
    window.limitTo(16);
    for (let jobs = 0; jobs < 4; jobs += 1) window.noteAccepted({ kept: 1, finished: false });
    expect([limited, window.size]).toEqual([2, 4]);
  });

  it('is one again for a printer that is busy', () => {
    const window = new SendWindow(4);
    window.noteAccepted({ kept: 1, finished: false });
    window.noteBusy();
    expect(window.size).toBe(1);
  });
});

describe('pauses', () => {
  it('double up to the longest and begin anew after a success', () => {
    const backoff = new Backoff(1_000, 30_000);
    expect(Array.from({ length: 7 }, () => backoff.next())).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    backoff.reset();
    expect(backoff.next()).toBe(1_000);
  });
});
