import { ACCESS_TOKEN_MARGIN_MS } from '../limits.js';
import type { Tokens } from '../ports/authority.port.js';

export interface TokenTimes {
  /** From then on an access token is refreshed before it is used. */
  readonly freshUntil: Date;
  readonly expiresAt: Date;
  /** Undefined: nobody says. */
  readonly grantExpiresAt: Date | undefined;
}

/** How long tokens that were given now are good for. */
export function tokenTimes({ accessTokenSeconds, refreshTokenSeconds }: Pick<Tokens, 'accessTokenSeconds' | 'refreshTokenSeconds'>, now: Date): TokenTimes {
  const lifeMs = accessTokenSeconds * 1_000;
  const after = (delayMs: number) => new Date(now.getTime() + delayMs);
  return {
    freshUntil: after(lifeMs - Math.min(ACCESS_TOKEN_MARGIN_MS, lifeMs / 10)),
    expiresAt: after(lifeMs),
    grantExpiresAt: refreshTokenSeconds === undefined ? undefined : after(refreshTokenSeconds * 1_000),
  };
}
