import { Client } from 'pg';
import { CauseDown, Failure, PermanentFailure } from '@inkpost/failure/failure.js';
import { connectionOf, type PoolOptions } from './pool.js';

export interface LookedAtPostgres extends Pick<PoolOptions, 'url' | 'user' | 'password'> {
  /** A schema that this role may use once the database is ready for it. */
  readonly schema: string;
}

/** For the connection, and again for the answer. */
const LOOK_TIMEOUT_MS = 5_000;

/** Class 28 refuses the account, 3D000 knows no such database, 3F000 no such schema, 42501 refuses the right (PostgreSQL, Appendix A). */
const REFUSED = /^(28...|3D000|3F000|42501)$/;

/**
 * Resolves when the server takes this role and its database is ready for it. Throws `CauseDown` while the server is away or starting,
 * `PermanentFailure` for what a person, or the migration, has to mend. Both say why in one line without secrets.
 */
export async function lookAtPostgres({ schema, ...account }: LookedAtPostgres): Promise<void> {
  const client = new Client({ ...connectionOf(account), connectionTimeoutMillis: LOOK_TIMEOUT_MS, query_timeout: LOOK_TIMEOUT_MS });
  client.on('error', () => undefined); // the query says so
  try {
    await client.connect();
    const { rows } = await client.query<{ is_open: boolean }>("SELECT has_schema_privilege($1, 'USAGE') AS is_open", [schema]);
    if (rows[0]?.is_open !== true) throw new PermanentFailure('postgres.not-migrated', `its schema "${schema}" is not open to "${account.user}": has the migration run?`);
  } catch (error) {
    throw failureOf(error);
  } finally {
    // Not waited for: a server that stands still never says goodbye.
    void client.end().catch(() => undefined);
  }
}

function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const { message, code } = error as { readonly message?: string; readonly code?: string };
  const reason = message || code || String(error);
  if (!REFUSED.test(code ?? '')) return new CauseDown('postgres.unreachable', reason, { cause: error });
  const hint = code?.startsWith('28') ? ': is the secret "database-password" that of this database, and has the migration run?' : ': has the migration run?';
  return new PermanentFailure('postgres.refused', `${reason}${hint}`, { cause: error });
}
