import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import type { Log } from '@inkpost/telemetry/log.js';
import { TRACE_FORGOTTEN_EVERY_MS, WATCH_POLL_MS } from '../limits.js';
import type { SmtpConversations } from './smtp-conversations.js';
import type { TraceStore } from './trace.store.js';

/** From time to time: which of the mailboxes that mail servers deliver to are traced; and which logs are too old. */
export class TraceRound implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> = Promise.resolve();
  private stopped = false;
  private forgotAt = -Infinity;
  private databaseAway = false;

  constructor(
    private readonly store: TraceStore,
    private readonly intake: SmtpConversations,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.round = this.look();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.round;
  }

  /** At once: a trace was started or stopped here. */
  async refresh(): Promise<void> {
    this.intake.follow(await this.store.tracedIntake());
  }

  private async look(): Promise<void> {
    try {
      await this.refresh();
      if (performance.now() - this.forgotAt > TRACE_FORGOTTEN_EVERY_MS) {
        await this.store.forgetOld();
        this.forgotAt = performance.now();
      }
      this.databaseAway = false;
    } catch (error) {
      if (!this.databaseAway) this.log.warning('traces not followed, tried again', { error });
      this.databaseAway = true;
    }
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.round = context.with(ROOT_CONTEXT, () => this.look());
    }, WATCH_POLL_MS);
  }
}
