import { parseMailAddress } from '@inkpost/mail-address/mail-address.js';
import { type CsvRecord, parseCsv, UnreadableImport } from '../csv/parse-csv.js';
import { withoutApostrophe } from '../csv/write-csv.js';
import { loginKeyOf } from '../guests/guest-settings.js';
import { IMPORT_LINES_MAX, IMPORT_PASSWORDS_MAX } from '../limits.js';
import { type GuestColumn, readGuestColumns } from './guest-columns.js';

export type GuestFields = Readonly<Partial<Record<GuestColumn, string>>>;

/** A line of the file, not looked at any closer yet. */
export interface GuestLine {
  /** From 1; the line of column names is the first. */
  readonly line: number;
  readonly fields: GuestFields;
  /** As they are written. */
  readonly addresses: readonly string[];
  /** By which the guest may be known; empty: only by an address. */
  readonly loginKey: string;
  /** It has more or fewer fields than the first line, so that nobody knows which is which; else empty. */
  readonly problem: string;
}

export interface GuestLines {
  readonly lines: readonly GuestLine[];
  readonly notes: readonly string[];
}

/** Throws `UnreadableImport` where the file as a whole can't be taken. */
export function readGuestLines(csv: string): GuestLines {
  const [head, ...records] = parseCsv(csv);
  const read = readGuestColumns(head?.fields ?? []);
  if (typeof read === 'string') throw new UnreadableImport(read);
  if (records.length > IMPORT_LINES_MAX) throw new UnreadableImport(`There are ${records.length} lines; at most ${IMPORT_LINES_MAX} are taken at once: import in parts.`);
  const lines = records.map((record) => toLine(record, read.columns));
  const passwords = lines.filter(({ fields }) => (fields.password ?? '') !== '').length;
  if (passwords > IMPORT_PASSWORDS_MAX) throw new UnreadableImport(`There are ${passwords} passwords; since each takes its time to be made safe, at most ${IMPORT_PASSWORDS_MAX} are taken at once: import in parts, or without passwords.`);
  return { lines, notes: read.notes };
}

function toLine({ line, fields: values }: CsvRecord, columns: readonly (GuestColumn | undefined)[]): GuestLine {
  const fields: GuestFields = Object.fromEntries(columns.flatMap((column, index) => (column ? [[column, withoutApostrophe((values[index] ?? '').trim())]] : [])));
  const login = fields.login ?? '';
  return {
    line, fields, loginKey: loginKeyOf(parseMailAddress(login)?.text ?? login),
    addresses: (fields.addresses ?? '').split(/[\s,;|]+/u).filter((address) => address !== ''),
    problem: values.length === columns.length ? '' : `has ${values.length} fields, and the first line ${columns.length}`,
  };
}
