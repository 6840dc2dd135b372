import type { Pool } from '@inkpost/postgres/pool.js';

type Queryable = Pick<Pool, 'query'>;

/**
 * The server stands for itself again (DOM-022): its place in the domain and its keys go. What it received is kept as its own, which the owners are told at the next start.
 * Gives what it was.
 */
export const DISSOLVE = `WITH left_domain AS (DELETE FROM domain RETURNING role, name), left_members AS (DELETE FROM member), left_tickets AS (DELETE FROM admission_ticket),
    kept AS (INSERT INTO keep_objects (keep_as) SELECT 'local' FROM left_domain ON CONFLICT (only_row) DO UPDATE SET keep_as = 'local')
  SELECT role, name FROM left_domain`;

export interface FormerPlace {
  /** single: it was in no domain. */
  readonly role: 'single' | 'master' | 'slave';
  /** The domain's name; empty: it was in none. */
  readonly domainName: string;
}

/**
 * SINGLEIFY (CLI-008): on this server's database alone, while the service is stopped; no other server hears of it. `database`: a connection of domain-sync's own role, or one
 * whose search_path is its schema.
 */
export async function singleify(database: Queryable): Promise<FormerPlace> {
  const { rows: [former] } = await database.query<{ role: 'master' | 'slave'; name: string }>(DISSOLVE);
  return former ? { role: former.role, domainName: former.name } : { role: 'single', domainName: '' };
}
