import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import { sweepSpool } from '@inkpost/spool/spool-sweeper.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { LEDGER_DAYS, LEDGER_PURGE_MAX, SUBMISSION_DAYS, SWEEP_EVERY_MS } from '../limits.js';

const FORGET = `WITH gone AS (
    DELETE FROM ledger WHERE ctid IN (
      SELECT l.ctid FROM ledger l WHERE l.received_at < now() - make_interval(days => $1)
        AND NOT EXISTS (SELECT 1 FROM ledger_place u WHERE u.message_id = l.message_id) LIMIT $2) RETURNING 1)
  SELECT count(*) AS mails FROM gone`;

const FORGET_SUBMISSIONS = 'DELETE FROM submission WHERE submitted_at < now() - make_interval(days => $1)';

/** Removes from the spool's folder what nobody claims any more, from the ledger what can't come back, and documents of programs long past. */
export class SpoolSweeping implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly pool: Pool,
    private readonly spoolFolder: string,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => this.sweep(), SWEEP_EVERY_MS);
    this.sweep();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  private sweep(): void {
    this.running = this.round().catch((error: unknown) => this.log.warning('spool not swept, tried again later', { error }));
  }

  private async round(): Promise<void> {
    const documents = await sweepSpool(this.pool, this.spoolFolder, new Date());
    const [row] = await query<{ mails: number }>(this.pool, 'ledger.forget', FORGET, [LEDGER_DAYS, LEDGER_PURGE_MAX]);
    await query(this.pool, 'submission.forget', FORGET_SUBMISSIONS, [SUBMISSION_DAYS]);
    if (documents > 0 || (row?.mails ?? 0) > 0) this.log.info('spool swept', { documents, ledgerMails: row?.mails });
  }
}
