import { jwtVerify, SignJWT } from 'jose';
import type { Caller, Right } from './rights.js';
import { RIGHTS } from './rights.js';
import type { ServiceName } from './service-variables.js';

const LIFETIME = '60s';

/** Signs a call of the gateway to one service; the key is that service's own, so that no service can call another. */
export async function signControlToken(key: Uint8Array, service: ServiceName, caller: Caller): Promise<string> {
  return new SignJWT({ rights: caller.rights }).setProtectedHeader({ alg: 'HS256' }).setIssuer('gateway').setAudience(service).setSubject(caller.actor).setIssuedAt().setExpirationTime(LIFETIME).sign(key);
}

/** Gives the caller, or undefined for a token that isn't the gateway's for this service, or is over. */
export async function verifyControlToken(key: Uint8Array, service: ServiceName, token: string): Promise<Caller | undefined> {
  try {
    const { payload } = await jwtVerify(token, key, { issuer: 'gateway', audience: service, algorithms: ['HS256'] });
    const rights = Array.isArray(payload.rights) ? payload.rights : [];
    return { actor: payload.sub ?? 'unknown', rights: RIGHTS.filter((right): right is Right => rights.includes(right)) };
  } catch {
    return undefined;
  }
}
