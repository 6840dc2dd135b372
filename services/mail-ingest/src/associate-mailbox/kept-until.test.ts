import { expect, it } from 'vitest';
import { KeptUntil } from './kept-until.js';

it('holds values as long as they are good, and no others when the next one comes', () => {
  let now = 1_000;
  const kept = new KeptUntil<string>(() => now);
  kept.set('short', 'a', 1_100);
  kept.set('long', 'b', 1_200);
  expect([kept.get('short'), kept.get('long'), kept.get('never'), kept.size]).toEqual(['a', 'b', undefined, 2]);
  now = 1_100;
  expect([kept.get('short'), kept.get('long')]).toEqual([undefined, 'b']);
  kept.set('other', 'c', 1_300);
  expect([kept.get('long'), kept.get('other'), kept.size]).toEqual(['b', 'c', 2]);
  kept.delete('long');
  expect([kept.get('long'), kept.size]).toEqual([undefined, 1]);
});
