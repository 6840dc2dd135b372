import { RepeatedRound } from '@inkpost/service/repeated-round.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { ROLL_UP_AT_ONCE, ROLL_UP_EVERY_MS } from '../limits.js';
import type { RollUpStore } from './roll-up.store.js';

const STOP_MS = 1_000;

/** Numbers new facts and adds them up every few seconds, many at a time: a print itself writes no total that others wait for. */
export class RollUp {
  private readonly rounds: RepeatedRound;

  constructor(store: RollUpStore, log: Log) {
    const onError = (error: unknown): void => log.warning('prints could not be added up, tried again', { error });
    const act = async (): Promise<void> => {
      while (!this.rounds.isStopped && (await store.rollUp()) === ROLL_UP_AT_ONCE);
    };
    this.rounds = new RepeatedRound({ everyMs: ROLL_UP_EVERY_MS, act, onError });
  }

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop(STOP_MS);
  }
}
