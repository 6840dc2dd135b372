import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import type { Log } from '@inkpost/telemetry/log.js';
import { CANARY_LOOK_EVERY_MS } from '../limits.js';
import { canaryState, isTroubled } from './canary.js';
import type { CanaryMetrics } from './canary-metrics.js';
import type { CanaryStore } from './canary.store.js';

/** From time to time: sends the canaries that are due, and says which ones did not come in. */
export class CanaryRound implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> = Promise.resolve();
  private stopped = false;
  private databaseAway = false;

  constructor(
    private readonly store: CanaryStore,
    private readonly metrics: CanaryMetrics,
    private readonly log: Log,
    private readonly everyMs = CANARY_LOOK_EVERY_MS,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setTimeout(() => {
      this.round = context.with(ROOT_CONTEXT, () => this.look()).finally(() => {
        if (!this.stopped) this.onApplicationBootstrap();
      });
    }, this.everyMs);
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.round;
  }

  private async look(): Promise<void> {
    try {
      for (const target of await this.store.takeDue()) await this.store.request(target, '');
      for (const lost of await this.store.takeLost()) {
        this.metrics.count('lost');
        this.log.error('canary mail did not come in', { ...lost });
      }
      const now = new Date();
      this.metrics.troubledMailboxes = (await this.store.latest()).filter((canary) => isTroubled(canaryState(canary, now))).length;
      this.databaseAway = false;
    } catch (error) {
      if (!this.databaseAway) this.log.warning('canaries not looked at, tried again', { error });
      this.databaseAway = true;
    }
  }
}
