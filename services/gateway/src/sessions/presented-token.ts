import type { Browser } from '../answer-route/browser.js';
import { bearerToken, isSessionToken } from './session-token.js';
import { keptSession } from './session-cookie.js';

/** What a request shows of a session. unproven: a cookie alone, which a browser also sends when a page of somebody else makes it. */
export type PresentedToken = { readonly kind: 'none' } | { readonly kind: 'token'; readonly token: string } | { readonly kind: 'unproven' };

/** `isChange`: the request changes something, so that a cookie alone is not enough (decision 0022). */
export function presentedToken(authorization: string | undefined, browser: Browser, isChange: boolean): PresentedToken {
  const bearer = bearerToken(authorization);
  if (bearer !== undefined) return { kind: 'token', token: bearer };
  const token = keptSession(browser);
  if (token === undefined || !isSessionToken(token)) return { kind: 'none' };
  return isChange && !browser.isOwnPage ? { kind: 'unproven' } : { kind: 'token', token };
}
