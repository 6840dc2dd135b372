import { type Pool, query } from '@inkpost/postgres/pool.js';
import { passed } from '@inkpost/server-connection/run-steps.js';
import { TEST_STEP_MAX_MS } from '../../limits.js';
import { loginKeyOf } from '../../guests/guest-settings.js';
import type { DirectoryPerson, Found, PeopleDirectory, WayToDirectory } from '../../ports/directory.port.js';
import { verifyPassword } from '../../sign-in/password-hash.js';
import { PasswordTable } from '../../sign-in/password-table.store.js';

const COLUMNS = `g.account_id AS "accountId", g.account_id AS reference, g.login, g.display_name AS "displayName", g.addresses, g.language,
  (g.locked OR coalesce(g.valid_from > now(), false) OR coalesce(g.valid_until <= now(), false)) AS locked`;
const BY_ADDRESS = `SELECT ${COLUMNS} FROM guest_address a JOIN guest g USING (account_id) WHERE a.address = $1`;
const BY_LOGIN = `SELECT ${COLUMNS}, g.password_hash AS "passwordHash" FROM guest g WHERE g.login_key = $1`;

type SecretRow = DirectoryPerson & { readonly passwordHash: string | null };

/** The guest base as a directory. Who is outside the time that the account is valid for counts as locked. */
export class GuestDirectory implements PeopleDirectory {
  readonly passwords: PasswordTable;

  constructor(private readonly pool: Pool) {
    this.passwords = new PasswordTable(pool, 'guest');
  }

  async findByAddress(address: string): Promise<Found> {
    const [person] = await query<DirectoryPerson>(this.pool, 'guest-directory.by-address', BY_ADDRESS, [address]);
    return person ? { kind: 'found', person } : { kind: 'nobody' };
  }

  async findByLogin(login: string): Promise<Found> {
    const row = await this.rowOf(login);
    if (!row) return { kind: 'nobody' };
    const { passwordHash: _, ...person } = row;
    return { kind: 'found', person };
  }

  async groupsOf({ accountId }: DirectoryPerson): Promise<readonly string[]> {
    const [row] = await query<{ group: string }>(this.pool, 'guest-directory.group', 'SELECT group_name AS "group" FROM guest WHERE account_id = $1', [accountId]);
    return row && row.group !== '' ? [row.group] : [];
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
          const [row] = await query<{ count: number }>(this.pool, 'guest-directory.count', 'SELECT count(*) AS count FROM guest', []);
          return passed(`Guests: ${row?.count ?? 0}.`);
        },
      }],
      close: async () => undefined,
    };
  }

  close(): void {
    // The pool is the service's.
  }

  private async rowOf(login: string): Promise<SecretRow | undefined> {
    const [row] = await query<SecretRow>(this.pool, 'guest-directory.by-login', BY_LOGIN, [loginKeyOf(login)]);
    return row;
  }
}
