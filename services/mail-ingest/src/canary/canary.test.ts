import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseMasterKey } from '@inkpost/secrets/master-key.js';
import { type Canary, canaryProblem, canaryState, describeCanary, isTroubled, mailedAt } from './canary.js';
import { CanaryTokens } from './canary-token.js';

const requestedAt = new Date('2026-07-31T12:00:00Z');
const after = (seconds: number): Date => new Date(requestedAt.getTime() + seconds * 1_000);
const mailed = { mailed: true, at: after(1), answer: '250 OK' };
const canary = (own: Partial<Canary>): Canary => ({ id: randomUUID(), mailboxId: randomUUID(), requestedBy: '', requestedAt, sending: undefined, receivedAt: undefined, ...own });

describe('a canary', () => {
  it.each([
    [{}, 5, 'sending', false],
    [{ sending: mailed }, 5, 'under-way', false],
    [{ sending: mailed }, 121, 'overdue', true],
    [{}, 121, 'overdue', true],
    [{ sending: mailed }, 1_801, 'lost', true],
    [{ sending: { mailed: false, at: after(1), answer: '550 no' } }, 5, 'not-sent', true],
    [{ sending: mailed, receivedAt: after(3) }, 9_999, 'arrived', false],
    // The word that it was mailed may come after the mail itself.
    [{ receivedAt: after(3) }, 4, 'arrived', false],
    [{ sending: mailed, receivedAt: after(300) }, 9_999, 'late', true],
    [{ sending: mailed, receivedAt: after(4_000) }, 9_999, 'late', true],
  ] as const)('with %j after %i seconds is %s', (own, seconds, state, troubled) => {
    expect(canaryState(canary(own), after(seconds))).toBe(state);
    expect(isTroubled(state)).toBe(troubled);
    expect(describeCanary(canary(own), after(seconds))).toMatch(/\w/);
    expect(canaryProblem(canary(own), after(seconds))).toMatch(troubled ? /^Canary mail of 2026-07-31 12:00 UTC: / : /^$/);
  });

  it('says how long it took, and what the outgoing mail server said', () => {
    expect(describeCanary(canary({ receivedAt: after(1.25) }), after(2))).toBe('It came in after 1.3 seconds.');
    expect(describeCanary(canary({ receivedAt: after(0.02) }), after(2))).toBe('It came in after less than a tenth of a second.');
    expect(describeCanary(canary({ receivedAt: after(0.06) }), after(2))).toBe('It came in after 0.1 seconds.');
    expect(describeCanary(canary({ sending: { mailed: false, at: after(1), answer: '550 relaying denied' } }), after(2))).toContain('550 relaying denied');
  });

  it('was mailed before it came in, whatever the clocks say, and only if it was', () => {
    expect(mailedAt(canary({ sending: mailed, receivedAt: after(3) }))).toEqual(after(1));
    expect(mailedAt(canary({ sending: mailed, receivedAt: after(0.5) }))).toEqual(after(0.5));
    expect([mailedAt(canary({ receivedAt: after(3) })), mailedAt(canary({ sending: { ...mailed, mailed: false } }))]).toEqual([undefined, undefined]);
  });
});

describe("a canary's token", () => {
  const key = randomBytes(32).toString('hex');
  const tokens = new CanaryTokens(parseMasterKey(key));
  const [canaryId, mailboxId] = [randomUUID(), randomUUID()];
  const token = tokens.sign(canaryId, mailboxId);

  it('names its canary, for its own mailbox alone', () => {
    expect(tokens.read(` ${token}\r`, mailboxId)).toBe(canaryId);
    expect(tokens.read(token, randomUUID())).toBeUndefined();
  });

  it('counts for nothing when it was forged or changed', () => {
    const forged = new CanaryTokens(parseMasterKey(randomBytes(32).toString('hex'))).sign(canaryId, mailboxId);
    const [, seal = ''] = token.split('.');
    for (const text of ['', canaryId, forged, `${randomUUID()}.${seal}`, `${token}A`, token.slice(0, -1), token.toUpperCase(), `${canaryId}.${'A'.repeat(43)}`]) expect(tokens.read(text, mailboxId)).toBeUndefined();
  });

  it('is still known after the master key was replaced', () => {
    const newer = new CanaryTokens(parseMasterKey(`2:${randomBytes(32).toString('hex')} 1:${key}`));
    expect(newer.read(token, mailboxId)).toBe(canaryId);
    expect(tokens.read(newer.sign(canaryId, mailboxId), mailboxId)).toBe(canaryId);
  });
});
