import { hostname } from 'node:os';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import { SERVER_NAME_LENGTH_MAX } from '../limits.js';

export interface ServerIdentity {
  /** WD-030: a GUID that stays for the life of the installation. */
  readonly serverId: string;
  readonly name: string;
}

/** Two starts at once make one row: whoever comes second finds the first one's. */
const FIND = `WITH made AS (
    INSERT INTO server (server_id, name) SELECT gen_random_uuid(), $1 WHERE NOT EXISTS (SELECT 1 FROM server)
    ON CONFLICT (only_row) DO NOTHING RETURNING server_id, name)
  SELECT server_id, name FROM made UNION ALL SELECT server_id, name FROM server`;

/** Who this server is. */
export class ServerStore {
  constructor(private readonly pool: Pool) {}

  async find(): Promise<ServerIdentity> {
    for (;;) {
      const [row] = await query<{ server_id: string; name: string }>(this.pool, 'server.find', FIND, [hostname().slice(0, SERVER_NAME_LENGTH_MAX)]);
      // No row: another start was making it at this moment, and is visible to the next look.
      if (row) return { serverId: row.server_id, name: row.name };
    }
  }

  async rename(name: string): Promise<void> {
    await query(this.pool, 'server.rename', 'UPDATE server SET name = $1', [name]);
  }
}
