import { IMPORT_LINES_MAX } from '../limits.js';
import { parseCsv, UnreadableImport } from '../csv/parse-csv.js';
import { readAnswer } from '../csv/read-answer.js';
import { checkPerson, isProblem, type PersonSettings } from './person-settings.js';

/** A person who is there. */
export interface KnownPerson extends PersonSettings {
  readonly accountId: string;
}

export interface ImportLine {
  /** From 1; the line of column names is the first. */
  readonly line: number;
  readonly login: string;
  readonly outcome: 'added' | 'changed' | 'unchanged' | 'refused';
  /** Why it is refused, and what to do; else empty. */
  readonly problem: string;
}

export interface PlannedPerson {
  /** Undefined: a new one. */
  readonly accountId: string | undefined;
  readonly person: PersonSettings;
}

export interface ImportPlan {
  readonly lines: readonly ImportLine[];
  /** What is to be written, of the lines that are added or changed. */
  readonly people: readonly PlannedPerson[];
}

const COLUMNS = ['login', 'name', 'addresses', 'language', 'groups', 'locked'] as const;
type Column = (typeof COLUMNS)[number];

/** Why whoever imports may not change or add this person; empty: they may. */
export type MayNot = (before: KnownPerson | undefined, person: PersonSettings) => string;

/** What an import would do, line by line. People are known by their logins. Throws `UnreadableImport`. */
export function planImport(csv: string, known: readonly KnownPerson[], mayNot: MayNot = () => ''): ImportPlan {
  const [head, ...records] = parseCsv(csv);
  const columns = checkColumns(head?.fields ?? []);
  if (records.length > IMPORT_LINES_MAX) throw new UnreadableImport(`There are ${records.length} lines; at most ${IMPORT_LINES_MAX} are taken at once.`);
  const byLogin = new Map(known.map((person) => [person.login.toLowerCase(), person]));
  // Whom the file names has the addresses that it says, and may give old ones away in it.
  const named = new Set(records.map(({ fields }) => (fields[columns.indexOf('login')] ?? '').trim().toLowerCase()));
  const holders = new Map(known.filter(({ login }) => !named.has(login.toLowerCase())).flatMap(({ login, addresses }) => addresses.map((address) => [address, login.toLowerCase()])));
  const seen = new Map<string, number>();
  const people: PlannedPerson[] = [];
  const lines = records.map(({ line, fields }): ImportLine => {
    const refused = (login: string, problem: string): ImportLine => ({ line, login, outcome: 'refused', problem });
    if (fields.length !== columns.length) return refused(fields[columns.indexOf('login')] ?? '', `has ${fields.length} fields, and the first line ${columns.length}`);
    const row = Object.fromEntries(columns.map((column, index) => [column, fields[index] ?? ''])) as Partial<Record<Column, string>>;
    const checked = readPerson(row, byLogin.get((row.login ?? '').trim().toLowerCase()));
    if (typeof checked === 'string') return refused(row.login ?? '', checked);
    const { login } = checked;
    const key = login.toLowerCase();
    const twin = seen.get(key);
    if (twin !== undefined) return refused(login, `login: stands on line ${twin} already`);
    const taken = checked.addresses.find((address) => (holders.get(address) ?? key) !== key);
    if (taken !== undefined) return refused(login, `addresses: ${taken} is the address of ${holders.get(taken)}`);
    const before = byLogin.get(key);
    const outcome = before ? (isSame(before, checked) ? 'unchanged' : 'changed') : 'added';
    const objection = outcome === 'unchanged' ? '' : mayNot(before, checked);
    if (objection !== '') return refused(login, objection);
    seen.set(key, line);
    for (const address of checked.addresses) holders.set(address, key);
    if (outcome !== 'unchanged') people.push({ accountId: before?.accountId, person: checked });
    return { line, login, outcome, problem: '' };
  });
  return { lines, people };
}

function checkColumns(names: readonly string[]): readonly Column[] {
  const columns = names.map((name) => {
    const column = COLUMNS.find((each) => each === name.trim().toLowerCase());
    if (!column) throw new UnreadableImport(`line 1: "${name.slice(0, 50)}" is no column; those that are taken are ${COLUMNS.join(', ')}`);
    return column;
  });
  if (new Set(columns).size < columns.length) throw new UnreadableImport('line 1: a column stands there twice');
  const missing = (['login', 'addresses'] as const).find((column) => !columns.includes(column));
  if (missing) throw new UnreadableImport(`line 1: the column ${missing} is missing; the first line names the columns: ${COLUMNS.join(', ')}`);
  return columns;
}

/** A column that the file doesn't have stays as it is. Gives what is wrong where something is. */
function readPerson(row: Partial<Record<Column, string>>, before: KnownPerson | undefined): PersonSettings | string {
  const locked = row.locked === undefined ? (before?.locked ?? false) : readAnswer(row.locked);
  if (locked === undefined) return 'locked: must be yes or no';
  const checked = checkPerson({
    login: row.login ?? '',
    displayName: row.name ?? before?.displayName ?? '',
    addresses: listOf(row.addresses ?? '', /[\s;|]+/),
    language: row.language ?? before?.language ?? '',
    groups: row.groups === undefined ? (before?.groups ?? []) : listOf(row.groups, /[;|]/),
    locked,
  });
  return isProblem(checked) ? `${checked.field}: ${checked.reason}` : checked;
}

function listOf(text: string, separator: RegExp): string[] {
  return text.split(separator).map((each) => each.trim()).filter((each) => each !== '');
}

function isSame(before: PersonSettings, after: PersonSettings): boolean {
  const facts = ({ login, displayName, addresses, language, groups, locked }: PersonSettings) => JSON.stringify([login, displayName, addresses, language, groups, locked]);
  return facts(before) === facts(after);
}
