import type { Right } from '@inkpost/service/rights.js';

/** Somebody who is signed in. */
export interface Session {
  /** What the database knows the token by. */
  readonly tokenSha256: Buffer;
  readonly account: string;
  readonly rights: readonly Right[];
  /** The first password can do nothing but be changed (SKY-028). */
  readonly passwordMustChange: boolean;
  readonly expiresAt: Date;
}
