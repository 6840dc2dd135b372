import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { beforeEach, describe, expect, it } from 'vitest';
import { VerifyApiTokenResponseSchema } from '@inkpost/contracts/admin/v1/rights_pb.js';
import { AnonymousBudget } from '../answer-route/anonymous-budget.js';
import { Problem } from '../answer-route/problem.js';
import { LIMITS } from '../limits.js';
import { ApiTokens } from './known-api-tokens.js';

const TOKEN = `inkpost_${'x'.repeat(43)}`;
const MINUTE_MS = 60_000;

let now: number;
let asked: number;
/** What guest-account says of every token; undefined: it does not answer. */
let answer: { rights: string[]; expiresAt: number } | 'unknown' | undefined;
let tokens: ApiTokens;

beforeEach(() => {
  [now, asked, answer] = [Date.parse('2026-06-01T12:00:00Z'), 0, { rights: ['jobs.read'], expiresAt: Date.parse('2026-07-01T00:00:00Z') }];
  const verifyApiToken = async () => {
    asked += 1;
    if (answer === undefined) throw new Problem('unavailable', 'The service guest-account does not answer.');
    return create(VerifyApiTokenResponseSchema, answer === 'unknown' ? { stands: false } : { stands: true, tokenId: 'one', name: 'desk', rights: answer.rights, expiresAt: timestampFromDate(new Date(answer.expiresAt)) });
  };
  tokens = new ApiTokens({ verifyApiToken }, new AnonymousBudget(), () => now);
});

const rights = async (token = TOKEN, source = 'here') => (await tokens.find(token, source))?.rights;
const kind = async (call: Promise<unknown>) => call.then(() => 'answered', (error: unknown) => (error instanceof Problem ? error.kind : 'another error'));

describe('an API token that is known', () => {
  it('is asked for once a minute, however many requests bear it at once', async () => {
    expect(await Promise.all([rights(), rights(), rights()])).toEqual([['jobs.read'], ['jobs.read'], ['jobs.read']]);
    now += MINUTE_MS - 1;
    expect([await rights(), asked]).toEqual([['jobs.read'], 1]);
    now += 1;
    answer = { rights: [], expiresAt: now + MINUTE_MS };
    expect([await rights(), asked]).toEqual([[], 2]);
  });

  it('is over when it is said to be, when it runs out, and at once when it is revoked here', async () => {
    await rights();
    answer = 'unknown';
    now += MINUTE_MS;
    expect(await rights()).toBeUndefined();
    answer = { rights: ['jobs.read'], expiresAt: now + 1_000 };
    expect(await rights()).toEqual(['jobs.read']);
    now += 1_000;
    answer = 'unknown';
    expect(await rights()).toBeUndefined();
    answer = { rights: ['jobs.read'], expiresAt: now + MINUTE_MS };
    await rights();
    answer = 'unknown';
    tokens.forget('another');
    expect(await rights()).toEqual(['jobs.read']);
    tokens.forget('one');
    expect(await rights()).toBeUndefined();
  });

  it('goes on for ten minutes while nobody answers, and never longer than its own time', async () => {
    await rights();
    answer = undefined;
    now += LIMITS.rightsHoldUnansweredMs - 1;
    expect(await rights()).toEqual(['jobs.read']);
    now += 1;
    expect(await kind(rights())).toBe('unavailable');
    answer = { rights: ['jobs.read'], expiresAt: now + 2 * MINUTE_MS };
    await rights();
    answer = undefined;
    now += 2 * MINUTE_MS;
    expect(await kind(rights())).toBe('unavailable');
  });
});

describe('API tokens that nobody knows', () => {
  it('are asked for so often only from one network, and hold up neither others nor a token that is known', async () => {
    expect(await rights()).toEqual(['jobs.read']);
    answer = 'unknown';
    const guess = (index: number, source = 'here') => kind(tokens.find(`inkpost_${String(index).padStart(43, 'y')}`, source));
    for (let index = 1; index < LIMITS.anonymousBurst; index += 1) expect(await guess(index)).toBe('answered');
    expect([await guess(0), asked]).toEqual(['too-many-requests', LIMITS.anonymousBurst]);
    expect([await guess(0, 'elsewhere'), await rights()]).toEqual(['answered', ['jobs.read']]);
  });

  it('are not kept', async () => {
    answer = 'unknown';
    expect([await rights(), await rights(), asked]).toEqual([undefined, undefined, 2]);
  });
});
