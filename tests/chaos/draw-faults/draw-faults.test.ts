import { describe, expect, it } from 'vitest';
import { drawFaults, MOMENTS, STRIKES } from './draw-faults.js';
import { SeededRandom } from './seeded-random.js';

describe('faults drawn from a seed', () => {
  it('are the same for the same seed, and others for another', () => {
    const draw = (seed: number) => drawFaults(new SeededRandom(seed), 20, true);
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  it('strike everything once before anything twice', () => {
    const drawn = drawFaults(new SeededRandom(1), STRIKES.length, true);
    expect(new Set(drawn.map(({ strike }) => strike))).toEqual(new Set(STRIKES));
    expect(new Set(drawn.map(({ moment }) => moment)).size).toBe(Math.min(MOMENTS.length, STRIKES.length));
  });

  it('strike everything at every moment when all are wanted', () => {
    const drawn = drawFaults(new SeededRandom(1), 'all', true);
    expect(drawn).toHaveLength(STRIKES.length * MOMENTS.length);
    expect(new Set(drawn.map(({ strike, moment }) => JSON.stringify([strike, moment]))).size).toBe(drawn.length);
  });

  it('leave the mailboxes alone where there are none', () => {
    expect(drawFaults(new SeededRandom(1), 100, false).filter(({ strike }) => strike.what === 'mailboxes')).toEqual([]);
  });
});
