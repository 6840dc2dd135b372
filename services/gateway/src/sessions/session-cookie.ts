import type { Browser } from '../answer-route/browser.js';
import { HostCookie } from '../answer-route/host-cookie.js';
import { Problem } from '../answer-route/problem.js';

/** Keeps a browser signed in. What changes something asks for more than this cookie (`Browser.isOwnPage`). */
const COOKIE = new HostCookie('inkpost');

/** As browsers know it over HTTPS. */
export const SESSION_COOKIE_NAME = COOKIE.nameFor({ isSecure: true });

export function keptSession(browser: Browser): string | undefined {
  return COOKIE.valueIn(browser);
}

/** It goes with the browser; the session behind it may end earlier. */
export function keepSession(browser: Browser, token: string): void {
  COOKIE.keep(browser, token);
}

export function forgetSession(browser: Browser): void {
  COOKIE.forget(browser);
}

/** In clear anybody on the way could read the cookie. Throws a Problem that says what to do. */
export function ensureConnectionIsSafe({ isSecure }: Browser, isLocal: boolean): void {
  if (isSecure || isLocal) return;
  throw new Problem('conflict', 'A browser is kept signed in over HTTPS only. Behind a reverse proxy that encrypts, name it in INKPOST_HTTP_TRUSTED_PROXIES and let it send X-Forwarded-Proto.');
}
