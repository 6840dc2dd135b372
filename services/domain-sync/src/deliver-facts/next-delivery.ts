import { DELIVERY_RETRY_MS, DELIVERY_RETRY_MS_MAX } from '../limits.js';

export interface DeliveryPace {
  readonly statisticsEverySeconds: number;
  /** Scheduled transfers begin up to so much later, at random (V-12). */
  readonly transferDelaySeconds: number;
}

/** How long a server waits that just started, joined or has a new master: not all of them call at once. `random`: from 0 up to 1. */
export function firstDeliveryMs({ transferDelaySeconds }: DeliveryPace, random: number): number {
  return Math.round(transferDelaySeconds * 1_000 * random);
}

export function nextDeliveryMs(pace: DeliveryPace, random: number): number {
  return pace.statisticsEverySeconds * 1_000 + firstDeliveryMs(pace, random);
}

/** After `failures` in a row, 1 or more: twice as long each time, and up to half of it more. */
export function retryDeliveryMs(failures: number, random: number): number {
  return Math.round(Math.min(DELIVERY_RETRY_MS * 2 ** (failures - 1), DELIVERY_RETRY_MS_MAX) * (1 + random / 2));
}
