import { CauseDown } from '@inkpost/failure/failure.js';
import { beforeEach, describe, expect, it } from 'vitest';
import { LOGIN_REFUSED } from '../ports/mail-source.port.js';
import { LoginRefusals } from './login-refusals.js';

const account = { host: 'imap.example.org', user: 'print', password: 'secret' };
const refused = () => Promise.reject(new CauseDown(LOGIN_REFUSED, 'no'));
const MINUTE_MS = 60_000;

describe('several mailboxes of one account', () => {
  let refusals: LoginRefusals;
  let now = 0;
  let tries = 0;

  beforeEach(() => {
    [now, tries] = [0, 0];
    refusals = new LoginRefusals(() => now);
  });

  /** Gives whether it signed in. */
  function attempt(mailboxId: string, answer: () => Promise<unknown>, own: { version?: number; password?: string; signal?: AbortSignal } = {}): Promise<boolean> {
    const signIn = (): Promise<unknown> => {
      tries += 1;
      return answer();
    };
    return refusals.attempt({ ...account, password: own.password ?? account.password }, { mailboxId, version: own.version ?? 1, signal: own.signal ?? new AbortController().signal }, signIn).then(() => true, () => false);
  }

  it('that start together with a wrong password try it once', async () => {
    expect(await Promise.all(['a', 'b', 'c', 'd'].map((id) => attempt(id, refused)))).toEqual([false, false, false, false]);
    expect(tries).toBe(1);
  });

  it('that start together with a good one wait for the first, then sign in side by side', async () => {
    const first = Promise.withResolvers<void>();
    const begun = ['a', 'b', 'c'].map((id) => attempt(id, () => first.promise));
    await Promise.resolve();
    expect(tries).toBe(1);
    first.resolve();
    expect(await Promise.all(begun)).toEqual([true, true, true]);
    expect(tries).toBe(3);
  });

  it('try a refused password ever more rarely, all together', async () => {
    for (; now < 120 * MINUTE_MS; now += 10_000) for (const id of ['a', 'b', 'c']) await attempt(id, refused);
    expect(tries).toBeGreaterThan(6);
    expect(tries).toBeLessThan(13);
  });

  it('go on once the server takes the password', async () => {
    for (let count = 0; count < 5; count += 1, now += 30 * MINUTE_MS) await attempt('a', refused);
    expect([await attempt('b', async () => undefined), await attempt('a', async () => undefined)]).toEqual([true, true]);
    // Refused later on, the pauses begin anew.
    await attempt('a', refused);
    now += MINUTE_MS;
    expect(await attempt('b', async () => undefined)).toBe(true);
  });

  it('try at once when an administrator changed one of them, or gave another password', async () => {
    await attempt('a', refused);
    await attempt('b', refused);
    expect([await attempt('b', refused), tries]).toEqual([false, 1]);
    expect([await attempt('b', refused, { version: 2 }), tries]).toEqual([false, 2]);
    expect([await attempt('b', refused, { version: 2 }), tries]).toEqual([false, 2]);
    expect([await attempt('b', async () => undefined, { version: 3, password: 'other' }), tries]).toEqual([true, 3]);
  });

  it('are not held up by what is no refusal', async () => {
    const away = () => Promise.reject(new CauseDown('mailbox.server-unreachable', 'away'));
    for (const id of ['a', 'b', 'a']) await attempt(id, away);
    expect(tries).toBe(3);
  });

  it('wait for the first no longer than they are wanted', async () => {
    const first = Promise.withResolvers<void>();
    const begun = attempt('a', () => first.promise);
    expect(await attempt('b', refused, { signal: AbortSignal.timeout(10) })).toBe(false);
    first.resolve();
    expect([await begun, tries]).toEqual([true, 1]);
  });

  it('are held together by the password too: another account is another matter', async () => {
    await attempt('a', refused);
    expect(await attempt('b', async () => undefined, { password: 'another' })).toBe(true);
  });
});
