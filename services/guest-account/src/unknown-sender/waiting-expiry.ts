import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Log } from '@inkpost/telemetry/log.js';
import { EXPIRE_BATCH, EXPIRE_EVERY_MS } from '../limits.js';
import { EXPIRED } from './waiting-sender.js';
import type { WaitingSenderStore } from './waiting-sender.store.js';

/** Refuses the mails of senders whom nobody let in in time, and forgets those who were answered long ago: they are about people. */
@Injectable()
export class WaitingExpiry implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  constructor(
    private readonly store: WaitingSenderStore,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.run();
    this.timer = setInterval(() => this.run(), EXPIRE_EVERY_MS).unref();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  private run(): void {
    this.running ??= this.expire()
      .catch((error: unknown) => this.log.warning('waiting senders not expired, tried again later', { error }))
      .finally(() => {
        this.running = undefined;
      });
  }

  /** One batch; a backlog is worked off over some rounds. Replicas may come to the same sender: one of them refuses the mails. */
  private async expire(): Promise<void> {
    for (const waitingId of await this.store.over(EXPIRE_BATCH)) {
      const closed = await this.store.answer(waitingId, EXPIRED);
      if (closed) this.log.info('waiting sender expired', { waitingId, messages: closed.messages });
    }
    await this.store.forget();
  }
}
