import type { Log } from '@inkpost/telemetry/log.js';
import { redirectionLimits } from '../limits.js';
import { RepeatedRound } from '@inkpost/service/repeated-round.js';
import type { RedirectionStore } from './redirection.store.js';

const STOP_MS = 1_000;

/** Looks once in a while for jobs whose printer fails, and lets them go to the queue that their group names for that. */
export class FaultRedirection {
  private readonly rounds: RepeatedRound;

  /** @param onMoved hears of each queue that has new jobs. */
  constructor(store: RedirectionStore, onMoved: (queueId: string) => void, log: Log) {
    const onError = (error: unknown): void => log.warning('jobs of failing printers could not be redirected, tried again', { error });
    const act = async (): Promise<void> => {
      for (const queueId of await store.redirectFromFailing()) onMoved(queueId);
    };
    this.rounds = new RepeatedRound({ everyMs: redirectionLimits.roundMs, act, onError });
  }

  start(): void {
    this.rounds.start();
  }

  async stop(): Promise<void> {
    await this.rounds.stop(STOP_MS);
  }
}
