import { getDomain } from 'tldts';
import type { AuthenticationResults, AuthenticationSettings, AuthenticationVerdict } from './sender-authentication.js';

/** Relaxed alignment (RFC 7489, 3.1): one organisation, so that `bounces.example.org` speaks for `example.org`. */
function isAligned(domain: string, from: string): boolean {
  if (domain === '' || from === '') return false;
  if (domain === from) return true;
  const organisation = getDomain(from, { allowPrivateDomains: true });
  return organisation !== null && organisation === getDomain(domain, { allowPrivateDomains: true });
}

/**
 * Does a mail come from the domain of its From? DMARC decides where that domain has a policy, else whatever is aligned with it.
 * `vouchedFor`: by a trusted server that had it before and changed it (RFC 8617). What DNS didn't answer may have passed.
 */
export function judgeAuthentication(fromDomain: string, { spf, dkim, dmarc }: AuthenticationResults, vouchedFor: boolean): AuthenticationVerdict {
  const isUnsure = [spf, dmarc, ...dkim].some(({ result }) => result === 'temperror');
  if (dmarc.result === 'pass') return { verdict: 'pass', basis: 'dmarc' };
  if (vouchedFor) return { verdict: 'pass', basis: 'arc' };
  if (dmarc.result === 'fail') return isUnsure ? { verdict: 'temperror', basis: '' } : { verdict: 'fail', basis: 'dmarc' };
  if (dmarc.result === 'temperror') return { verdict: 'temperror', basis: '' };
  if (dkim.some(({ result, domain }) => result === 'pass' && isAligned(domain, fromDomain))) return { verdict: 'pass', basis: 'dkim' };
  const spfSpeaks = isAligned(spf.domain, fromDomain);
  if (spf.result === 'pass' && spfSpeaks) return { verdict: 'pass', basis: 'spf' };
  if (isUnsure) return { verdict: 'temperror', basis: '' };
  return spf.result === 'fail' && spfSpeaks ? { verdict: 'fail', basis: 'spf' } : { verdict: 'none', basis: '' };
}

/** Does acceptance refuse a mail with this verdict? The ledger must not take it for one that is printed. */
export function isRefused(mode: AuthenticationSettings['mode'], { verdict, basis }: AuthenticationVerdict): boolean {
  if (mode === 'report') return verdict === 'fail' && basis === 'dmarc';
  return mode === 'require' && verdict !== 'pass';
}
