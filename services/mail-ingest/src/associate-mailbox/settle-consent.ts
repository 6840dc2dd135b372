import { parseMailAddress } from '@inkpost/mail-address/mail-address.js';
import type { Tokens } from '../ports/authority.port.js';

/** What a sign-in for a mailbox comes to. */
export type Settled =
  | { readonly outcome: 'good'; readonly account: string; readonly tokens: Tokens & { readonly refreshToken: string } }
  | { readonly outcome: 'other-account'; readonly account: string }
  | { readonly outcome: 'no-refresh-token' };

/** Whether the right account has signed in, and for longer than an hour. `address`: the mailbox's. */
export function settleConsent(tokens: Tokens, address: string): Settled {
  const account = tokens.names.find((name) => parseMailAddress(name)?.text === address);
  if (account === undefined) return { outcome: 'other-account', account: tokens.names[0] ?? '' };
  const { refreshToken } = tokens;
  return refreshToken === undefined ? { outcome: 'no-refresh-token' } : { outcome: 'good', account, tokens: { ...tokens, refreshToken } };
}
