import { describe, expect, it } from 'vitest';
import { type Attempt, countAttempt, type FailedAttempts, givenBackSeconds, passwordAttempt, pauseSeconds, pinAttempt } from './count-attempt.js';

const noon = new Date('2026-06-01T12:00:00Z');
const later = (seconds: number) => new Date(noon.getTime() + seconds * 1_000);

const subjects = passwordAttempt('a', 's').subjects(false);

/** Tries again and again, each time as soon as it is let; gives the second of each attempt. */
function guess(times: number, options: { accounts?: readonly string[]; sources?: readonly string[]; familiar?: string; attemptOf?: (account: string, source: string) => Attempt }): number[] {
  const { accounts = ['maintenance'], sources = ['192.0.2.1'], familiar, attemptOf = passwordAttempt } = options;
  const known = new Map<string, FailedAttempts>();
  const at: number[] = [];
  let second = 0;
  while (at.length < times) {
    const [account, source] = [accounts[at.length % accounts.length] ?? '', sources[at.length % sources.length] ?? ''];
    const subjects = attemptOf(account, source).subjects(source === familiar);
    const relevant = [...known.values()].filter((attempt) => subjects.some(({ scope, subject }) => attempt.scope === scope && attempt.subject === subject));
    const admission = countAttempt(subjects, relevant, later(second));
    if (admission.admitted) {
      at.push(second);
      for (const attempt of admission.attempts) known.set(`${attempt.scope} ${attempt.subject}`, attempt);
    } else second += admission.retryAfterSeconds;
  }
  return at;
}

describe('attempts to sign in', () => {
  it('are looked at at once five times, then after 1, 2, 4, … seconds', () => {
    expect(guess(10, {})).toEqual([0, 0, 0, 0, 0, 0, 1, 3, 7, 15]);
  });

  it('wait at most a quarter of an hour each', () => {
    const at = guess(30, {});
    expect((at[29] ?? 0) - (at[28] ?? 0)).toBe(900);
  });

  it('on many accounts from one source are slowed down together', () => {
    const accounts = Array.from({ length: 1_000 }, (_, index) => `account-${index}`);
    const at = guess(60, { accounts });
    expect(at[19]).toBe(0);
    expect(at[59]).toBeGreaterThan(20_000);
  });

  const everywhere = Array.from({ length: 1_000 }, (_, index) => `192.0.2.${index}`);

  it('on maintenance from everywhere are slowed down without shutting it for long', () => {
    const at = guess(200, { sources: everywhere });
    expect(at[49]).toBe(0);
    expect((at[199] ?? 0) - (at[198] ?? 0)).toBe(30);
  });

  it('on another account from everywhere are fewer than its directory may take before it locks the account itself', () => {
    const at = guess(40, { sources: everywhere, accounts: ['ada'] });
    expect(at[9]).toBe(0);
    expect((at[39] ?? 0) - (at[38] ?? 0)).toBe(900);
  });

  it('elsewhere don\'t hold up who signs in from where they did before', () => {
    const known = [{ scope: 'account', subject: 'ada', failures: 99, blockedUntil: later(900), lastTriedAt: noon }] as const;
    const relevant = (isFamiliar: boolean) => {
      const subjects = passwordAttempt('ada', 's').subjects(isFamiliar);
      return { subjects, known: known.filter(({ scope }) => subjects.some((subject) => subject.scope === scope)) };
    };
    const [familiar, strange] = [relevant(true), relevant(false)];
    expect(countAttempt(familiar.subjects, familiar.known, noon).admitted).toBe(true);
    expect(countAttempt(strange.subjects, strange.known, noon)).toEqual({ admitted: false, retryAfterSeconds: 900 });
    expect(guess(10, { accounts: ['ada'], familiar: '192.0.2.1' })).toEqual([0, 0, 0, 0, 0, 0, 1, 3, 7, 15]);
  });

  it('say how long to wait, rounded up', () => {
    const blocked = [{ scope: 'pair', subject: 'a s', failures: 9, blockedUntil: later(7.2), lastTriedAt: noon }] as const;
    expect(countAttempt(subjects, blocked, noon)).toEqual({ admitted: false, retryAfterSeconds: 8 });
    expect(countAttempt(subjects, blocked, later(7.2)).admitted).toBe(true);
  });

  it('are forgotten a day after the last one', () => {
    const known = [{ scope: 'pair', subject: 'a s', failures: 9, blockedUntil: noon, lastTriedAt: noon }] as const;
    expect(countAttempt(subjects, known, later(86_399))).toMatchObject({ attempts: [{ failures: 10 }, { failures: 1 }, { failures: 1 }] });
    expect(countAttempt(subjects, known, later(86_400))).toMatchObject({ attempts: [{ failures: 1 }, { failures: 1 }, { failures: 1 }] });
  });
});

describe('attempts by PIN', () => {
  const attemptOf = (account: string, source: string) => pinAttempt(account, source, source);
  const everywhere = Array.from({ length: 5_000 }, (_, index) => `192.0.${index}`);
  const everybody = Array.from({ length: 5_000 }, (_, index) => `account-${index}`);
  const day = 86_400;
  const perDay = (at: readonly number[], from: number) => at.filter((second) => second >= from && second < from + day).length;

  it('on one account are some 24 a day in the long run, at one release point as from everywhere', () => {
    expect(guess(5, { accounts: ['ada'], attemptOf })).toEqual([0, 0, 0, 0, 0]);
    expect(perDay(guess(80, { accounts: ['ada'], attemptOf }), day)).toBeLessThanOrEqual(24);
    expect(perDay(guess(80, { accounts: ['ada'], sources: everywhere, attemptOf }), day)).toBeLessThanOrEqual(24);
  });

  it('on all accounts are 144 a day from one release point, and 720 from everywhere', () => {
    const [one, all] = [guess(400, { accounts: everybody, attemptOf }), guess(1_800, { accounts: everybody, sources: everywhere, attemptOf })];
    expect(one.slice(19, 21)).toEqual([0, 600]);
    expect(perDay(one, day)).toBe(144);
    expect(all.slice(199, 201)).toEqual([0, 120]);
    expect(perDay(all, day)).toBe(720);
  });

  it('that are right give back at a shared place what they were counted for', () => {
    const counted = countAttempt(pinAttempt('ada', 'p', 's').subjects(true), [], noon);
    const [, point] = counted.admitted ? counted.attempts : [];
    expect((point?.blockedUntil.getTime() ?? 0) - noon.getTime()).toBe(-18 * 600_000);
    expect([givenBackSeconds('pin-point'), givenBackSeconds('pin-pair')]).toEqual([600, 0]);
  });

  it('elsewhere, and by people who were never there, don\'t hold up who is where they released before', () => {
    const scopes = (isFamiliar: boolean) => pinAttempt('ada', 'p', 's').subjects(isFamiliar).map(({ scope }) => scope);
    expect(scopes(true)).toEqual(['pin-pair', 'pin-point', 'pin-source']);
    expect(scopes(false)).toEqual([...scopes(true), 'pin-account', 'pin-everywhere']);
  });
});

it('the pause never overflows', () => {
  expect(pauseSeconds('pair', 2_000_000)).toBe(900);
});
