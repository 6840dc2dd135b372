import { describe, expect, it } from 'vitest';
import { loginKey, parseAccountName } from './account-name.js';

describe('what somebody signs in as', () => {
  it.each([
    ['ada', { directory: undefined, login: 'ada' }],
    [' ada@example.org ', { directory: undefined, login: 'ada@example.org' }],
    ['AD_ORGA\\ada', { directory: 'AD_ORGA', login: 'ada' }],
    ['AD ORGA \\ ada', { directory: 'AD ORGA', login: 'ada' }],
    ['AD\\a\\b', { directory: 'AD', login: 'a\\b' }],
    ['\\ada', { directory: '', login: 'ada' }],
    ['AD\\', { directory: 'AD', login: '' }],
    ['', { directory: undefined, login: '' }],
  ])('of "%s" is told apart from its directory', (text, name) => {
    expect(parseAccountName(text)).toEqual(name);
  });

  it('counts as one login in all the ways that a directory may take for the same', () => {
    const ways = ['ada', 'ADA', ' ada ', 'ａｄａ', 'a\u00ADda', 'ada\u200B', 'a\u034Fda', 'ad\u0000a'];
    expect(new Set(ways.map(loginKey))).toEqual(new Set(['ada']));
    expect(loginKey('ada  lovelace')).toBe('ada lovelace');
    expect(loginKey('аda')).not.toBe('ada');
    expect(loginKey('\uFDFA'.repeat(320))).toHaveLength(320);
  });
});
