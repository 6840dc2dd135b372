import { randomUUID } from 'node:crypto';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import { isUniqueViolation } from '../sql-state.js';

/** The card of somebody of a directory. */
export interface AccountCard {
  readonly cardId: string;
  readonly directoryId: string;
  readonly directoryName: string;
  readonly login: string;
  /** Lower-cased; by it and the id cards are in order. */
  readonly loginKey: string;
  /** The last characters of its number. */
  readonly cardEnd: string;
  readonly createdAt: Date;
}

export interface NewCard {
  readonly hash: Buffer;
  readonly end: string;
  readonly directoryId: string;
  readonly accountId: string;
  readonly login: string;
}

/** To whom a card leads. Of somebody who was a guest when the card was theirs: an address by which their directory knows them. */
export interface CardHolder {
  readonly accountId: string;
  readonly directoryId: string | null;
  readonly directoryName: string | null;
  readonly login: string | null;
  readonly address: string | null;
}

const COLUMNS = `c.card_id AS "cardId", c.directory_id AS "directoryId", d.name AS "directoryName", c.login, c.login_key AS "loginKey", c.card_end AS "cardEnd", c.created_at AS "createdAt"`;

/** A card is one person's, whatever they are; a guest's own comes first. */
const HOLDER = `
  SELECT account_id AS "accountId", 'guests' AS "directoryId", NULL AS "directoryName", login, NULL AS address FROM guest WHERE card_hash = $1
  UNION ALL SELECT account_id, directory_id, NULL, login, NULL FROM account_card WHERE card_hash = $1
  UNION ALL SELECT m.account_id, NULL, m.directory, NULL, k.sender_address FROM merged_account m LEFT JOIN known_person k USING (account_id) WHERE m.card_hash = $1
  LIMIT 1`;

const CREATE = `INSERT INTO account_card (card_id, card_hash, card_end, directory_id, account_id, login, login_key) SELECT $1, $2, $3, $4, $5, $6, $7
  WHERE NOT EXISTS (SELECT FROM guest WHERE card_hash = $2) RETURNING 1`;

/** Cards of people of directories. */
export class AccountCardStore {
  constructor(private readonly pool: Pool) {}

  /** From `after` on, by login. `search`: what login or card end begin with, in lower case. */
  async list({ search, after, limit }: { readonly search: string; readonly after: { readonly loginKey: string; readonly cardId: string } | undefined; readonly limit: number }): Promise<AccountCard[]> {
    return query<AccountCard & object>(
      this.pool, 'account-card.list',
      `SELECT ${COLUMNS} FROM account_card c JOIN directory d USING (directory_id) WHERE (starts_with(c.login_key, $1) OR starts_with(lower(c.card_end), $1))
       AND ($2::text IS NULL OR (c.login_key, c.card_id) > ($2, $3::uuid)) ORDER BY c.login_key, c.card_id LIMIT $4`,
      [search, after?.loginKey ?? null, after?.cardId ?? null, limit],
    );
  }

  async find(cardId: string): Promise<AccountCard | undefined> {
    const [card] = await query<AccountCard & object>(this.pool, 'account-card.find', `SELECT ${COLUMNS} FROM account_card c JOIN directory d USING (directory_id) WHERE card_id = $1`, [cardId]);
    return card;
  }

  /** Gives its id; undefined: the card is somebody's already. */
  async create({ hash, end, directoryId, accountId, login }: NewCard): Promise<string | undefined> {
    const cardId = randomUUID();
    try {
      const made = await query(this.pool, 'account-card.create', CREATE, [cardId, hash, end, directoryId, accountId, login, login.toLowerCase()]);
      return made.length > 0 ? cardId : undefined;
    } catch (error) {
      if (isUniqueViolation(error)) return undefined;
      throw error;
    }
  }

  /** False: there is none. */
  async remove(cardId: string): Promise<boolean> {
    return (await query(this.pool, 'account-card.remove', 'DELETE FROM account_card WHERE card_id = $1 RETURNING 1', [cardId])).length > 0;
  }

  async holderOf(cardHash: Buffer): Promise<CardHolder | undefined> {
    const [holder] = await query<CardHolder & object>(this.pool, 'account-card.holder', HOLDER, [cardHash]);
    return holder;
  }
}
