import { Failure } from '@inkpost/failure/failure.js';

/** SQLSTATE of `require_rows`: the statement found the jobs moved by somebody else, and wrote nothing. */
const MOVED_ELSEWHERE = 'IK001';
const UNIQUE_VIOLATION = '23505';

/** True when a statement wrote nothing because another was faster: another code, another instance, an administrator. */
export function isOvertaken(error: unknown): boolean {
  return fieldOf(error, 'code') === MOVED_ELSEWHERE;
}

/** True when a statement wrote nothing because its row would have doubled another in this constraint. */
export function isDoubleOf(error: unknown, constraint: string): boolean {
  return fieldOf(error, 'code') === UNIQUE_VIOLATION && fieldOf(error, 'constraint') === constraint;
}

/** What PostgreSQL said of the error beneath a failure (PostgreSQL, "Error and Notice Message Fields"). */
function fieldOf(error: unknown, field: 'code' | 'constraint'): unknown {
  const cause: unknown = error instanceof Failure ? error.cause : error;
  return cause instanceof Error ? (cause as Error & { code?: unknown; constraint?: unknown })[field] : undefined;
}
