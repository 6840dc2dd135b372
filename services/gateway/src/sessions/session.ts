import type { Right } from '@inkpost/service/rights.js';

/** Whom guest-account knows a signed-in account by. */
export interface AccountIdentity {
  /** `maintenance`, or `DIRECTORY\login`. */
  readonly name: string;
  /** Empty: maintenance. */
  readonly directoryId: string;
  readonly accountId: string;
  readonly login: string;
  /** Groups that a sign-in server vouched for, besides those that the directory knows. */
  readonly vouchedGroups: readonly string[];
}

/** Somebody who is signed in, or a program with its API token. */
export interface Session {
  /** What the database knows the token by. */
  readonly tokenSha256: Buffer;
  /** As the audit log names who acts: `maintenance`, `DIRECTORY\login`, `token:name`. */
  readonly account: string;
  /** Undefined: a program, by an API token. */
  readonly identity: AccountIdentity | undefined;
  readonly rights: readonly Right[];
  /** The first password can do nothing but be changed (SKY-028). */
  readonly passwordMustChange: boolean;
  readonly expiresAt: Date;
}
