import { invalidField } from '@inkpost/service/rpc-errors.js';
import { CURSOR_LENGTH_MAX } from '../limits.js';
import type { GuestSort } from './guest-filter.js';
import type { GuestPlace } from './guest-page.js';

export interface GuestOrder {
  readonly sort: GuestSort;
  readonly descending: boolean;
}

/** A guest's place as a cursor that is good for this order only. */
export function writeGuestPlace({ key, loginKey }: GuestPlace, { sort, descending }: GuestOrder): string {
  return Buffer.from(JSON.stringify([sort, descending, key, loginKey])).toString('base64url');
}

/** Empty: undefined, from the first. Throws invalid-argument for what was not written above, or for another order. */
export function readGuestPlace(cursor: string, { sort, descending }: GuestOrder): GuestPlace | undefined {
  if (cursor === '') return undefined;
  const parts = cursor.length <= CURSOR_LENGTH_MAX ? parse(Buffer.from(cursor, 'base64url').toString()) : undefined;
  if (Array.isArray(parts) && parts.length === 4) {
    const [ofSort, ofDescending, key, loginKey] = parts as unknown[];
    if (ofSort === sort && ofDescending === descending && isPlaceText(key) && isPlaceText(loginKey) && isKeyOf(sort, key)) return { key, loginKey };
  }
  throw invalidField('cursor', 'must be the nextCursor of the page before, with the same sort and direction');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isPlaceText(text: unknown): text is string {
  return typeof text === 'string' && !text.includes('\u0000') && text.isWellFormed();
}

/** Postgres would take offence at a moment that is none. */
function isKeyOf(sort: GuestSort, key: string): boolean {
  return !['valid-until', 'created-at', 'last-used-at'].includes(sort) || /^-?infinity$|^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,3})?[+-]\d\d(?::\d\d)?$/u.test(key);
}
