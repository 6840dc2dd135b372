import { parseMailAddress } from '@inkpost/mail-address/mail-address.js';
import { fault } from '@inkpost/server-connection/run-steps.js';
import { columnsOf, type SqlSettings } from '../../directories/sql-settings.js';
import { GROUPS_OF_PERSON_MAX, NAME_LENGTH_MAX, SQL_ROWS_MAX } from '../../limits.js';
import type { DirectoryPerson } from '../../ports/directory.port.js';
import { visibleLine } from '../../visible-line.js';
import { accountIdOf } from '../account-id.js';
import { normalAddresses } from '../address-texts.js';
import type { SqlAnswer, SqlRow } from './sql-connection.js';

/** A person with the groups that came along. */
export interface GroupedPerson {
  readonly person: DirectoryPerson;
  /** In the order of the alphabet. */
  readonly groups: readonly string[];
}

const FALSE_TEXTS = new Set(['', '0', 'f', 'false', 'n', 'no', 'non']);

/** Rows -> people; those of one identity are one person. Throws `CauseDown` where the result isn't what the settings say. */
export function toPeople({ columns, rows }: SqlAnswer, settings: SqlSettings, directoryId: string): GroupedPerson[] {
  checkColumns(columns, settings);
  if (rows.length >= SQL_ROWS_MAX) throw fault(`The query gives ${SQL_ROWS_MAX} rows or more for one address: correct it, so that it gives those of one person.`);
  const byIdentity = new Map<string, SqlRow[]>();
  for (const row of rows) {
    const identity = firstText([row], settings.identityColumn);
    if (identity === '') throw fault(`A row has no ${settings.identityColumn}: choose another identityColumn, which each person has and keeps.`);
    byIdentity.set(identity, [...(byIdentity.get(identity) ?? []), row]);
  }
  return [...byIdentity].map(([identity, own]) => ({ person: toPerson(identity, own, settings, directoryId), groups: groupsIn(own, settings.groupColumn) }));
}

/** Throws `CauseDown` that names what is missing. */
export function checkColumns(columns: readonly string[], settings: SqlSettings): void {
  const missing = columnsOf(settings).filter((name) => !columns.some((column) => sameName(column, name)));
  if (missing.length > 0) throw fault(`The result of the query has no column ${missing.join(', ')}; it has ${columns.join(', ')}. Correct the query, or the name of the column.`);
}

function toPerson(identity: string, rows: readonly SqlRow[], settings: SqlSettings, directoryId: string): DirectoryPerson {
  const { loginColumn, nameColumn, addressColumns, languageColumn, lockedColumn } = settings;
  const login = firstText(rows, loginColumn);
  return {
    accountId: accountIdOf(directoryId, identity), reference: identity, login: visibleLine(login, NAME_LENGTH_MAX), displayName: visibleLine(firstText(rows, nameColumn) || login, NAME_LENGTH_MAX),
    addresses: normalAddresses(addressColumns.map((column) => texts(rows, column).flatMap(addressesIn))), language: firstText(rows, languageColumn),
    // One row that says so is enough.
    locked: lockedColumn !== '' && rows.some((row) => isTrue(valueOf(row, lockedColumn))),
  };
}

/** A field may hold several, with signs between that no address has outside of quotes. */
function addressesIn(text: string): string[] {
  return parseMailAddress(text.trim()) ? [text] : text.split(/[;,|\s]+/u);
}

function groupsIn(rows: readonly SqlRow[], column: string): string[] {
  const names = column === '' ? [] : texts(rows, column).flatMap((text) => text.split(/[;|]/u)).map((name) => visibleLine(name, NAME_LENGTH_MAX)).filter((name) => name !== '');
  return [...new Set(names)].toSorted().slice(0, GROUPS_OF_PERSON_MAX);
}

function firstText(rows: readonly SqlRow[], column: string): string {
  return column === '' ? '' : (texts(rows, column)[0] ?? '');
}

/** Of an array each element; nothing where there is nothing. */
function texts(rows: readonly SqlRow[], column: string): string[] {
  return rows.flatMap((row) => [valueOf(row, column)].flat()).map(asText).filter((text) => text !== '');
}

/** Bytes in hexadecimal, as a UUID in BINARY(16). */
function asText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Buffer.isBuffer(value)) return value.toString('hex');
  return typeof value === 'string' ? value.trim() : JSON.stringify(value);
}

function isTrue(value: unknown): boolean {
  if (Buffer.isBuffer(value)) return value.some((byte) => byte !== 0);
  return value !== null && value !== undefined && !FALSE_TEXTS.has(asText(value).toLowerCase());
}

function valueOf(row: SqlRow, column: string): unknown {
  const name = column in row ? column : Object.keys(row).find((key) => sameName(key, column));
  return name === undefined ? undefined : row[name];
}

/** PostgreSQL writes names without quotes in lower case. */
function sameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
