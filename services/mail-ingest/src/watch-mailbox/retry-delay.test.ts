import { expect, it } from 'vitest';
import { FOLDER_MISSING, LOGIN_REFUSED } from '../ports/mail-source.port.js';
import { retryDelayMs } from './retry-delay.js';

const delays = (code: string) => [1, 2, 3, 5, 10, 1_000].map((failures) => retryDelayMs(code, failures, 0.5) / 1_000);

it('comes back soon to a server that is away, and never waits a minute', () => {
  expect(delays('mailbox.server-unreachable')).toEqual([1, 2, 4, 16, 45, 45]);
  expect(retryDelayMs('mailbox.server-unreachable', 50, 1)).toBeLessThan(60_000);
});
it('tries a refused password ever more rarely, so that no account is locked', () => expect(delays(LOGIN_REFUSED)).toEqual([30, 60, 120, 480, 1_800, 1_800]));
it('finds a missing folder soon after it is made', () => expect(delays(FOLDER_MISSING)).toEqual([2, 4, 8, 20, 20, 20]));
it('spreads those who come back', () => expect(retryDelayMs('x', 1, 0)).toBeLessThan(retryDelayMs('x', 1, 1)));
