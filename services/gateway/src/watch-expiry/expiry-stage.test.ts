import { expect, it } from 'vitest';
import { expiryStage } from './expiry-stage.js';

const NOW = new Date('2026-11-22T12:00:00Z');
const daysLater = (days: number) => new Date(NOW.getTime() + days * 86_400_000);

it.each([
  [31, undefined], [30, 30], [8, 30], [7, 7], [1.5, 7], [1, 1], [0.1, 1], [0, 0], [-3, 0],
])('of a certificate that ends in %s days is %s', (days, stage) => {
  expect(expiryStage(daysLater(days), NOW, [30, 7, 1])).toBe(stage);
});
