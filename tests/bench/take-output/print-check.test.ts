import { describe, expect, it } from 'vitest';
import { PrintCheck } from './print-check.js';

describe('the check of what a printer took', () => {
  it('finds nothing to say when each document came once', async () => {
    const check = new PrintCheck(new Set(['a', 'b']));
    check.note('b');
    check.note('a');
    await check.allCame;
    expect(check.tally).toEqual({ lost: 0, doubled: 0, altered: 0 });
  });

  it('counts what is lost, what came twice and what nobody sent', () => {
    const check = new PrintCheck(new Set(['a', 'b', 'c']));
    for (const sha256 of ['a', 'a', 'x']) check.note(sha256);
    expect(check.tally).toEqual({ lost: 2, doubled: 1, altered: 1 });
  });

  it('still counts doubles after the last document came', async () => {
    const check = new PrintCheck(new Set(['a']));
    check.note('a');
    await check.allCame;
    check.note('a');
    expect(check.tally.doubled).toBe(1);
  });
});
