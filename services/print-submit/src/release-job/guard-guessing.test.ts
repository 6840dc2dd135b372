import { describe, expect, it } from 'vitest';
import { countRight, countWrong, decideAttempt, type WrongCodes } from './guard-guessing.js';

const start = new Date('2026-03-01T12:00:00Z');
const later = (seconds: number): Date => new Date(start.getTime() + seconds * 1_000);
const none: WrongCodes = { inARow: 0, inWindow: 0, windowBeganAt: start, lockedUntil: null, lastRightAt: null };
const wrong = (times: number, count = none, at = start): WrongCodes => Array.from({ length: times }).reduce<WrongCodes>((so) => countWrong(so, at), count);

describe('guessing codes', () => {
  it('four wrong codes in a row are forgiven', () => {
    expect(decideAttempt(wrong(4), none, start)).toEqual({ kind: 'allowed' });
  });

  it('the fifth locks the release point for half a minute', () => {
    expect(decideAttempt(wrong(5), none, start)).toEqual({ kind: 'locked-out', retryAfterSeconds: 30 });
    expect(decideAttempt(wrong(5), none, later(29))).toEqual({ kind: 'locked-out', retryAfterSeconds: 1 });
    expect(decideAttempt(wrong(5), none, later(30))).toEqual({ kind: 'allowed' });
  });

  it('each further one doubles the time, up to an hour', () => {
    expect([6, 7, 8, 11, 12, 13].map((times) => decideAttempt(wrong(times), none, start))).toEqual(
      [60, 120, 240, 1_920, 3_600, 3_600].map((retryAfterSeconds) => ({ kind: 'locked-out', retryAfterSeconds })),
    );
  });

  it('a right code ends the row', () => {
    expect(decideAttempt(wrong(4, countRight(wrong(4), start)), none, start)).toEqual({ kind: 'allowed' });
  });

  it('whoever gives a right code of his own between is stopped by the hour', () => {
    let count = none;
    let guesses = 0;
    while (decideAttempt(count, none, later(guesses)).kind === 'allowed' && guesses < 1_000) {
      count = countWrong(count, later(guesses));
      guesses += 1;
      if (guesses % 4 === 0) count = countRight(count, later(guesses));
    }
    expect(guesses).toBe(60);
    expect(decideAttempt(count, none, later(60))).toEqual({ kind: 'locked-out', retryAfterSeconds: 3_540 });
    expect(decideAttempt(count, none, later(3_600))).toEqual({ kind: 'allowed' });
  });

  it('a new hour begins with the first wrong code after the last one ended', () => {
    expect(wrong(1, wrong(3), later(3_600))).toMatchObject({ inWindow: 1, windowBeganAt: later(3_600), inARow: 4 });
    expect(wrong(1, wrong(3), later(3_599))).toMatchObject({ inWindow: 4, windowBeganAt: start });
  });

  it('many wrong codes at untrusted points stop those of them that gave wrong ones themselves', () => {
    const untrusted = { ...none, inWindow: 300 };
    expect(decideAttempt(wrong(1), untrusted, later(600))).toEqual({ kind: 'locked-out', retryAfterSeconds: 3_000 });
    expect(decideAttempt(none, untrusted, later(600))).toEqual({ kind: 'allowed' });
    expect(decideAttempt(wrong(1), { ...none, inWindow: 299 }, later(600))).toEqual({ kind: 'allowed' });
    expect(decideAttempt(wrong(1), untrusted, later(3_600))).toEqual({ kind: 'allowed' });
    expect(decideAttempt(wrong(1, none, later(-1_800)), untrusted, later(600))).toEqual({ kind: 'locked-out', retryAfterSeconds: 1_200 });
  });

  it('very many stop every untrusted point, so that one guess from each of many networks is bounded too', () => {
    expect(decideAttempt(none, { ...none, inWindow: 999 }, later(600))).toEqual({ kind: 'allowed' });
    expect(decideAttempt(none, { ...none, inWindow: 1_000 }, later(600))).toEqual({ kind: 'locked-out', retryAfterSeconds: 3_000 });
  });

  it('trusted points share a cap of their own, and trust ends after a day', () => {
    const trusted = { ...none, lastRightAt: later(-3_600) };
    expect(decideAttempt(trusted, { ...none, inWindow: 2_999 }, later(600))).toEqual({ kind: 'allowed' });
    expect(decideAttempt(trusted, { ...none, inWindow: 3_000 }, later(600))).toEqual({ kind: 'locked-out', retryAfterSeconds: 3_000 });
    expect(decideAttempt({ ...none, lastRightAt: later(-90_000) }, { ...none, inWindow: 1_000 }, later(600))).toMatchObject({ kind: 'locked-out' });
  });
});
