import { Defect } from '@inkpost/failure/failure.js';
import { bindQuery, type BoundQuery, isQueryProblem } from '../../directories/named-query.js';
import type { SqlSettings } from '../../directories/sql-settings.js';

/** A stored query as its server takes it: it was checked when it was set. */
export function boundQuery(query: string, name: 'address' | 'login', { engine }: Pick<SqlSettings, 'engine'>): BoundQuery {
  const bound = bindQuery(query, name, engine);
  if (isQueryProblem(bound)) throw new Defect('directory.query-unchecked', `A stored query ${bound.reason}.`);
  return bound;
}
