import { randomUUID } from 'node:crypto';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import { knownRights, type Right } from '@inkpost/service/rights.js';
import { API_TOKEN_KEPT_DAYS, API_TOKEN_USE_NOTED_EVERY_S } from '../limits.js';
import type { AccountIdentity } from '../sign-in/account-standing.js';
import { isUniqueViolation } from '../sql-state.js';
import type { CheckedApiToken } from './check-api-token.js';

/** What a program signs in with; the token itself is with its bearer only. */
export interface StoredApiToken {
  readonly tokenId: string;
  readonly name: string;
  readonly rights: readonly Right[];
  readonly maker: AccountIdentity;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly lastUsedAt: Date | null;
}

type Row = Omit<StoredApiToken, 'rights'> & { readonly rights: readonly string[] };

const COLUMNS = 'token_id AS "tokenId", name, rights, maker, created_at AS "createdAt", expires_at AS "expiresAt", last_used_at AS "lastUsedAt"';
/** Those that ran out long ago go, and their names are free again. */
const FORGET = 'DELETE FROM api_token WHERE expires_at < now() - make_interval(days => $1)';
const INSERT = 'INSERT INTO api_token (token_id, name, name_key, token_sha256, rights, maker, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)';
/** Used at most once a minute, however many gateways ask. */
const USE = `WITH used AS (UPDATE api_token SET last_used_at = now() WHERE token_sha256 = $1 AND expires_at > now() AND (last_used_at IS NULL OR last_used_at < now() - make_interval(secs => $2)))
  SELECT ${COLUMNS} FROM api_token WHERE token_sha256 = $1 AND expires_at > now()`;

export class ApiTokenStore {
  constructor(private readonly pool: Pool) {}

  /** The latest first, also those that have run out. */
  async list(): Promise<readonly StoredApiToken[]> {
    return (await query<Row & object>(this.pool, 'api-token.list', `SELECT ${COLUMNS} FROM api_token ORDER BY created_at DESC, token_id`, [])).map(toToken);
  }

  async find(tokenId: string): Promise<StoredApiToken | undefined> {
    return (await query<Row & object>(this.pool, 'api-token.find', `SELECT ${COLUMNS} FROM api_token WHERE token_id = $1`, [tokenId])).map(toToken)[0];
  }

  /** Gives the new token's identifier; undefined: another one has its name. */
  async create({ name, rights, expiresAt }: CheckedApiToken, maker: AccountIdentity, tokenSha256: Buffer): Promise<string | undefined> {
    const tokenId = randomUUID();
    await query(this.pool, 'api-token.forget', FORGET, [API_TOKEN_KEPT_DAYS]);
    try {
      await query(this.pool, 'api-token.create', INSERT, [tokenId, name, name.toLowerCase(), tokenSha256, [...rights], JSON.stringify(maker), expiresAt]);
      return tokenId;
    } catch (error) {
      if (isUniqueViolation(error)) return undefined;
      throw error;
    }
  }

  async remove(tokenId: string): Promise<void> {
    await query(this.pool, 'api-token.delete', 'DELETE FROM api_token WHERE token_id = $1', [tokenId]);
  }

  /** Notes the use. Undefined: unknown, revoked or run out. */
  async use(tokenSha256: Uint8Array): Promise<StoredApiToken | undefined> {
    return (await query<Row & object>(this.pool, 'api-token.use', USE, [Buffer.from(tokenSha256), API_TOKEN_USE_NOTED_EVERY_S])).map(toToken)[0];
  }
}

function toToken(row: Row): StoredApiToken {
  return { ...row, rights: knownRights(row.rights) };
}
