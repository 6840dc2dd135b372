import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { MasterKey } from '@inkpost/secrets/master-key.js';
import { openSecret, sealSecret } from '@inkpost/secrets/seal.js';
import { REFRESH_LEASE_MS } from '../limits.js';
import type { Tokens } from '../ports/authority.port.js';
import { tokenTimes } from './token-times.js';

export interface Association {
  readonly account: string;
  readonly binding: string;
  /** From then on the access token is refreshed before it is used. */
  readonly freshUntil: Date;
  readonly accessTokenExpiresAt: Date;
  /** Undefined: nobody knows. */
  readonly grantExpiresAt: Date | undefined;
  readonly associatedAt: Date;
  readonly associatedBy: string;
  /** Why the last refresh failed; empty: it didn't. */
  readonly problem: string;
  /** Of the grant that is stored now. */
  readonly version: number;
  readonly accessToken: () => string;
  readonly refreshToken: () => string;
}

/** A consent that was just given. */
export interface Consent {
  readonly account: string;
  readonly binding: string;
  /** With its refresh token. */
  readonly tokens: Tokens & { readonly refreshToken: string };
  /** Who asked for it. */
  readonly associatedBy: string;
}

const COLUMNS = `account, binding, access_token_fresh_until, access_token_expires_at, grant_expires_at, associated_at, associated_by, problem, version, sealed_access_token, sealed_refresh_token`;

const FIND = `SELECT ${COLUMNS} FROM association WHERE mailbox_id = $1`;

const ASSOCIATE = `WITH stored AS (
    INSERT INTO association (mailbox_id, account, binding, sealed_refresh_token, sealed_access_token, access_token_fresh_until, access_token_expires_at, grant_expires_at, associated_at, associated_by)
    SELECT id, $2, $3, $4, $5, $6, $7, $8, now(), $9 FROM mailbox WHERE id = $1
    ON CONFLICT (mailbox_id) DO UPDATE SET account = excluded.account, binding = excluded.binding, sealed_refresh_token = excluded.sealed_refresh_token,
      sealed_access_token = excluded.sealed_access_token, access_token_fresh_until = excluded.access_token_fresh_until,
      access_token_expires_at = excluded.access_token_expires_at, grant_expires_at = excluded.grant_expires_at, associated_at = excluded.associated_at,
      associated_by = excluded.associated_by, problem = '', version = association.version + 1, refresher = NULL, refresh_until = NULL)
  UPDATE mailbox SET version = version + 1 WHERE id = $1 RETURNING id`;

const REMOVE = `WITH gone AS (DELETE FROM association WHERE mailbox_id = $1),
    ended AS (UPDATE association_attempt SET finished_at = now(), problem = 'It was called off.' WHERE mailbox_id = $1 AND finished_at IS NULL)
  UPDATE mailbox SET version = version + 1 WHERE id = $1`;

const CLAIM = `UPDATE association SET refresher = $3, refresh_until = now() + $4 * interval '1 ms'
  WHERE mailbox_id = $1 AND version = $2 AND (refresh_until IS NULL OR refresh_until <= now()) RETURNING version`;

const KEEP = `UPDATE association SET sealed_refresh_token = coalesce($3, sealed_refresh_token), sealed_access_token = $4, access_token_fresh_until = $5, access_token_expires_at = $6,
    grant_expires_at = coalesce($7, grant_expires_at), problem = '', version = version + 1, refresher = NULL, refresh_until = NULL
  WHERE mailbox_id = $1 AND version = $2 RETURNING version`;

const GIVE_UP = 'UPDATE association SET problem = $3, refresher = NULL, refresh_until = NULL WHERE mailbox_id = $1 AND refresher = $2';

interface Row {
  readonly account: string;
  readonly binding: string;
  readonly access_token_fresh_until: Date;
  readonly access_token_expires_at: Date;
  readonly grant_expires_at: Date | null;
  readonly associated_at: Date;
  readonly associated_by: string;
  readonly problem: string;
  readonly version: number;
  readonly sealed_access_token: Buffer;
  readonly sealed_refresh_token: Buffer;
}

