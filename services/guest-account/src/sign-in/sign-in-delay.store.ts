import type { FlowClient, FlowTransaction } from '@inkpost/flow/flow-client.js';
import { FAILURES_REMEMBERED_MS, FAMILIAR_DAYS } from '../limits.js';
import { type Admission, type Attempt, countAttempt, type FailedAttempts, givenBackSeconds, type Subject } from './count-attempt.js';

/** Counting is one at a time, for all replicas; any constant will do. */
const COUNTING = 0x51617;

const NOW = `SELECT clock_timestamp() AS now, EXISTS (SELECT FROM sign_in_familiar WHERE account = $2 AND source = $3 AND last_at > now() - make_interval(days => $4)) AS familiar
  FROM (SELECT pg_advisory_xact_lock($1)) AS waited`;

const KNOWN = `SELECT scope, subject, failures, blocked_until AS "blockedUntil", last_tried_at AS "lastTriedAt"
  FROM sign_in_delay JOIN unnest($1::text[], $2::text[]) AS wanted (scope, subject) USING (scope, subject)`;

const WRITE = `WITH forgotten AS (DELETE FROM sign_in_delay WHERE last_tried_at < $6)
  INSERT INTO sign_in_delay (scope, subject, failures, blocked_until, last_tried_at)
  SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::timestamptz[], $5::timestamptz[])
  ON CONFLICT (scope, subject) DO UPDATE SET failures = excluded.failures, blocked_until = excluded.blocked_until, last_tried_at = excluded.last_tried_at`;

const FORGIVE = `UPDATE sign_in_delay d SET failures = greatest(failures - 1, 0), blocked_until = least(blocked_until - make_interval(secs => given.seconds), clock_timestamp())
  FROM unnest($1::text[], $2::text[], $3::int[]) AS given (scope, subject, seconds) WHERE d.scope = given.scope AND d.subject = given.subject`;

const REMEMBER = `WITH pair AS (DELETE FROM sign_in_delay WHERE scope = $6 AND subject = $7), forgiven AS (${FORGIVE}),
    forgotten AS (DELETE FROM sign_in_familiar WHERE last_at < now() - make_interval(days => $8))
  INSERT INTO sign_in_familiar (account, source) VALUES ($4, $5) ON CONFLICT (account, source) DO UPDATE SET last_at = now()`;

/** Failed attempts to sign in, in Postgres: they outlive a restart and count for all replicas. */
export class SignInDelayStore {
  constructor(private readonly flow: FlowClient) {}

  /** Lets an attempt in and counts it, or says how long to wait. */
  async count(attempt: Attempt): Promise<Admission> {
    return this.flow.transaction(async (transaction) => {
      const [clock] = await transaction.query<{ now: Date; familiar: boolean }>('sign-in.now', NOW, [COUNTING, attempt.account, attempt.place, FAMILIAR_DAYS]);
      const now = clock?.now ?? new Date();
      const subjects = attempt.subjects(clock?.familiar ?? false);
      const known = await transaction.query<FailedAttempts & object>('sign-in.known', KNOWN, [subjects.map(({ scope }) => scope), subjects.map(({ subject }) => subject)]);
      const admission = countAttempt(subjects, known, now);
      if (admission.admitted) await write(transaction, admission.attempts, now);
      return admission;
    });
  }

  /** The attempt was no guess: what it was counted for counts for one failure less. */
  async forgive(counted: readonly Subject[]): Promise<void> {
    await this.inTurn('sign-in.forgive', FORGIVE, givenBack(counted));
  }

  /** The attempt was right: besides, the pair counts for none, and is familiar from now on. */
  async remember(attempt: Attempt, counted: readonly Subject[]): Promise<void> {
    const [pair, ...others] = counted;
    await this.inTurn('sign-in.remember', REMEMBER, [...givenBack(others), attempt.account, attempt.place, pair?.scope, pair?.subject, FAMILIAR_DAYS]);
  }

  /** Several rows in no particular order: beside an attempt that is counted they could wait for each other for ever. */
  private async inTurn(name: string, sql: string, values: readonly unknown[]): Promise<void> {
    await this.flow.transaction(async (transaction) => {
      await transaction.query('sign-in.turn', 'SELECT pg_advisory_xact_lock($1)', [COUNTING]);
      await transaction.query(name, sql, values);
    });
  }
}

function givenBack(subjects: readonly Subject[]): unknown[] {
  return [subjects.map(({ scope }) => scope), subjects.map(({ subject }) => subject), subjects.map(({ scope }) => givenBackSeconds(scope))];
}

async function write(transaction: FlowTransaction, attempts: readonly FailedAttempts[], now: Date): Promise<void> {
  const column = <K extends keyof FailedAttempts>(name: K) => attempts.map((attempt) => attempt[name]);
  const forgottenBefore = new Date(now.getTime() - FAILURES_REMEMBERED_MS);
  await transaction.query('sign-in.write', WRITE, [column('scope'), column('subject'), column('failures'), column('blockedUntil'), column('lastTriedAt'), forgottenBefore]);
}
