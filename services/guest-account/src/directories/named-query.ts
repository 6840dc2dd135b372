import type { SqlEngine } from './sql-settings.js';

/** A query as a database takes it, its one parameter in the place of the name. */
export interface BoundQuery {
  readonly text: string;
  /** How often the value is given: MySQL's placeholders have no numbers. */
  readonly values: number;
}

/** Why a query can't be one: what it must be or have, to follow the name of its field. */
export interface QueryProblem {
  readonly reason: string;
}

/** A text or a quoted name, in which a quote is written twice (SQL:2016, 5.3). */
const QUOTED = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`/gu;

/** PostgreSQL's casts have two colons. */
const PARAMETER = /(?<!:):([a-z_]\w*)/giu;

/**
 * Binds the parameter `:name` of one SELECT. What could be read in two ways, or could do something else than read, is a problem: what is
 * quoted is found without knowing the server's settings. (That nothing is written is the read-only transaction's matter, and the account's.)
 */
export function bindQuery(query: string, name: string, engine: SqlEngine): BoundQuery | QueryProblem {
  const text = query.trim().replace(/\s*;$/u, '');
  const bare = text.replaceAll(QUOTED, ' ');
  const problem = problemOf(text, bare, engine);
  if (problem !== undefined) return { reason: problem };
  const names = [...bare.matchAll(PARAMETER)].map(([, found = '']) => found);
  if (!names.includes(name)) return { reason: `must contain :${name} outside of quotes, in the place of what is looked for` };
  const other = names.find((found) => found !== name);
  if (other !== undefined) return { reason: `must have no other parameter than :${name}; there is :${other}` };
  const quoted = text.match(QUOTED) ?? [];
  const pieces = text.split(QUOTED).map((piece) => piece.replaceAll(PARAMETER, () => (engine === 'postgres' ? '$1' : '?')));
  return { text: pieces.map((piece, index) => `${piece}${quoted[index] ?? ''}`).join(''), values: engine === 'postgres' ? 1 : names.length };
}

export function isQueryProblem(bound: BoundQuery | QueryProblem): bound is QueryProblem {
  return 'reason' in bound;
}

function problemOf(text: string, bare: string, engine: SqlEngine): string | undefined {
  if (text.includes('\\')) return 'must have no backslash: servers read it differently';
  if (/['"`]/u.test(bare)) return 'must close each quote that it opens';
  if (/--|\/\*|\*\//u.test(bare) || (engine === 'mysql' && bare.includes('#'))) return 'must have no comments';
  if (bare.includes(';')) return 'must be one statement, without ; in it';
  if (!/^(?:select|with)\b/iu.test(text)) return 'must be one query that begins with SELECT or WITH';
  if (/\binto\b/iu.test(bare)) return 'must not write with INTO';
  const placeholder = engine === 'mysql' ? '?' : '$';
  if (bare.includes(placeholder)) return `must have no ${placeholder} outside of quotes`;
  return undefined;
}
