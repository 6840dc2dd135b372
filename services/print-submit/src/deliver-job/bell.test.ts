import { describe, expect, it } from 'vitest';
import { Bell } from './bell.js';

const LONG_MS = 60_000;

describe('a bell', () => {
  it('wakes who waits', async () => {
    const bell = new Bell();
    const waited = bell.wait(LONG_MS);
    bell.ring();
    await waited;
  });

  it('is heard by who comes later, once', async () => {
    const bell = new Bell();
    bell.ring();
    bell.ring();
    await bell.wait(LONG_MS);
    const second = await Promise.race([bell.wait(LONG_MS).then(() => 'rang'), Promise.resolve('silent')]);
    expect(second).toBe('silent');
    bell.ring();
  });

  it('is not waited for longer than asked', async () => {
    await new Bell().wait(5);
  });
});
