import { FIRST_GUESTS_LOOKED_AT } from '../limits.js';
import { type Condition, filterCondition, type GuestFilter, type GuestSort, sortKey } from './guest-filter.js';

/** A guest's place in an order. */
export interface GuestPlace {
  /** What is ordered by, as Postgres writes it. */
  readonly key: string;
  readonly loginKey: string;
}

export interface GuestPage {
  readonly filter: GuestFilter;
  readonly sort: GuestSort;
  readonly descending: boolean;
  /** Of the last guest before; undefined: from the first. */
  readonly after: GuestPlace | undefined;
  readonly limit: number;
}

/** Three ways to a page, each a question for `account_id` and `key`. */
export interface GuestPages {
  /** In the order of an index: where everybody is found. */
  readonly inOrder: Condition;
  /** Only among the next guests of the order: fast where many are found, and never slow. Undefined: no index has this order, or the page is large. */
  readonly amongFirst: Condition | undefined;
  /** First whoever is found, then their order: fast where few are found. */
  readonly found: Condition;
}

/**
 * Postgres can't know which way is fast: who is found may stand at the end of the order, and a word be in fewer guests than it guesses. Left to
 * itself it walks through all of them in their order, 160 ms of 100,000.
 */
export function guestPages({ filter, sort, descending, after, limit }: GuestPage): GuestPages {
  const condition = filterCondition(filter);
  const key = sortKey(sort, descending);
  const values = [...condition.values];
  const parameter = (value: unknown): string => `$${values.push(value)}`;
  const beyond = after ? `(${key.sql}, login_key) ${descending ? '<' : '>'} (${parameter(after.key)}::${key.type}, ${parameter(after.loginKey)})` : 'true';
  const direction = descending ? 'DESC' : 'ASC';
  const inTurn = `ORDER BY key ${direction}, login_key ${direction} LIMIT`;
  const page = `${inTurn} ${parameter(limit)}`;
  const way = (sql: string): Condition => ({ sql, values });
  const first = `SELECT *, ${key.sql} AS key FROM guest WHERE ${beyond} ${inTurn} ${FIRST_GUESTS_LOOKED_AT}`;
  return {
    inOrder: way(`SELECT account_id, ${key.sql} AS key FROM guest WHERE ${condition.sql} AND ${beyond} ${page}`),
    amongFirst: key.indexed && limit * 5 <= FIRST_GUESTS_LOOKED_AT ? way(`SELECT account_id, key FROM (${first}) AS first WHERE ${condition.sql} ${page}`) : undefined,
    found: way(`WITH found AS MATERIALIZED (SELECT account_id, login_key, ${key.sql} AS key FROM guest WHERE ${condition.sql} AND ${beyond}) SELECT account_id, key FROM found ${page}`),
  };
}
