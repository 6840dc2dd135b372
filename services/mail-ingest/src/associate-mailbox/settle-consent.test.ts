import { describe, expect, it } from 'vitest';
import { settleConsent } from './settle-consent.js';

const tokens = { accessToken: 'a', accessTokenSeconds: 3_600, refreshToken: 'r', refreshTokenSeconds: undefined, names: ['print@test.example'] };

describe('a consent', () => {
  it.each([
    ['the address', ['print@test.example']],
    ['the address, written otherwise', ['Print@TEST.example']],
    ['the address among other names', ['print@corp.local', 'print@test.example']],
  ])('is good when who signed in is called by %s', (_name, names) => {
    expect(settleConsent({ ...tokens, names }, 'print@test.example')).toMatchObject({ outcome: 'good', tokens: { refreshToken: 'r' } });
  });

  it('is not taken from another account, which is named', () => {
    expect(settleConsent({ ...tokens, names: ['ada@test.example'] }, 'print@test.example')).toEqual({ outcome: 'other-account', account: 'ada@test.example' });
  });

  it('is not taken from an account that nobody names', () => {
    expect(settleConsent({ ...tokens, names: [] }, 'print@test.example')).toEqual({ outcome: 'other-account', account: '' });
  });

  it('without a refresh token would end within the hour', () => {
    expect(settleConsent({ ...tokens, refreshToken: undefined }, 'print@test.example')).toEqual({ outcome: 'no-refresh-token' });
  });
});
