import { describe, expect, it } from 'vitest';
import { hashPassword, isOutdated, verifyPassword } from './password-hash.js';

// By the reference implementation of Argon2: `echo -n 'Print-2026' | argon2 saltsaltsaltsalt -id -t 3 -k 4096 -p 2 -l 24 -e`.
const REFERENCE = '$argon2id$v=19$m=4096,t=3,p=2$c2FsdHNhbHRzYWx0c2FsdA$vHZPP7eEnRNd8yV3rJ7YEXnd2esxXLwN';

describe('a password hash', () => {
  it('tells the password from any other', async () => {
    const hash = await hashPassword('Print-2026');
    expect(await verifyPassword(hash, 'Print-2026')).toBe(true);
    for (const other of ['', 'print-2026', 'Print-2026 ', 'Print-2027']) expect(await verifyPassword(hash, other)).toBe(false);
  });

  it('is another one each time, and holds no password', async () => {
    const [first, second] = [await hashPassword('Print-2026'), await hashPassword('Print-2026')];
    expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/u);
    expect(first).not.toBe(second);
  });

  it('is the same for composed and decomposed letters', async () => {
    expect(await verifyPassword(await hashPassword('P\u00e4ss-2026'), 'Pa\u0308ss-2026')).toBe(true);
  });

  it('of other parameters is still understood, and known to be old', async () => {
    expect(await verifyPassword(REFERENCE, 'Print-2026')).toBe(true);
    expect(isOutdated(REFERENCE)).toBe(true);
    expect(isOutdated(await hashPassword('Print-2026'))).toBe(false);
  });

  it('that is damaged lets nobody in', async () => {
    await expect(verifyPassword('$argon2id$v=19$m=1', 'Print-2026')).rejects.toThrow('damaged');
  });
});
