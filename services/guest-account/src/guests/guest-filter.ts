import { wordsOf } from './fold-text.js';

export const GUEST_STATES = ['active', 'locked', 'expired', 'not-yet'] as const;
export type GuestState = (typeof GUEST_STATES)[number];

export const GUEST_ORIGINS = ['mail', 'administrator', 'import', 'wsc'] as const;
export type GuestOrigin = (typeof GUEST_ORIGINS)[number];

/** Guests that all of these are true of; what is empty is true of all. */
export interface GuestFilter {
  /** Words, each of which stands somewhere in what is known of the guest. */
  readonly search: string;
  readonly group: string;
  readonly company: string;
  readonly state: GuestState | '';
  readonly origin: GuestOrigin | '';
}

export const GUEST_SORTS = ['login', 'name', 'company', 'group', 'valid-until', 'created-at', 'last-used-at'] as const;
export type GuestSort = (typeof GUEST_SORTS)[number];

/** Conditions and the values of their parameters, which stand in the order of the numbers. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** One of four: locked comes before expired, that before not-yet. */
export const STATE_SQL = `CASE WHEN locked THEN 'locked' WHEN valid_until <= now() THEN 'expired' WHEN valid_from > now() THEN 'not-yet' ELSE 'active' END`;

/** It finds everybody. */
export function isEmptyFilter({ search, group, company, state, origin }: GuestFilter): boolean {
  return wordsOf(search).length === 0 && [group, company, state, origin].every((each) => each === '');
}

/** A condition on the table guest, its parameters from $1 on. */
export function filterCondition({ search, group, company, state, origin }: GuestFilter): Condition {
  const values: unknown[] = [];
  const parameter = (value: unknown): string => `$${values.push(value)}`;
  const conditions = wordsOf(search).map((word) => `search_text LIKE ${parameter(patternOf(word))}`);
  if (group !== '') conditions.push(`group_name = ${parameter(group)}`);
  if (company !== '') conditions.push(`company = ${parameter(company)}`);
  if (state !== '') conditions.push(`${STATE_SQL} = ${parameter(state)}`);
  if (origin !== '') conditions.push(`origin = ${parameter(origin)}`);
  return { sql: conditions.length === 0 ? 'true' : conditions.join(' AND '), values };
}

/** One or two letters are the beginning of a word: somewhere in the middle they are in nearly everything, and no index helps. */
function patternOf(word: string): string {
  const literal = word.replaceAll(/[\\%_]/gu, String.raw`\$&`);
  return Array.from(word).length <= 2 ? `% ${literal}%` : `%${literal}%`;
}

const TEXT_KEYS = { login: 'login_key', name: 'name_key', company: 'company', group: 'group_name' } as const;

/** What is ordered by. */
export interface SortKey {
  readonly sql: string;
  readonly type: 'text' | 'timestamptz';
  /** There is an index with this order. What each use moves has none: mails would pay for it. */
  readonly indexed: boolean;
}

/** Whoever has no end, or was never used, comes last in both directions. */
export function sortKey(sort: GuestSort, descending: boolean): SortKey {
  const last = descending ? '-infinity' : 'infinity';
  switch (sort) {
    case 'valid-until':
      return { sql: `coalesce(valid_until, '${last}')`, type: 'timestamptz', indexed: false };
    case 'last-used-at':
      return { sql: `coalesce(last_used_at, '${last}')`, type: 'timestamptz', indexed: false };
    case 'created-at':
      return { sql: 'created_at', type: 'timestamptz', indexed: true };
    case 'login':
    case 'name':
    case 'company':
    case 'group':
    default:
      return { sql: TEXT_KEYS[sort], type: 'text', indexed: true };
  }
}
