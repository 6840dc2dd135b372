import { describe, expect, it } from 'vitest';
import { judgeAuthentication } from './judge-authentication.js';
import { type AuthenticationResults, NO_RESULTS } from './sender-authentication.js';

const judge = (results: Partial<AuthenticationResults>, from = 'example.org', vouchedFor = false) => judgeAuthentication(from, { ...NO_RESULTS, ...results }, vouchedFor);
const dmarc = (result: string) => ({ dmarc: { result, policy: 'none' } });
const dkim = (result: string, domain: string) => ({ dkim: [{ result, domain }] });
const spf = (result: string, domain: string) => ({ spf: { result, domain } });

describe('the verdict on a sender', () => {
  it.each<[string, Partial<AuthenticationResults>, string, string]>([
    ['DMARC passes', { ...dmarc('pass'), ...spf('fail', 'example.org') }, 'pass', 'dmarc'],
    ['DMARC fails, whatever its policy', { ...dmarc('fail'), ...dkim('pass', 'evil.example') }, 'fail', 'dmarc'],
    ['DMARC fails while a key could not be fetched', { ...dmarc('fail'), ...dkim('temperror', 'example.org') }, 'temperror', ''],
    ['DMARC fails while SPF could not be asked', { ...dmarc('fail'), ...spf('temperror', 'example.org') }, 'temperror', ''],
    ['the policy could not be fetched, though the signature is good', { ...dmarc('temperror'), ...dkim('pass', 'example.org') }, 'temperror', ''],
    ['there is no policy, but a signature', { ...dmarc('none'), ...dkim('pass', 'mail.example.org') }, 'pass', 'dkim'],
    ['there is no policy, but the right server', { ...dmarc('none'), ...spf('pass', 'bounces.example.org') }, 'pass', 'spf'],
    ['a signature is good though SPF could not be asked', { ...dkim('pass', 'example.org'), ...spf('temperror', 'example.org') }, 'pass', 'dkim'],
    ['a good signature is another\'s', { ...dmarc('none'), ...dkim('pass', 'evil.example') }, 'none', ''],
    ['the right server is another\'s', { ...dmarc('none'), ...spf('pass', 'evil.example') }, 'none', ''],
    ['the server is not the domain\'s', { ...dmarc('none'), ...spf('fail', 'example.org') }, 'fail', 'spf'],
    ['the server is not that of another domain', { ...dmarc('none'), ...spf('fail', 'evil.example') }, 'none', ''],
    ['the policy can\'t be read', { ...dmarc('permerror') }, 'none', ''],
    ['nothing is known', {}, 'none', ''],
  ])('when %s', (_, results, verdict, basis) => expect(judge(results)).toEqual({ verdict, basis }));

  it('is passed when a trusted server vouches, and DMARC does not', () => {
    expect(judge(dmarc('fail'), 'example.org', true)).toEqual({ verdict: 'pass', basis: 'arc' });
    expect(judge(dmarc('temperror'), 'example.org', true)).toEqual({ verdict: 'pass', basis: 'arc' });
  });

  it('takes two customers of one host for strangers', () => {
    expect(judge(dkim('pass', 'eve.github.io'), 'ada.github.io')).toMatchObject({ verdict: 'none' });
    expect(judge(dkim('pass', 'evil.co.uk'), 'example.co.uk')).toMatchObject({ verdict: 'none' });
    expect(judge(dkim('pass', 'co.uk'), 'example.co.uk')).toMatchObject({ verdict: 'none' });
    expect(judge(dkim('pass', 'a.example.co.uk'), 'b.example.co.uk')).toMatchObject({ verdict: 'pass' });
  });
});
