import { expect, it } from 'vitest';
import { tokenTimes } from './token-times.js';

const now = new Date('2026-01-01T00:00:00Z');

it('refreshes an access token of an hour five minutes before its end, and a short one at nine tenths of its life', () => {
  expect(tokenTimes({ accessTokenSeconds: 3_600, refreshTokenSeconds: undefined }, now)).toEqual({ freshUntil: new Date('2026-01-01T00:55:00Z'), expiresAt: new Date('2026-01-01T01:00:00Z'), grantExpiresAt: undefined });
  expect(tokenTimes({ accessTokenSeconds: 100, refreshTokenSeconds: 604_800 }, now)).toEqual({ freshUntil: new Date('2026-01-01T00:01:30Z'), expiresAt: new Date('2026-01-01T00:01:40Z'), grantExpiresAt: new Date('2026-01-08T00:00:00Z') });
});
