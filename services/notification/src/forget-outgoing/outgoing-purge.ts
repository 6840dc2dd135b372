import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { CONTACT_UNCONFIRMED_DAYS, FORGET_BATCH, FORGET_EVERY_MS, OUTGOING_KEPT_DAYS } from '../limits.js';

const PURGE = `
  WITH mails AS (
    DELETE FROM outgoing WHERE flow_message_id IN (SELECT flow_message_id FROM outgoing WHERE created_at < now() - make_interval(days => $1) ORDER BY created_at LIMIT $2) RETURNING 1),
  grants AS (DELETE FROM notice_grant WHERE last_at < now() - interval '1 day' RETURNING 1),
  contacts AS (DELETE FROM contact WHERE erased_at < now() - make_interval(days => $1) OR (confirmed_at < now() - make_interval(days => $3) AND (in_directory OR merged_into IS NOT NULL)) RETURNING 1)
  SELECT (SELECT count(*) FROM mails) + (SELECT count(*) FROM grants) + (SELECT count(*) FROM contacts) AS rows`;

/** Forgets old mails, limits that are over, the ids of erased accounts, and people of directories who no longer send mails: they are about people. */
export class OutgoingPurge implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly pool: Pool,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.purge().catch((error: unknown) => this.log.warning('old mails not forgotten, tried again later', { error }));
    }, FORGET_EVERY_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /** One batch; a backlog is worked off over some hours. Gives how many rows went. */
  async purge(): Promise<number> {
    const [row] = await query<{ rows: number }>(this.pool, 'outgoing.purge', PURGE, [OUTGOING_KEPT_DAYS, FORGET_BATCH, CONTACT_UNCONFIRMED_DAYS]);
    return row?.rows ?? 0;
  }
}
