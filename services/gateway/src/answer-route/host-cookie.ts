import type { Browser } from './browser.js';

/**
 * A cookie of this very host. By its prefix a browser takes it over HTTPS alone, from this host and for all of it (RFC 6265bis, 4.1.3.2): no
 * other host of the domain can put one of its own in its place. Over plain HTTP, on this machine itself, browsers take no such cookie,
 * and it goes without the prefix.
 */
export class HostCookie {
  /** `sameSite`: Lax, so that whoever follows a link to Inkpost or comes back from a sign-in server brings it along; Strict where nobody does. */
  constructor(
    private readonly name: string,
    private readonly sameSite: 'Lax' | 'Strict' = 'Lax',
  ) {}

  nameFor({ isSecure }: Pick<Browser, 'isSecure'>): string {
    return isSecure ? `__Host-${this.name}` : this.name;
  }

  valueIn(browser: Browser): string | undefined {
    return browser.cookie(this.nameFor(browser));
  }

  /** No script can read it. Without `seconds` it goes with the browser. */
  keep(browser: Browser, value: string, seconds?: number): void {
    browser.keep([`${this.nameFor(browser)}=${value}`, 'Path=/', 'HttpOnly', `SameSite=${this.sameSite}`, ...(browser.isSecure ? ['Secure'] : []), ...(seconds === undefined ? [] : [`Max-Age=${seconds}`])].join('; '));
  }

  forget(browser: Browser): void {
    if (this.valueIn(browser) !== undefined) this.keep(browser, '', 0);
  }
}
