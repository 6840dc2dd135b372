import { setTimeout as pause } from 'node:timers/promises';
import type { Fault, Moment } from '../draw-faults/fault.js';
import type { ChaosPlace } from '../set-up/chaos-place.js';
import type { Arrival } from './arrival.js';
import { strike } from './strike.js';

/** Waits for its moment, strikes, and mends; tells whether the moment came. */
export async function carryOutFault(place: ChaosPlace, { moment, strike: wanted, lastsMs }: Fault): Promise<boolean> {
  const arrival = await arrive(place, moment);
  try {
    const mend = await strike(place, wanted);
    await arrival.letGo();
    await pause(lastsMs);
    await mend();
  } finally {
    await arrival.letGo();
  }
  return arrival.isThere;
}

function arrive({ steps, printers }: ChaosPlace, moment: Moment): Promise<Arrival> {
  return moment.at === 'step' ? steps.arrive(moment.step, moment.commit) : printers.gate.arrive(moment);
}
