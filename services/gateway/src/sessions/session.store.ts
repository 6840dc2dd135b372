import { randomUUID } from 'node:crypto';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import { knownRights, type Right } from '@inkpost/service/rights.js';
import type { PrismaClient } from '../gen/prisma/client.js';
import { LIMITS } from '../limits.js';
import type { AccountIdentity, Session } from './session.js';
import { newSessionToken, sessionTokenSha256 } from './session-token.js';

/** Of somebody who is signed in. */
export type PersonalSession = Session & { readonly identity: AccountIdentity };

/** A session that is about to begin. */
export interface NewSession {
  readonly identity: AccountIdentity;
  readonly rights: readonly Right[];
  readonly passwordMustChange: boolean;
}

export interface FoundSession {
  readonly session: PersonalSession;
  /** Of the password that was proven. */
  readonly passwordVersion: bigint;
  /** A minute has passed since its use was noted: time to look whether it still stands. */
  readonly isDue: boolean;
}

interface SessionRow {
  readonly account: string;
  readonly directory_id: string;
  readonly account_id: string;
  readonly login: string;
  readonly vouched_groups: string[];
  readonly rights: string[];
  readonly password_must_change: boolean;
  readonly password_version: string;
  readonly expires_at: Date;
  readonly is_due: boolean;
}

// Each request asks: one round trip, a prepared statement, and a write only once a minute.
const FIND = `
  WITH found AS (
    SELECT *, last_used_at < now() - make_interval(secs => $3) AS is_due FROM session s
    WHERE token_sha256 = $1 AND expires_at > now() AND last_used_at > now() - make_interval(hours => $2)
      AND NOT EXISTS (SELECT FROM password_known k WHERE k.account = s.account AND k.version > s.password_version)
      AND NOT EXISTS (
        SELECT FROM password_change c WHERE c.account = s.account
        AND c.began_at < now() - make_interval(secs => $4) AND s.created_at < c.began_at + make_interval(secs => $4))
  ), touched AS (
    UPDATE session s SET last_used_at = now() FROM found f
    WHERE s.token_sha256 = f.token_sha256 AND f.is_due
  )
  SELECT account, directory_id, account_id, login, vouched_groups, rights, password_must_change, password_version, expires_at, is_due FROM found`;

const RAISE_KNOWN = `
  INSERT INTO password_known AS k (account, version) VALUES ($1, $2)
  ON CONFLICT (account) DO UPDATE SET version = excluded.version, raised_at = now() WHERE k.version < excluded.version`;

// A session that slips in beside a change is no danger: `session.find` compares the versions again.
const CREATE = `
  INSERT INTO session (account, password_version, token_sha256, rights, password_must_change, source, expires_at, directory_id, account_id, login, vouched_groups)
  SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 WHERE NOT EXISTS (SELECT FROM password_known WHERE account = $1 AND version > $2)
  RETURNING account`;

const SETTLE_CHANGED = `
  WITH known AS (${RAISE_KNOWN}), ended AS (DELETE FROM session WHERE account = $1 AND password_version < $2)
  DELETE FROM password_change WHERE id = $3`;

/** A password change that has begun. */
export interface PasswordChange {
  readonly id: string;
  readonly account: string;
}

/** Who is signed in. Survives restarts and is shared by all gateways of an installation. */
export class SessionStore {
  constructor(
    private readonly pool: Pool,
    private readonly prisma: PrismaClient,
  ) {}

  /**
   * Gives the token, which is nowhere else from then on. Undefined: the password was changed since it was proven.
   *
   * @param passwordVersion of the password that was proven.
   */
  async create({ identity, rights, passwordMustChange }: NewSession, passwordVersion: bigint, source: string): Promise<{ token: string; expiresAt: Date } | undefined> {
    const token = newSessionToken();
    const expiresAt = new Date(Date.now() + LIMITS.sessionHours * 3_600_000);
    const { name, directoryId, accountId, login, vouchedGroups } = identity;
    await query(this.pool, 'password.known', RAISE_KNOWN, [name, String(passwordVersion)]);
    const created = await query(this.pool, 'session.create', CREATE, [
      name, String(passwordVersion), sessionTokenSha256(token), [...rights], passwordMustChange, source, expiresAt, directoryId, accountId, login, [...vouchedGroups],
    ]);
    return created.length === 1 ? { token, expiresAt } : undefined;
  }

  async find(token: string): Promise<FoundSession | undefined> {
    const tokenSha256 = sessionTokenSha256(token);
    const [row] = await query<SessionRow & Record<string, unknown>>(this.pool, 'session.find', FIND, [tokenSha256, LIMITS.sessionIdleHours, LIMITS.sessionTouchSeconds, LIMITS.passwordChangeSeconds]);
    if (!row) return undefined;
    const identity = { name: row.account, directoryId: row.directory_id, accountId: row.account_id, login: row.login, vouchedGroups: row.vouched_groups };
    return {
      session: { tokenSha256, account: row.account, identity, rights: knownRights(row.rights), passwordMustChange: row.password_must_change, expiresAt: row.expires_at },
      passwordVersion: BigInt(row.password_version), isDue: row.is_due,
    };
  }

  /** The session has these rights from now on. */
  async narrow({ tokenSha256 }: Session, rights: readonly Right[]): Promise<void> {
    await query(this.pool, 'session.narrow', 'UPDATE session SET rights = $2 WHERE token_sha256 = $1', [tokenSha256, [...rights]]);
  }

  async end({ tokenSha256 }: Session): Promise<void> {
    await this.prisma.session.deleteMany({ where: { tokenSha256: Uint8Array.from(tokenSha256) } });
  }

  /** Comes before the owner is asked: if its answer is never heard, the account's sessions end, for its password may have changed. */
  async beginPasswordChange(account: string): Promise<PasswordChange> {
    const id = randomUUID();
    await this.prisma.passwordChange.create({ data: { id, account } });
    return { id, account };
  }

  /** The password has changed: all that was signed in with an older one ends. */
  async endSessionsBefore({ id, account }: PasswordChange, passwordVersion: bigint): Promise<void> {
    await query(this.pool, 'password.changed', SETTLE_CHANGED, [account, String(passwordVersion), id]);
  }

  /** The owner has changed nothing. */
  async forgetPasswordChange({ id }: PasswordChange): Promise<void> {
    await this.prisma.passwordChange.deleteMany({ where: { id } });
  }

  async forgetExpired(now: Date): Promise<number> {
    const idleSince = new Date(now.getTime() - LIMITS.sessionIdleHours * 3_600_000);
    const { count } = await this.prisma.session.deleteMany({ where: { OR: [{ expiresAt: { lte: now } }, { lastUsedAt: { lte: idleSince } }] } });
    // Sessions that these could end are over by themselves.
    const before = new Date(now.getTime() - LIMITS.sessionHours * 3_600_000 - 2 * LIMITS.passwordChangeSeconds * 1_000);
    await this.prisma.passwordKnown.deleteMany({ where: { raisedAt: { lt: before } } });
    await this.prisma.passwordChange.deleteMany({ where: { beganAt: { lt: before } } });
    return count;
  }
}
