import { FAILURES_REMEMBERED_MS, SHARED_PAUSES, SIGN_IN_PAUSES } from '../limits.js';
import { MAINTENANCE_ACCOUNT } from './maintenance-account.js';

/** What attempts can have in common: one that grows its own pause, or one that many people share. */
export type Scope = keyof typeof SIGN_IN_PAUSES | SharedScope;
type SharedScope = keyof typeof SHARED_PAUSES;

/** Who tries to be whom, and where. */
export interface Attempt {
  /** The login, however it was typed. */
  readonly account: string;
  /** Where the account becomes familiar: the network that it comes from, or the release point. */
  readonly place: string;
  /** What it has in common with others. `isFamiliar`: the account has proven itself at this place before. The first one is the pair's. */
  subjects(isFamiliar: boolean): readonly Subject[];
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
 * A password: the pair, the source and the account. From where an account has signed in before, it is not held up by what others try
 * elsewhere: else whoever goes on guessing could keep its owner out. `source`: the network.
 */
export function passwordAttempt(account: string, source: string): Attempt {
  const own: readonly Subject[] = [{ scope: 'pair', subject: `${account} ${source}` }, { scope: 'source', subject: source }];
  const elsewhere: Subject = { scope: account === MAINTENANCE_ACCOUNT ? 'maintenance' : 'account', subject: account };
  return { account, place: source, subjects: (isFamiliar) => (isFamiliar ? own : [...own, elsewhere]) };
}

/** A PIN at a release point: the same, and all who have never been where they are now. */
export function pinAttempt(account: string, releasePoint: string, source: string): Attempt {
  const own: readonly Subject[] = [{ scope: 'pin-pair', subject: `${account} ${releasePoint}` }, { scope: 'pin-point', subject: releasePoint }, { scope: 'pin-source', subject: source }];
  const elsewhere: readonly Subject[] = [{ scope: 'pin-account', subject: account }, { scope: 'pin-everywhere', subject: '' }];
  return { account, place: `point ${releasePoint}`, subjects: (isFamiliar) => (isFamiliar ? own : [...own, ...elsewhere]) };
}

/** A link to set a PIN that somebody asks for: nothing to guess, but mails to bound. */
export function linkRequest(address: string, source: string): Attempt {
  const subjects: readonly Subject[] = [{ scope: 'pin-link', subject: address }, { scope: 'pin-link', subject: source }];
  return { account: address, place: source, subjects: () => subjects };
}

/** 0 for the first failures, then 1, 2, 4, … seconds. */
export function pauseSeconds(scope: keyof typeof SIGN_IN_PAUSES, failures: number): number {
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
    const blockedUntil = isShared(scope) ? sharedUntil(scope, before, now) : new Date(now.getTime() + pauseSeconds(scope, failures) * 1_000);
    return { scope, subject, failures, lastTriedAt: now, blockedUntil };
  });
  return { admitted: true, attempts };
}

/** Seconds by which a right attempt moves `blockedUntil` back: what it was counted for. */
export function givenBackSeconds(scope: Scope): number {
  return isShared(scope) ? SHARED_PAUSES[scope].everySeconds : 0;
}

function isShared(scope: Scope): scope is SharedScope {
  return scope in SHARED_PAUSES;
}

/** A bucket of `atOnce` attempts that fills up by one every `everySeconds` (the generic cell rate algorithm): while it isn't empty the end lies in the past. */
function sharedUntil(scope: SharedScope, before: FailedAttempts | undefined, now: Date): Date {
  const { atOnce, everySeconds } = SHARED_PAUSES[scope];
  const full = now.getTime() - (atOnce - 1) * everySeconds * 1_000;
  return new Date(Math.max(full, before?.blockedUntil.getTime() ?? full) + everySeconds * 1_000);
}
