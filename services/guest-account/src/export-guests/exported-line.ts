import { csvRecord } from '../csv/write-csv.js';
import type { GuestSettings } from '../guests/guest-settings.js';
import type { GuestColumn } from '../import-guests/guest-columns.js';

/** Of secrets nothing can be exported. What comes out can be imported. */
const COLUMNS: readonly (readonly [GuestColumn, (guest: GuestSettings) => string])[] = [
  ['login', ({ login }) => login],
  ['name', ({ displayName }) => displayName],
  ['addresses', ({ addresses }) => addresses.join('|')],
  ['group', ({ group }) => group],
  ['code', ({ analyticalCode }) => analyticalCode],
  ['company', ({ company }) => company],
  ['visitedPerson', ({ visitedPerson }) => visitedPerson],
  ['validFrom', ({ validFrom }) => validFrom?.toISOString() ?? ''],
  ['validUntil', ({ validUntil }) => validUntil?.toISOString() ?? ''],
  ['locked', ({ locked }) => (locked ? 'yes' : 'no')],
  ['language', ({ language }) => language],
  ['note', ({ note }) => note],
];

/** The line of column names. */
export const EXPORT_HEAD = csvRecord(COLUMNS.map(([column]) => column));

/** A guest's line. */
export function exportedLine(guest: GuestSettings): string {
  return csvRecord(COLUMNS.map(([, text]) => text(guest)));
}
