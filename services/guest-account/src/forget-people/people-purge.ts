import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { Log } from '@inkpost/telemetry/log.js';
import type { ErasureStore } from '../erase-people/erasure.store.js';
import { FORGET_EVERY_MS, PERSON_KEPT_DAYS, PIN_LINK_KEPT_DAYS, PROOF_KEPT_DAYS } from '../limits.js';

/** Forgets people of directories who send no mails any more, links that ran out, and proofs of erasures that nobody can ask for any more. */
export class PeoplePurge implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly pool: Pool,
    private readonly erasures: ErasureStore,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.purge().catch((error: unknown) => this.log.warning('people not forgotten, tried again later', { error }));
    }, FORGET_EVERY_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /** Gives how many people and proofs went. */
  async purge(): Promise<{ readonly people: number; readonly proofs: number }> {
    const people = await query(this.pool, 'known-person.forget', 'DELETE FROM known_person WHERE told_at < now() - make_interval(days => $1) RETURNING 1', [PERSON_KEPT_DAYS]);
    await query(this.pool, 'pin-link.forget', 'DELETE FROM pin_link WHERE open_until < now() - make_interval(days => $1)', [PIN_LINK_KEPT_DAYS]);
    return { people: people.length, proofs: await this.erasures.forgetOld(PROOF_KEPT_DAYS) };
  }
}