/** What a mailbox's access token is sealed for. */
export function accessTokenContext(mailboxId: string): string {
  return `association-access-token/${mailboxId}`;
}

/** What a mailbox's refresh token is sealed for. */
export function refreshTokenContext(mailboxId: string): string {
  return `association-refresh-token/${mailboxId}`;
}

/** The consents to read mailboxes. Tokens are sealed, each for its mailbox and purpose alone. */
export class AssociationStore {
  constructor(
    private readonly pool: Pool,
    private readonly masterKey: MasterKey,
  ) {}

  async find(mailboxId: string): Promise<Association | undefined> {
    const [row] = await query<Row & Record<string, unknown>>(this.pool, 'association.find', FIND, [mailboxId]);
    if (!row) return undefined;
    return {
      account: row.account, binding: row.binding, freshUntil: row.access_token_fresh_until, accessTokenExpiresAt: row.access_token_expires_at,
      grantExpiresAt: row.grant_expires_at ?? undefined, associatedAt: row.associated_at, associatedBy: row.associated_by, problem: row.problem, version: row.version,
      accessToken: () => openSecret(this.masterKey, accessTokenContext(mailboxId), row.sealed_access_token),
      refreshToken: () => openSecret(this.masterKey, refreshTokenContext(mailboxId), row.sealed_refresh_token),
    };
  }

  /** In the place of an earlier one; whoever watches the mailbox begins anew. False: there is no such mailbox any more. */
  async associate(mailboxId: string, { account, binding, tokens, associatedBy }: Consent): Promise<boolean> {
    const { accessToken, freshUntil, expiresAt, grantExpiresAt } = this.sealed(mailboxId, tokens);
    const refreshToken = sealSecret(this.masterKey, refreshTokenContext(mailboxId), tokens.refreshToken);
    const stored = await query(this.pool, 'association.associate', ASSOCIATE, [mailboxId, account, binding, refreshToken, accessToken, freshUntil, expiresAt, grantExpiresAt, associatedBy]);
    return stored.length === 1;
  }

  /** Calls attempts off that are under way, too. */
  async remove(mailboxId: string): Promise<void> {
    await query(this.pool, 'association.remove', REMOVE, [mailboxId]);
  }

  /** True: this one alone refreshes the grant of this version, for as long as answer and storing may take. */
  async claimRefresh(mailboxId: string, version: number, refresher: string): Promise<boolean> {
    return (await query(this.pool, 'association.claim', CLAIM, [mailboxId, version, refresher, REFRESH_LEASE_MS])).length === 1;
  }

  /** Durable once it resolves. False: the mailbox was associated anew meanwhile, or is no longer. */
  async keepRefreshed(mailboxId: string, version: number, tokens: Tokens): Promise<boolean> {
    const { accessToken, freshUntil, expiresAt, grantExpiresAt } = this.sealed(mailboxId, tokens);
    const refreshToken = tokens.refreshToken === undefined ? null : sealSecret(this.masterKey, refreshTokenContext(mailboxId), tokens.refreshToken);
    return (await query(this.pool, 'association.keep', KEEP, [mailboxId, version, refreshToken, accessToken, freshUntil, expiresAt, grantExpiresAt])).length === 1;
  }

  async giveUpRefresh(mailboxId: string, refresher: string, problem: string): Promise<void> {
    await query(this.pool, 'association.give-up', GIVE_UP, [mailboxId, refresher, problem]);
  }

  private sealed(mailboxId: string, tokens: Tokens) {
    const { freshUntil, expiresAt, grantExpiresAt } = tokenTimes(tokens, new Date());
    return { accessToken: sealSecret(this.masterKey, accessTokenContext(mailboxId), tokens.accessToken), freshUntil, expiresAt, grantExpiresAt: grantExpiresAt ?? null };
  }
}
