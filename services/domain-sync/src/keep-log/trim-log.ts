import { RepeatedRound } from '@inkpost/service/repeated-round.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { LOG_TRIM_AT_ONCE, LOG_TRIM_EVERY_MS } from '../limits.js';
import type { LogStore } from './log.store.js';

const STOP_MS = 1_000;

/** Keeps the log from growing for ever: now and then, on masters and slaves alike, in statements of a bearable size. */
export class TrimLog {
  private readonly round: RepeatedRound;
  private ends = false;

  constructor(
    private readonly store: Pick<LogStore, 'trim'>,
    private readonly log: Log,
    private readonly atOnce = LOG_TRIM_AT_ONCE,
  ) {
    this.round = new RepeatedRound({ everyMs: LOG_TRIM_EVERY_MS, act: () => this.trim(), onError: (error) => log.warning('old versions of shared objects not removed, tried again', { error }) });
  }

  onApplicationBootstrap(): void {
    this.round.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.ends = true;
    await this.round.stop(STOP_MS);
  }

  async trim(): Promise<void> {
    let entries = 0;
    for (;;) {
      const gone = await this.store.trim(this.atOnce);
      entries += gone;
      if (gone < this.atOnce || this.ends) break;
    }
    if (entries > 0) this.log.info('old versions of shared objects removed', { entries });
  }
}
