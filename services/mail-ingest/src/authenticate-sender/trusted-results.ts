import type { Header } from '../receive-message/read-mail/header.js';
import { type AuthenticationField, parseAuthenticationResults } from './authentication-results.js';
import { judgeAuthentication } from './judge-authentication.js';
import { NOT_MEASURED, type SenderAuthentication } from './sender-authentication.js';

/** Exchange Online writes no authserv-id: its fields are believed where this one is trusted. */
const EXCHANGE_ONLINE = 'protection.outlook.com';

/** Fields that one server adds: one for each of its checkers. */
const FIELDS_MAX = 10;

/**
 * What the server that took a mail from the outside says about it (RFC 8601). Only its topmost Authentication-Results can say that
 * a mail is authentic: each server adds its own on top, so one further down may be the sender's own invention. That DMARC failed is
 * believed from a lower one of the same server too, where a second checker wrote it: nobody invents that against himself.
 */
export function trustedResults(header: Header, fromDomain: string, trustedServers: readonly string[]): SenderAuthentication {
  const [topmost, ...lower] = header.all('authentication-results').slice(0, FIELDS_MAX).map(parseAuthenticationResults);
  if (topmost === undefined || fromDomain === '') return NOT_MEASURED;
  const measuredBy = topmost.authservId === '' ? EXCHANGE_ONLINE : topmost.authservId;
  if (!trustedServers.includes(measuredBy)) return NOT_MEASURED;
  const own = resultsAbout(topmost, fromDomain);
  const failed = lower.find((field) => field.authservId === topmost.authservId && resultsAbout(field, fromDomain).dmarc.result === 'fail');
  const results = own.dmarc.result === '' && failed ? { ...own, dmarc: failed.results.dmarc } : own;
  return { ...NOT_MEASURED, ...results, measuredBy, ...judgeAuthentication(fromDomain, results, false) };
}

/** DMARC of another From than the one that counts here says nothing. */
function resultsAbout({ results, dmarcFrom }: AuthenticationField, fromDomain: string): AuthenticationField['results'] {
  return dmarcFrom === '' || dmarcFrom === fromDomain ? results : { ...results, dmarc: NOT_MEASURED.dmarc };
}

/**
 * Do the servers of a valid ARC chain vouch for a mail that they changed? From the newest one down, as long as each is trusted: whoever
 * sealed a changed mail last answers for all before it (RFC 8617, 5.2 and 7.2). Gives who measured that it passed.
 */
export function arcSealer(chain: readonly { readonly sealDomain: string; readonly results: string }[], fromDomain: string, trustedServers: readonly string[]): string | undefined {
  for (const { sealDomain, results } of chain.toReversed()) {
    const field = parseAuthenticationResults(results);
    if (!trustedServers.some((trusted) => isOf(trusted, sealDomain) && isOf(field.authservId, sealDomain))) return undefined;
    if (judgeAuthentication(fromDomain, resultsAbout(field, fromDomain), false).verdict === 'pass') return sealDomain;
  }
  return undefined;
}

/** `mx.example.org` seals as `example.org`. */
function isOf(server: string, sealDomain: string): boolean {
  return server === sealDomain || server.endsWith(`.${sealDomain}`);
}
