import type { FlowClient, FlowTransaction } from '@inkpost/flow/flow-client.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import { FAILURES_REMEMBERED_MS } from '../limits.js';
import { type Admission, countAttempt, type FailedAttempts, subjectsOf } from './count-attempt.js';

/** Counting is one at a time, for all replicas; any constant will do. */
const COUNTING = 0x51617;

const NOW = 'SELECT clock_timestamp() AS now FROM (SELECT pg_advisory_xact_lock($1)) AS waited';

const KNOWN = `SELECT scope, subject, failures, blocked_until AS "blockedUntil", last_tried_at AS "lastTriedAt"
  FROM sign_in_delay JOIN unnest($1::text[], $2::text[]) AS wanted (scope, subject) USING (scope, subject)`;

const WRITE = `WITH forgotten AS (DELETE FROM sign_in_delay WHERE last_tried_at < $6)
  INSERT INTO sign_in_delay (scope, subject, failures, blocked_until, last_tried_at)
  SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::timestamptz[], $5::timestamptz[])
  ON CONFLICT (scope, subject) DO UPDATE SET failures = excluded.failures, blocked_until = excluded.blocked_until, last_tried_at = excluded.last_tried_at`;

const FORGIVE = `WITH pair AS (DELETE FROM sign_in_delay WHERE scope = 'pair' AND subject = $1)
  UPDATE sign_in_delay SET failures = greatest(failures - 1, 0), blocked_until = least(blocked_until, clock_timestamp())
  WHERE (scope, subject) IN (('source', $2), ('account', $3))`;

/** Failed attempts to sign in, in Postgres: they outlive a restart and count for all replicas. */
export class SignInDelayStore {
  constructor(
    private readonly pool: Pool,
    private readonly flow: FlowClient,
  ) {}

  /** Lets an attempt in and counts it, or says how long to wait. */
  async count(account: string, source: string): Promise<Admission> {
    return this.flow.transaction(async (transaction) => {
      const [clock] = await transaction.query<{ now: Date }>('sign-in.now', NOW, [COUNTING]);
      const now = clock?.now ?? new Date();
      const subjects = subjectsOf(account, source);
      const known = await transaction.query<FailedAttempts & object>('sign-in.known', KNOWN, [subjects.map(({ scope }) => scope), subjects.map(({ subject }) => subject)]);
      const admission = countAttempt(account, source, known, now);
      if (admission.admitted) await write(transaction, admission.attempts, now);
      return admission;
    });
  }

  /** The attempt was right: what it has in common with others counts for one failure less, the pair for none. */
  async forgive(account: string, source: string): Promise<void> {
    const [pair, ...others] = subjectsOf(account, source).map(({ subject }) => subject);
    await query(this.pool, 'sign-in.forgive', FORGIVE, [pair, ...others]);
  }
}

async function write(transaction: FlowTransaction, attempts: readonly FailedAttempts[], now: Date): Promise<void> {
  const column = <K extends keyof FailedAttempts>(name: K) => attempts.map((attempt) => attempt[name]);
  const forgottenBefore = new Date(now.getTime() - FAILURES_REMEMBERED_MS);
  await transaction.query('sign-in.write', WRITE, [column('scope'), column('subject'), column('failures'), column('blockedUntil'), column('lastTriedAt'), forgottenBefore]);
}
