import { FAILURES_REMEMBERED_MS, SIGN_IN_PAUSES } from '../limits.js';

/** What attempts can have in common. */
export type Scope = keyof typeof SIGN_IN_PAUSES;

export interface FailedAttempts {
  readonly scope: Scope;
  readonly subject: string;
  readonly failures: number;
  readonly blockedUntil: Date;
  readonly lastTriedAt: Date;
}

export type Admission = { readonly admitted: true; readonly attempts: readonly FailedAttempts[] } | { readonly admitted: false; readonly retryAfterSeconds: number };

/** The pair, the source and the account of an attempt. */
export function subjectsOf(account: string, source: string): { readonly scope: Scope; readonly subject: string }[] {
  return [
    { scope: 'pair', subject: `${account} ${source}` },
    { scope: 'source', subject: source },
    { scope: 'account', subject: account },
  ];
}

/** 0 for the first failures, then 1, 2, 4, … seconds. */
export function pauseSeconds(scope: Scope, failures: number): number {
  const { freeFailures, pauseMaxSeconds } = SIGN_IN_PAUSES[scope];
  return failures <= freeFailures ? 0 : Math.min(2 ** (failures - freeFailures - 1), pauseMaxSeconds);
}

/**
 * Whether an attempt is looked at. If so it counts as failed from now on, until it is proven right: so that a hundred attempts sent
 * at once are counted before the first is answered. `known`: those counted before that it has something in common with.
 */
export function countAttempt(account: string, source: string, known: readonly FailedAttempts[], now: Date): Admission {
  const blockedMs = Math.max(0, ...known.map(({ blockedUntil }) => blockedUntil.getTime() - now.getTime()));
  if (blockedMs > 0) return { admitted: false, retryAfterSeconds: Math.ceil(blockedMs / 1_000) };
  const attempts = subjectsOf(account, source).map(({ scope, subject }): FailedAttempts => {
    const before = known.find((attempt) => attempt.scope === scope && attempt.subject === subject);
    const isRemembered = before !== undefined && now.getTime() - before.lastTriedAt.getTime() < FAILURES_REMEMBERED_MS;
    const failures = (isRemembered ? before.failures : 0) + 1;
    return { scope, subject, failures, lastTriedAt: now, blockedUntil: new Date(now.getTime() + pauseSeconds(scope, failures) * 1_000) };
  });
  return { admitted: true, attempts };
}
