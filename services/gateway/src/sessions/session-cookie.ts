/**
 * The cookie that keeps a browser signed in. By its prefix a browser takes it over HTTPS alone, from this very host and for all of it
 * (RFC 6265bis, 4.1.3.2): no other host of the domain can put one of its own in its place. Over plain HTTP, on this machine itself, browsers take no
 * such cookie, and it goes without the prefix.
 */
export function sessionCookieName(isSecure: boolean): string {
  return isSecure ? '__Host-inkpost' : 'inkpost';
}

/** As Set-Cookie wants it. No script can read it, and it goes with the browser; the session behind it may end earlier. */
export function sessionCookie(token: string, isSecure: boolean): string {
  return line(token, isSecure);
}

/** Takes the cookie away again. */
export function endedSessionCookie(isSecure: boolean): string {
  return line('', isSecure, 'Max-Age=0');
}

// Lax, not Strict: whoever follows a link to Inkpost, or comes back from a sign-in server, is signed in. What changes something asks for more (prove-own-page.ts).
function line(value: string, isSecure: boolean, ...more: readonly string[]): string {
  return [`${sessionCookieName(isSecure)}=${value}`, 'Path=/', 'HttpOnly', 'SameSite=Lax', ...(isSecure ? ['Secure'] : []), ...more].join('; ');
}
