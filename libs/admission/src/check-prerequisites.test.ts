import { describe, expect, it } from 'vitest';
import { checkClocks, checkVersions, supportsVersion } from './check-prerequisites.js';

describe('versions of two servers (DOM-004)', () => {
  it.each([['1.2.3', '1.2.3', true], ['1.2.3', '1.2.9', true], ['1.2.3', '1.2.3-rc.1', true], ['1.2.3', '1.3.0', false], ['1.2.3', '2.2.3', false], ['1.2.3', '', false], ['main', 'main', true], ['main', 'dev', false]])('%s and %s: %s', (one, other, fits) => {
    expect(supportsVersion(one, other)).toBe(fits);
  });

  it('are both named where they do not fit', () => {
    expect(() => checkVersions('1.2.3', '1.3.0')).toThrow('The master has version 1.2.3, the server that joins has 1.3.0');
  });
});

describe('clocks of two servers', () => {
  const at = (minutes: number) => new Date(Date.UTC(2026, 0, 1) + minutes * 60_000);

  it('may differ by five minutes', () => {
    expect(() => checkClocks(at(0), at(5))).not.toThrow();
    expect(() => checkClocks(at(5), at(0))).not.toThrow();
  });

  it.each([[6, '6 minutes'], [-180, '3 hours'], [1_440, '24 hours'], [-14_400, '10 days']])('that differ by %s minutes are refused, in words: %s', (minutes, words) => {
    expect(() => checkClocks(at(0), at(minutes))).toThrow(`differ by ${words}`);
  });

  it('are refused where one shows no time', () => {
    expect(() => checkClocks(at(0), new Date(Number.NaN))).toThrow(expect.objectContaining({ code: 'admission.clock' }));
  });
});
