import { Failure, PermanentFailure } from '@inkpost/failure/failure.js';
import type { MasterKey } from '@inkpost/secrets/master-key.js';
import { openSecret, sealSecret } from '@inkpost/secrets/seal.js';

/** A sign-in that is under way. It lies with the browser alone, sealed: nobody else can finish it, and a flood of begun ones costs no memory. */
export interface SignOnAttempt {
  /** What the sign-in server brings back, and its token bears (OpenID Connect Core, 3.1.2.1), and by which the code is exchanged (RFC 7636). */
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly returnTo: string;
  /** Of the settings that it began with. */
  readonly settingsMark: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

const CONTEXT = 'single-sign-on/attempt';

export function sealAttempt(masterKey: MasterKey, attempt: SignOnAttempt): string {
  return sealSecret(masterKey, CONTEXT, JSON.stringify(attempt)).toString('base64url');
}

/** Undefined: it is none of ours, or was changed. */
export function openAttempt(masterKey: MasterKey, sealed: string): SignOnAttempt | undefined {
  try {
    return JSON.parse(openSecret(masterKey, CONTEXT, Buffer.from(sealed, 'base64url'))) as SignOnAttempt;
  } catch (error) {
    if (error instanceof PermanentFailure || isRetired(error)) return undefined;
    throw error;
  }
}

/** Its master key is gone: so is the attempt. The version is a byte that anybody can write. */
function isRetired(error: unknown): boolean {
  return error instanceof Failure && error.code === 'secrets.key-missing';
}
