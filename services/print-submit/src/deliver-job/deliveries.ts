import { asFailure } from '@inkpost/failure/failure.js';
import { deliveryLimits } from '../limits.js';
import { RepeatedRound } from '@inkpost/service/repeated-round.js';
import type { LeaseStore } from './lease.store.js';
import { type LoopParts, PrinterLoop } from './printer-loop.js';

/** The delivery loops of this process: one for each printer with work whose lease it holds. */
export class Deliveries {
  private readonly loops = new Map<string, PrinterLoop>();
  private readonly leased = new Set<PrinterLoop>();
  private readonly running = new Set<Promise<void>>();
  private readonly rounds: readonly RepeatedRound[];
  private stopped = true;

  constructor(
    private readonly leases: LeaseStore,
    private readonly parts: LoopParts,
  ) {
    const onError = (error: unknown): void => parts.log.warning('leases could not be looked after, tried again', { error });
    this.rounds = [
      new RepeatedRound({ everyMs: deliveryLimits.scanMs, act: () => this.scan(), onError }),
      new RepeatedRound({ everyMs: deliveryLimits.leaseRenewMs, act: () => this.renew(), onError }),
    ];
  }

  start(): void {
    this.stopped = false;
    for (const round of this.rounds) round.start();
  }

  /** Ends within the time to drain; what is under way then, the next process asks its printers about. */
  async stop(): Promise<void> {
    this.stopped = true;
    for (const loop of this.loops.values()) loop.stop();
    await Promise.allSettled([...this.rounds.map((round) => round.stop(deliveryLimits.drainMs)), ...this.running]);
  }

  /**
   * Something was released on this queue, or (`afresh`) its settings changed: its loop looks now. Without one here it is started,
   * unless another process delivers to the printer: that one looks by itself, soon.
   */
  wake(queueId: string, afresh = false): void {
    if (this.stopped) return;
    const loop = this.loops.get(queueId);
    if (loop) loop.wake(afresh);
    else this.begin(queueId);
  }

  private begin(queueId: string): void {
    const loop = new PrinterLoop(queueId, this.parts);
    // Known at once, so that a second wake-up starts no second one.
    this.loops.set(queueId, loop);
    const run = this.run(queueId, loop).finally(() => {
      this.running.delete(run);
      this.loops.delete(queueId);
      // Woken while it was ending: nobody heard that.
      if (loop.isWoken) this.wake(queueId);
    });
    this.running.add(run);
  }

  private async run(queueId: string, loop: PrinterLoop): Promise<void> {
    const { log } = this.parts;
    try {
      if (!(await this.leases.take(queueId, loop.leaseToken))) return;
      this.leased.add(loop);
      try {
        await loop.run();
      } finally {
        this.leased.delete(loop);
        await this.leases.drop(loop.leaseToken);
      }
    } catch (error) {
      // What it left unfinished is in the database; the next scan starts anew.
      log.warning('delivery loop ended early, another follows', { queueId, error: asFailure(error) });
    }
  }

  private async scan(): Promise<void> {
    for (const queueId of await this.leases.findForsaken()) {
      if (!this.loops.has(queueId)) this.wake(queueId);
    }
  }

  /** A loop that lost its lease, after a long standstill of this process, sends nothing more. */
  private async renew(): Promise<void> {
    const loops = [...this.leased];
    if (loops.length === 0) return;
    const held = await this.leases.renew(loops.map(({ leaseToken }) => leaseToken));
    for (const loop of loops) {
      if (!held.has(loop.leaseToken)) loop.stop();
    }
  }
}
