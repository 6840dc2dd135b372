import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { StoredPasswords } from '../ports/directory.port.js';

const VERSION = '(extract(epoch FROM password_changed_at) * 1000)::float8 AS version';

/** Passwords of a table that has them; a trigger there moves `password_changed_at`. */
export class PasswordTable implements StoredPasswords {
  constructor(
    private readonly pool: Pool,
    private readonly table: 'local_person' | 'guest',
  ) {}

  async versionOf(accountId: string): Promise<number> {
    const [row] = await query<{ version: number }>(this.pool, `password.version.${this.table}`, `SELECT ${VERSION} FROM ${this.table} WHERE account_id = $1`, [accountId]);
    return row?.version ?? 0;
  }

  async change(accountId: string, passwordHash: string, version: number): Promise<number | undefined> {
    const [row] = await query<{ version: number }>(
      this.pool, `password.change.${this.table}`,
      `UPDATE ${this.table} SET password_hash = $2 WHERE account_id = $1 AND password_changed_at = to_timestamp($3::float8 / 1000)::timestamptz(3) RETURNING ${VERSION}`, [accountId, passwordHash, version],
    );
    return row?.version;
  }
}
