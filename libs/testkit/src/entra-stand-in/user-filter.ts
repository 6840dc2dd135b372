import { GraphError } from '../graph-stand-in/graph-error.js';
import type { EntraUser } from './entra-user.js';

/** Graph's own limit for one question. */
const CLAUSES_MAX = 15;
const TEXTS = new Set(['mail', 'userPrincipalName', 'mailNickname', 'onPremisesSamAccountName', 'employeeId', 'displayName']);
const COLLECTIONS = new Set(['proxyAddresses', 'otherMails']);

export interface UserFilter {
  /** Several properties are joined: an advanced query. */
  readonly isAdvanced: boolean;
  readonly matches: (user: EntraUser) => boolean;
}

/** What Inkpost uses of `$filter` (OData 4.01, 5.1.1): texts that are equal, in any case, joined by `or`. Anything else is refused, not ignored. */
export function parseUserFilter(text: string): UserFilter {
  const clauses: ((user: EntraUser) => boolean)[] = [];
  const properties = new Set<string>();
  let rest = text;
  for (;;) {
    const clause = /^(?:(\w+) eq |(\w+)\/any\((\w+):\3 eq )'((?:[^']|'')*)'(\))?/.exec(rest);
    const [whole = '', property = '', collection = '', , literal = '', bracket] = clause ?? [];
    if (!clause || (collection === '') !== (bracket === undefined)) throw unsupported(rest);
    const name = property || collection;
    if (!(collection === '' ? TEXTS : COLLECTIONS).has(name)) throw unsupported(rest);
    const wanted = literal.replaceAll('\'\'', '\'').toLowerCase();
    properties.add(name);
    clauses.push((user) => [user[name as keyof EntraUser] ?? []].flat().some((value) => String(value).toLowerCase() === wanted));
    rest = rest.slice(whole.length);
    if (rest === '') break;
    if (!rest.startsWith(' or ')) throw unsupported(rest);
    rest = rest.slice(4);
  }
  if (clauses.length > CLAUSES_MAX) throw new GraphError(400, 'Request_UnsupportedQuery', `Too many child clauses specified in search filter expression containing 'OR' operators: ${clauses.length}. Max allowed: ${CLAUSES_MAX}.`);
  return { isAdvanced: properties.size > 1, matches: (user) => clauses.some((matches) => matches(user)) };
}

function unsupported(rest: string): GraphError {
  return new GraphError(400, 'Request_UnsupportedQuery', `Unsupported or invalid query filter clause at: ${rest.slice(0, 60)}`);
}
