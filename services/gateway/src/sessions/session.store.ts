import { type Pool, query } from '@inkpost/postgres/pool.js';
import { RIGHTS } from '@inkpost/service/rights.js';
import type { PrismaClient } from '../gen/prisma/client.js';
import { LIMITS } from '../limits.js';
import type { Session } from './session.js';
import { newSessionToken, sessionTokenSha256 } from './session-token.js';

interface SessionRow {
  readonly account: string;
  readonly rights: string[];
  readonly password_must_change: boolean;
  readonly expires_at: Date;
}

// Each request asks: one round trip, a prepared statement, and a write only once a minute.
const FIND = `
  WITH found AS (
    SELECT token_sha256, account, rights, password_must_change, expires_at, last_used_at FROM session
    WHERE token_sha256 = $1 AND expires_at > now() AND last_used_at > now() - make_interval(hours => $2)
  ), touched AS (
    UPDATE session s SET last_used_at = now() FROM found f
    WHERE s.token_sha256 = f.token_sha256 AND f.last_used_at < now() - make_interval(secs => $3)
  )
  SELECT account, rights, password_must_change, expires_at FROM found`;

/** Who is signed in. Survives restarts and is shared by all gateways of an installation. */
export class SessionStore {
  constructor(
    private readonly pool: Pool,
    private readonly prisma: PrismaClient,
  ) {}

  /** Gives the token, which is nowhere else from then on. */
  async create(session: Omit<Session, 'tokenSha256' | 'expiresAt'>, source: string): Promise<{ token: string; expiresAt: Date }> {
    const token = newSessionToken();
    const expiresAt = new Date(Date.now() + LIMITS.sessionHours * 3_600_000);
    const { account, rights, passwordMustChange } = session;
    await this.prisma.session.create({ data: { tokenSha256: Uint8Array.from(sessionTokenSha256(token)), account, rights: [...rights], passwordMustChange, source, expiresAt } });
    return { token, expiresAt };
  }

  async find(token: string): Promise<Session | undefined> {
    const tokenSha256 = sessionTokenSha256(token);
    const [row] = await query<SessionRow & Record<string, unknown>>(this.pool, 'session.find', FIND, [tokenSha256, LIMITS.sessionIdleHours, LIMITS.sessionTouchSeconds]);
    if (!row) return undefined;
    return { tokenSha256, account: row.account, rights: RIGHTS.filter((right) => row.rights.includes(right)), passwordMustChange: row.password_must_change, expiresAt: row.expires_at };
  }

  async end({ tokenSha256 }: Session): Promise<void> {
    await this.prisma.session.deleteMany({ where: { tokenSha256: Uint8Array.from(tokenSha256) } });
  }

  /** A changed password ends all that was signed in with the old one. */
  async endAllOf(account: string): Promise<void> {
    await this.prisma.session.deleteMany({ where: { account } });
  }

  async forgetExpired(now: Date): Promise<number> {
    const idleSince = new Date(now.getTime() - LIMITS.sessionIdleHours * 3_600_000);
    const { count } = await this.prisma.session.deleteMany({ where: { OR: [{ expiresAt: { lte: now } }, { lastUsedAt: { lte: idleSince } }] } });
    return count;
  }
}
