import { expect, it } from 'vitest';
import { firstDeliveryMs, nextDeliveryMs, retryDeliveryMs } from './next-delivery.js';

const pace = { statisticsEverySeconds: 300, transferDelaySeconds: 60 };

it('statistics are delivered at the domain\'s pace, up to its delay later', () => {
  expect([0, 0.5, 1].map((random) => firstDeliveryMs(pace, random))).toEqual([0, 30_000, 60_000]);
  expect([0, 0.5, 1].map((random) => nextDeliveryMs(pace, random))).toEqual([300_000, 330_000, 360_000]);
});

it('a master that is out of reach is called less and less often, never all servers at once', () => {
  expect([1, 2, 3].map((failures) => retryDeliveryMs(failures, 0))).toEqual([15_000, 30_000, 60_000]);
  expect(retryDeliveryMs(1, 1)).toBe(22_500);
  expect(retryDeliveryMs(60, 1)).toBe(900_000);
});
