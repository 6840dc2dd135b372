import { type Pool, query } from '@inkpost/postgres/pool.js';
import { deliveryLimits } from '../limits.js';

const LEASE_SECONDS = deliveryLimits.leaseMs / 1_000;

/** Who delivers to which printer: a row with a token and an end, so that a killed process's printers are free again by themselves. */
export class LeaseStore {
  constructor(private readonly pool: Pool) {}

  /** False: another loop has this printer, here or elsewhere. */
  async take(queueId: string, token: string): Promise<boolean> {
    const rows = await query(
      this.pool, 'lease.take',
      `UPDATE printer SET lease_token = $2, lease_until = now() + make_interval(secs => $3)
       WHERE queue_id = $1 AND (lease_until IS NULL OR lease_until < now()) RETURNING 1 AS taken`, [queueId, token, LEASE_SECONDS],
    );
    return rows.length === 1;
  }

  /** Gives those of the tokens that still hold their printer. */
  async renew(tokens: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await query<{ token: string }>(
      this.pool, 'lease.renew',
      'UPDATE printer SET lease_until = now() + make_interval(secs => $2) WHERE lease_token = ANY ($1::uuid[]) RETURNING lease_token AS token', [tokens, LEASE_SECONDS],
    );
    return new Set(rows.map(({ token }) => token));
  }

  async drop(token: string): Promise<void> {
    await query(this.pool, 'lease.drop', 'UPDATE printer SET lease_token = NULL, lease_until = NULL WHERE lease_token = $1', [token]);
  }

  /** Queues with jobs to send or to follow that nobody delivers to. */
  async findForsaken(): Promise<string[]> {
    const rows = await query<{ queueId: string }>(
      this.pool, 'lease.forsaken',
      `SELECT p.queue_id AS "queueId" FROM printer p WHERE (p.lease_until IS NULL OR p.lease_until < now()) AND (
         EXISTS (SELECT 1 FROM job j WHERE j.queue_id = p.queue_id AND j.completed_at IS NULL AND j.job_state = 'pending')
         OR EXISTS (SELECT 1 FROM delivery d WHERE d.queue_id = p.queue_id))`, [],
    );
    return rows.map(({ queueId }) => queueId);
  }
}
