import { type Pool, query } from '@inkpost/postgres/pool.js';
import { passed } from '@inkpost/server-connection/run-steps.js';
import { TEST_STEP_MAX_MS } from '../../limits.js';
import type { DirectoryPerson, Found, PeopleDirectory, WayToDirectory } from '../../ports/directory.port.js';
import { verifyPassword } from '../../sign-in/password-hash.js';
import { PasswordTable } from '../../sign-in/password-table.store.js';

const COLUMNS = `p.account_id AS "accountId", p.account_id AS reference, p.login, p.display_name AS "displayName", p.addresses, p.language, p.locked,
  ARRAY(SELECT name FROM unnest(p.groups) AS name ORDER BY name COLLATE "C") AS groups`;
const BY_ADDRESS = `SELECT ${COLUMNS} FROM local_address a JOIN local_person p USING (account_id) WHERE a.directory_id = $1 AND a.address = $2`;
const BY_LOGIN = `SELECT ${COLUMNS}, p.password_hash AS "passwordHash" FROM local_person p WHERE p.directory_id = $1 AND p.login_key = $2`;

type SecretRow = DirectoryPerson & { readonly passwordHash: string | null };

/** People that an administrator wrote down or imported. */
export class LocalDirectory implements PeopleDirectory {
  readonly passwords: PasswordTable;

  constructor(
    private readonly directoryId: string,
    private readonly pool: Pool,
  ) {
    this.passwords = new PasswordTable(pool, 'local_person');
  }

  async findByAddress(address: string): Promise<Found> {
    const [person] = await query<DirectoryPerson>(this.pool, 'local-directory.by-address', BY_ADDRESS, [this.directoryId, address]);
    return person ? { kind: 'found', person } : { kind: 'nobody' };
  }

  async findByLogin(login: string): Promise<Found> {
    const row = await this.rowOf(login);
    if (!row) return { kind: 'nobody' };
    const { passwordHash: _, ...person } = row;
    return { kind: 'found', person };
  }

  async groupsOf({ accountId }: DirectoryPerson): Promise<readonly string[]> {
    const [row] = await query<{ groups: string[] }>(this.pool, 'local-directory.groups', 'SELECT groups FROM local_person WHERE account_id = $1', [accountId]);
    return (row?.groups ?? []).toSorted();
  }

  async checkCredentials(login: string, password: string): Promise<boolean> {
    const row = await this.rowOf(login);
    return row?.passwordHash != null && !row.locked && verifyPassword(row.passwordHash, password);
  }

  testWay(): WayToDirectory {
    return {
      steps: [{
        name: 'people', withinMs: TEST_STEP_MAX_MS, silence: 'The database does not answer.',
        run: async () => {
          const [row] = await query<{ count: number }>(this.pool, 'local-directory.count', 'SELECT count(*) AS count FROM local_person WHERE directory_id = $1', [this.directoryId]);
          return passed(`People: ${row?.count ?? 0}.`);
        },
      }],
      close: async () => undefined,
    };
  }

  close(): void {
    // The pool is the service's.
  }

  private async rowOf(login: string): Promise<SecretRow | undefined> {
    const [row] = await query<SecretRow>(this.pool, 'local-directory.by-login', BY_LOGIN, [this.directoryId, login.toLowerCase()]);
    return row;
  }
}
