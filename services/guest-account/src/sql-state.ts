import { Failure } from '@inkpost/failure/failure.js';

/** The SQLSTATE behind a failed query (PostgreSQL, Appendix A); undefined where Postgres gave none. */
export function sqlState(error: unknown): string | undefined {
  const cause = error instanceof Failure ? error.cause : error;
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
}

/** A row with this key is there already. */
export function isUniqueViolation(error: unknown): boolean {
  return sqlState(error) === '23505';
}

/** The constraint or unique index that a failed query came up against; undefined where Postgres named none. */
export function violatedConstraint(error: unknown): string | undefined {
  const cause = error instanceof Failure ? error.cause : error;
  return cause instanceof Error && 'constraint' in cause && typeof cause.constraint === 'string' ? cause.constraint : undefined;
}

/** Postgres won't take this row, however often it is tried: data exception, constraint, missing privilege. */
export function isRefusedByDatabase(error: unknown): boolean {
  const state = sqlState(error) ?? '';
  return state === '42501' || /^2[23]...$/u.test(state);
}
