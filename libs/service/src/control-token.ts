import { jwtVerify, SignJWT } from 'jose';
import type { Caller, Right } from './rights.js';
import { RIGHTS } from './rights.js';
import type { ServiceName } from './service-variables.js';

const LIFETIME = '60s';

/** Signs a call of the gateway to one service; the key is that service's own, so that no service can call another. */
export async function signControlToken(key: Uint8Array, service: ServiceName, caller: Caller): Promise<string> {
  return new SignJWT({ rights: caller.rights }).setProtectedHeader({ alg: 'HS256' }).setIssuer('gateway').setAudience(service).setSubject(caller.actor).setIssuedAt().setExpirationTime(LIFETIME).sign(key);
}

/** Tokens that are remembered: of each caller one or two are valid at a time. */
const REMEMBERED_MAX = 1_000;

interface Checked {
  readonly caller: Caller;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** Checks the tokens of calls to one service. One that is good is remembered until it is over: the gateway uses it for many calls, and a signature is checked in another thread. */
export class ControlTokenCheck {
  private readonly checked = new Map<string, Checked>();

  constructor(
    private readonly key: Uint8Array,
    private readonly service: ServiceName,
  ) {}

  /** Gives the caller, or undefined for a token that isn't the gateway's for this service, or is over. */
  async callerOf(token: string, now = Date.now()): Promise<Caller | undefined> {
    const known = this.checked.get(token);
    if (known && known.until > now) return known.caller;
    const fresh = await this.check(token, now);
    if (!fresh) return undefined;
    if (this.checked.size >= REMEMBERED_MAX) this.checked.clear();
    this.checked.set(token, fresh);
    return fresh.caller;
  }

  private async check(token: string, now: number): Promise<Checked | undefined> {
    try {
      const { payload } = await jwtVerify(token, this.key, { issuer: 'gateway', audience: this.service, algorithms: ['HS256'], requiredClaims: ['exp'], currentDate: new Date(now) });
      const rights = Array.isArray(payload.rights) ? payload.rights : [];
      return { caller: { actor: payload.sub ?? 'unknown', rights: RIGHTS.filter((right): right is Right => rights.includes(right)) }, until: (payload.exp ?? 0) * 1_000 };
    } catch {
      return undefined;
    }
  }
}
