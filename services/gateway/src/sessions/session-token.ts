import { createHash, randomBytes } from 'node:crypto';

/** 256 random bits; who has them is signed in. */
export function newSessionToken(): string {
  return randomBytes(32).toString('base64url');
}

/** What the database keeps of a token. A plain hash is enough: nobody guesses 256 bits. */
export function sessionTokenSha256(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

export function isSessionToken(text: string): boolean {
  return /^[\w-]{43}$/.test(text);
}

/** A program's (decision 0021); its beginning is how those know it who search texts for secrets. */
export function isApiToken(text: string): boolean {
  return /^inkpost_[\w-]{43}$/.test(text);
}

/** The token of an `Authorization: Bearer` header (RFC 6750), a session's or a program's, or undefined. */
export function bearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer +((?:inkpost_)?[\w-]{43})$/i.exec(authorization ?? '')?.[1];
}
