import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { client, ready, server } from '@serenity-kit/opaque';

/**
 * As strong as the hash that a sign-in is checked with: who has stolen the record can guess the password no faster than with that.
 * Both sides must use the same; another choice needs records made anew.
 */
const KEY_STRETCHING = { 'argon2id-custom': { iterations: 2, memory: 19_456, parallelism: 1 } } as const;
const IDENTIFIERS = { client: 'maintenance', server: 'inkpost' } as const;
const USER = 'maintenance';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** What a server keeps to have a password proven to it (OPAQUE, RFC 9807): as secret as a password hash. */
export interface PasswordRecord {
  readonly setup: string;
  readonly record: string;
}

/** The same letters typed on another keyboard may be composed differently (NIST SP 800-63B, 5.1.1.2). */
function normal(password: string): string {
  return password.normalize('NFKC');
}

/** Takes about a tenth of a second of one core, as each proof takes of the one who proves. */
export async function recordPassword(password: string): Promise<PasswordRecord> {
  await ready;
  const setup = server.createSetup();
  const { clientRegistrationState, registrationRequest } = client.startRegistration({ password: normal(password) });
  const { registrationResponse } = server.createRegistrationResponse({ serverSetup: setup, userIdentifier: USER, registrationRequest });
  const { registrationRecord } = client.finishRegistration({ password: normal(password), clientRegistrationState, registrationResponse, identifiers: IDENTIFIERS, keyStretching: KEY_STRETCHING });
  return { setup, record: registrationRecord };
}

/** A proof as the one begins it who knows the password: `finish` with the other side's answer. */
export interface PasswordProof {
  /** base64url. */
  readonly request: string;
  /** Undefined: the other side has another password, or doesn't know this one. */
  finish(response: string): { readonly finish: string; readonly sessionKey: string } | undefined;
}

export async function beginProof(password: string): Promise<PasswordProof> {
  await ready;
  const { clientLoginState, startLoginRequest } = client.startLogin({ password: normal(password) });
  return {
    request: startLoginRequest,
    finish: (response) => {
      const done = client.finishLogin({ password: normal(password), clientLoginState, loginResponse: response, identifiers: IDENTIFIERS, keyStretching: KEY_STRETCHING });
      return done && { finish: done.finishLoginRequest, sessionKey: done.sessionKey };
    },
  };
}

/** The other side's answer, and what it has to remember for the second half. Undefined: the request is none. */
export async function answerProof({ setup, record }: PasswordRecord, request: string): Promise<{ readonly response: string; readonly state: string } | undefined> {
  await ready;
  return unlessBad(() => {
    const { loginResponse, serverLoginState } = server.startLogin({ serverSetup: setup, registrationRecord: record, startLoginRequest: request, userIdentifier: USER, identifiers: IDENTIFIERS });
    return { response: loginResponse, state: serverLoginState };
  });
}

/** The key that both sides have now and nobody else. Undefined: the password was not known. */
export async function confirmProof(state: string, finish: string): Promise<string | undefined> {
  await ready;
  return unlessBad(() => server.finishLogin({ serverLoginState: state, finishLoginRequest: finish, identifiers: IDENTIFIERS }).sessionKey);
}

/** The library throws for what doesn't decode or doesn't fit. */
function unlessBad<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}

/**
 * What is said under a proof, for both directions. It is bound to the certificate that the one side saw and the other showed: who sat in between has shown another one,
 * and has nothing that opens here.
 */
export class ProvenChannel {
  /** `certificateSha256`: of the door's certificate, in lower-case hexadecimal. */
  constructor(
    private readonly sessionKey: string,
    private readonly certificateSha256: string,
  ) {}

  seal(what: 'command' | 'answer', clear: Uint8Array): Uint8Array<ArrayBuffer> {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.keyFor(what), nonce);
    return new Uint8Array(Buffer.concat([nonce, cipher.update(clear), cipher.final(), cipher.getAuthTag()]));
  }

  /** Undefined: sealed by somebody else, or for another certificate. */
  open(what: 'command' | 'answer', sealed: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
    if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined;
    return unlessBad(() => {
      const decipher = createDecipheriv('aes-256-gcm', this.keyFor(what), sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
      decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
      return new Uint8Array(Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]));
    });
  }

  private keyFor(what: string): Uint8Array {
    return new Uint8Array(hkdfSync('sha256', Buffer.from(this.sessionKey, 'base64url'), Buffer.from(this.certificateSha256, 'hex'), `inkpost admission ${what}`, 32));
  }
}
