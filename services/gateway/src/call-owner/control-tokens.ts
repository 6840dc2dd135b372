import { signControlToken } from '@inkpost/service/control-token.js';
import type { Caller } from '@inkpost/service/rights.js';
import { LIMITS } from '../limits.js';
import type { OwnerName } from './owner-name.js';

interface Signed {
  readonly token: Promise<string>;
  readonly until: number;
}

/** Signs calls to owners, and uses a token again for some seconds: a busy release point costs no signature per call. */
export class ControlTokens {
  private readonly signed = new Map<string, Signed>();

  /** `keys`: each owner's own, so that no service can call another. */
  constructor(private readonly keys: ReadonlyMap<OwnerName, Uint8Array>) {}

  async tokenFor(owner: OwnerName, caller: Caller, now = Date.now()): Promise<string> {
    const name = JSON.stringify([owner, caller.actor, caller.rights]);
    const known = this.signed.get(name);
    if (known && known.until > now) return known.token;
    const key = this.keys.get(owner);
    if (!key) throw new Error(`There is no key for ${owner}.`);
    if (this.signed.size >= LIMITS.controlTokensMax) this.signed.clear();
    const token = signControlToken(key, owner, caller);
    this.signed.set(name, { token, until: now + LIMITS.controlTokenReuseMs });
    return token;
  }
}
