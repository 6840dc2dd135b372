import { setTimeout as pause } from 'node:timers/promises';
import type { PrinterMoment } from '@inkpost/ipp/virtual-printer/virtual-printer.js';
import { limits } from '../limits.js';
import { type Arrival, NOT_THERE } from './arrival.js';

interface Wanted {
  readonly moment: PrinterMoment;
  readonly reached: PromiseWithResolvers<'reached'>;
  readonly goOn: PromiseWithResolvers<void>;
}

/** Lets the next printer that comes to a moment stand still there. */
export class PrinterGate {
  private wanted: Wanted | undefined;

  /** Every printer passes here at every moment. */
  readonly pass = async ({ operation, when }: PrinterMoment): Promise<void> => {
    const { wanted } = this;
    if (wanted?.moment.operation !== operation || wanted.moment.when !== when) return;
    this.wanted = undefined;
    wanted.reached.resolve('reached');
    await wanted.goOn.promise;
  };

  async arrive(moment: PrinterMoment): Promise<Arrival> {
    const wanted: Wanted = { moment, reached: Promise.withResolvers(), goOn: Promise.withResolvers() };
    this.wanted = wanted;
    const over = new AbortController();
    const late = pause(limits.momentMs, 'late' as const, { signal: over.signal }).catch(() => 'late' as const);
    const outcome = await Promise.race([wanted.reached.promise, late]);
    over.abort();
    if (outcome === 'reached') return { isThere: true, letGo: async () => wanted.goOn.resolve() };
    this.wanted = undefined;
    return NOT_THERE;
  }
}
