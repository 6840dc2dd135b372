import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { VERDICT_KEPT_DAYS, VERDICT_PURGE_BATCH, VERDICT_PURGE_EVERY_MS } from '../limits.js';

const PURGE = `WITH gone AS (
    DELETE FROM verdict WHERE message_id IN (SELECT message_id FROM verdict WHERE at < now() - make_interval(days => $1) ORDER BY at LIMIT $2) RETURNING 1)
  SELECT count(*) AS rows FROM gone`;

/** Forgets verdicts as old as the journeys that are forgotten: they name senders. */
export class VerdictPurge implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly pool: Pool,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.purge().catch((error: unknown) => this.log.warning('old verdicts not forgotten, tried again later', { error }));
    }, VERDICT_PURGE_EVERY_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /** One batch; a backlog is worked off over some hours. Gives how many went. */
  async purge(): Promise<number> {
    const [row] = await query<{ rows: number }>(this.pool, 'verdict.purge', PURGE, [VERDICT_KEPT_DAYS, VERDICT_PURGE_BATCH]);
    return row?.rows ?? 0;
  }
}
