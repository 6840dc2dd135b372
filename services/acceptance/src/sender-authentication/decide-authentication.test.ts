import { describe, expect, it } from 'vitest';
import type { AuthenticationMode } from './authentication-settings.js';
import { decideAuthentication } from './decide-authentication.js';

const decide = (mode: AuthenticationMode, verdict: string, basis = '') => decideAuthentication(mode, { verdict, basis }, 'a@example.org')?.reason;

describe('a mail whose sender', () => {
  it.each<[string, string, string, Record<AuthenticationMode, string | undefined>]>([
    ['is authentic', 'pass', 'dmarc', { off: undefined, report: undefined, require: undefined }],
    ['is vouched for', 'pass', 'arc', { off: undefined, report: undefined, require: undefined }],
    ['is disowned by its domain', 'fail', 'dmarc', { off: undefined, report: 'sender-forged', require: 'sender-forged' }],
    ['comes from a server that is not its domain\'s', 'fail', 'spf', { off: undefined, report: undefined, require: 'sender-unauthenticated' }],
    ['is unknown', 'none', '', { off: undefined, report: undefined, require: 'sender-unauthenticated' }],
    ['could not be looked up', 'temperror', '', { off: undefined, report: undefined, require: 'authentication-unknown' }],
  ])('%s', (_, verdict, basis, reasons) => {
    expect({ off: decide('off', verdict, basis), report: decide('report', verdict, basis), require: decide('require', verdict, basis) }).toEqual(reasons);
  });

  it('is refused is told so in a sentence of its own', () => {
    const texts = [['fail', 'dmarc'], ['none', ''], ['temperror', '']].map(([verdict = '', basis = '']) => decideAuthentication('require', { verdict, basis }, 'a@example.org')?.statusText);
    expect(texts).toEqual([
      'The job was submitted with an e-mail address that its domain disowns (DMARC): a@example.org',
      'The job was submitted with an e-mail address that is not authenticated: a@example.org',
      'The e-mail address could not be authenticated, since DNS did not answer: a@example.org',
    ]);
  });
});
