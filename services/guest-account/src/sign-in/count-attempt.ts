import { FAILURES_REMEMBERED_MS, SIGN_IN_PAUSES } from '../limits.js';
import { MAINTENANCE_ACCOUNT } from './maintenance-account.js';

/** What attempts can have in common. */
export type Scope = keyof typeof SIGN_IN_PAUSES;

export interface Attempt {
  /** The login, however it was typed. */
  readonly account: string;
  /** The network that it comes from. */
  readonly source: string;
  /** The account has signed in from there before. */
  readonly isFamiliar: boolean;
}

export interface Subject {
  readonly scope: Scope;
  readonly subject: string;
}

export interface FailedAttempts extends Subject {
  readonly failures: number;
  readonly blockedUntil: Date;
  readonly lastTriedAt: Date;
}

export type Admission = { readonly admitted: true; readonly attempts: readonly FailedAttempts[] } | { readonly admitted: false; readonly retryAfterSeconds: number };

/**
 * The pair, the source and the account of an attempt. From where an account has signed in before, it is not held up by what others try
 * elsewhere: else whoever goes on guessing could keep its owner out.
 */
export function subjectsOf({ account, source, isFamiliar }: Attempt): readonly Subject[] {
  const own: readonly Subject[] = [{ scope: 'pair', subject: `${account} ${source}` }, { scope: 'source', subject: source }];
  return isFamiliar ? own : [...own, { scope: account === MAINTENANCE_ACCOUNT ? 'maintenance' : 'account', subject: account }];
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
export function countAttempt(subjects: readonly Subject[], known: readonly FailedAttempts[], now: Date): Admission {
  const blockedMs = Math.max(0, ...known.map(({ blockedUntil }) => blockedUntil.getTime() - now.getTime()));
  if (blockedMs > 0) return { admitted: false, retryAfterSeconds: Math.ceil(blockedMs / 1_000) };
  const attempts = subjects.map(({ scope, subject }): FailedAttempts => {
    const before = known.find((attempt) => attempt.scope === scope && attempt.subject === subject);
    const isRemembered = before !== undefined && now.getTime() - before.lastTriedAt.getTime() < FAILURES_REMEMBERED_MS;
    const failures = (isRemembered ? before.failures : 0) + 1;
    return { scope, subject, failures, lastTriedAt: now, blockedUntil: new Date(now.getTime() + pauseSeconds(scope, failures) * 1_000) };
  });
  return { admitted: true, attempts };
}
