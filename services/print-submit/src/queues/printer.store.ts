import { type Pool, query } from '@inkpost/postgres/pool.js';
import { watchLimits } from '../limits.js';
import { type OwnExpertSettings, SET_FOR_QUEUE } from './expert-settings.js';
import type { PrinterAccess } from './open-printer.js';
import type { PrinterCapabilities } from './printer-capabilities.js';

export type PrinterState = 'unknown' | 'idle' | 'processing' | 'stopped' | 'unreachable';

/** A printer whose turn it is to be asked how it is. */
export interface PrinterToAsk extends PrinterAccess {
  readonly queueId: string;
  readonly expert: OwnExpertSettings;
}

/** What is known of the printers behind the queues. */
export class PrinterStore {
  constructor(private readonly pool: Pool) {}

  /** Those not asked for a while, each for one process only. */
  async claimToAsk(): Promise<PrinterToAsk[]> {
    return query<PrinterToAsk & Record<string, unknown>>(
      this.pool, 'printer.claim',
      `WITH due AS (
         SELECT p.queue_id FROM printer p JOIN queue q ON q.id = p.queue_id LEFT JOIN queue_group g ON g.id = q.group_id
         WHERE p.asked_at IS NULL OR p.asked_at < now() - make_interval(secs => coalesce((${SET_FOR_QUEUE} ->> 'printerPollSeconds')::int, $1)) ORDER BY p.asked_at NULLS FIRST LIMIT $2 FOR UPDATE OF p SKIP LOCKED),
       claimed AS (UPDATE printer SET asked_at = now() FROM due WHERE printer.queue_id = due.queue_id RETURNING printer.queue_id)
       SELECT q.id AS "queueId", q.printer_uri AS "printerUri", q.certificate_authority AS "certificateAuthority", ${SET_FOR_QUEUE} AS expert
       FROM claimed JOIN queue q ON q.id = claimed.queue_id LEFT JOIN queue_group g ON g.id = q.group_id`,
      [watchLimits.askEverySeconds, watchLimits.printersPerRound],
    );
  }

  async noteState(queueId: string, state: PrinterState, problem: string): Promise<void> {
    await query(this.pool, 'printer.state', `UPDATE printer SET state = $2, problem = $3, failing_since = CASE WHEN $2 IN ('stopped', 'unreachable') THEN coalesce(failing_since, now()) END
       WHERE queue_id = $1 AND (state, problem) IS DISTINCT FROM ($2, $3)`, [queueId, state, problem]);
  }

  async noteCapabilities(queueId: string, capabilities: PrinterCapabilities): Promise<void> {
    await query(this.pool, 'printer.capabilities', 'UPDATE printer SET capabilities = $2 WHERE queue_id = $1 AND capabilities IS DISTINCT FROM $2::jsonb', [queueId, JSON.stringify(capabilities)]);
  }

  /** It took a job after a trouble: how it is, is asked at once. */
  async noteWorking(queueId: string): Promise<void> {
    await query(this.pool, 'printer.working', `UPDATE printer SET state = 'processing', problem = '', failing_since = NULL, asked_at = NULL WHERE queue_id = $1`, [queueId]);
  }
}
