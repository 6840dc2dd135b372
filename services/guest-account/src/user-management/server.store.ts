import type { FlowClient, FlowTransaction } from '@inkpost/flow/flow-client.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { MasterKey } from '@inkpost/secrets/master-key.js';
import { openSecret, sealSecret } from '@inkpost/secrets/seal.js';
import type { ServerConfiguration } from '@inkpost/server-connection/current-server.js';
import type { CheckedServer } from './check-settings.js';
import { SERVER_PASSWORD_CONTEXT, type StoredServer } from './server-settings.js';

/** changed: somebody changed it since it was read. missing: there is nothing to keep a password of. */
export type ServerWrite = 'written' | 'changed' | 'missing';

const LOAD = `SELECT l.revision, s.address, s.port, s.secure, s.account, s.certificate_authority AS "certificateAuthority", s.certificate_sha256 AS "certificateSha256",
    s.sealed_password AS "sealedPassword", s.changed_at AS "changedAt", s.version
  FROM directory_lookup l LEFT JOIN user_management_server s ON true`;

const INSERT = `INSERT INTO user_management_server (address, port, secure, account, certificate_authority, certificate_sha256, sealed_password)
  VALUES ($1, $2, $3, $4, $5, $6, $7)
  ON CONFLICT (only_row) DO UPDATE SET address = $1, port = $2, secure = $3, account = $4, certificate_authority = $5, certificate_sha256 = $6, sealed_password = $7,
    changed_at = now(), version = user_management_server.version + 1`;

const UPDATE = `UPDATE user_management_server SET address = $1, port = $2, secure = $3, account = $4, certificate_authority = $5, certificate_sha256 = $6,
    changed_at = now(), version = version + 1 RETURNING 1`;

/** The server used for user management, as administrators set it. Each change moves the directories' revision, which every mail reads anyway. */
export class ServerStore {
  constructor(
    private readonly pool: Pool,
    private readonly flow: FlowClient,
    private readonly masterKey: MasterKey,
  ) {}

  /** The revision grows with each change of the directories, too. */
  async load(): Promise<ServerConfiguration<StoredServer>> {
    const [row] = await query<StoredServer & { readonly revision: number }>(this.pool, 'user-management.load', LOAD, []);
    if (!row) return { revision: 0, server: undefined };
    const { revision, ...server } = row;
    // A left join without a row gives nulls.
    return { revision, server: (server.version as number | null) === null ? undefined : server };
  }

  passwordOf({ sealedPassword }: StoredServer): string {
    return openSecret(this.masterKey, SERVER_PASSWORD_CONTEXT, sealedPassword);
  }

  /** `version`: of the settings as they were read; 0: whatever they are. */
  async write({ settings, password }: CheckedServer, version: number): Promise<ServerWrite> {
    const { address, port, secure, account, certificateAuthority, certificateSha256 } = settings;
    const columns = [address, port, secure, account, certificateAuthority, certificateSha256];
    return this.change(async (transaction) => {
      const [before] = await transaction.query<{ version: number }>('user-management.version', 'SELECT version FROM user_management_server', []);
      if (version !== 0 && before?.version !== version) return 'changed';
      if (password !== undefined) {
        await transaction.query('user-management.insert', INSERT, [...columns, sealSecret(this.masterKey, SERVER_PASSWORD_CONTEXT, password)]);
        return 'written';
      }
      const [row] = await transaction.query('user-management.update', UPDATE, columns);
      return row ? 'written' : 'missing';
    });
  }

  async remove(): Promise<ServerWrite> {
    return this.change(async (transaction) => {
      const [row] = await transaction.query('user-management.delete', 'DELETE FROM user_management_server RETURNING 1', []);
      return row ? 'written' : 'missing';
    });
  }

  private async change(work: (transaction: FlowTransaction) => Promise<ServerWrite>): Promise<ServerWrite> {
    return this.flow.transaction(async (transaction) => {
      // Changes come one after the other.
      await transaction.query('user-management.lock', 'SELECT 1 FROM directory_lookup FOR UPDATE', []);
      const outcome = await work(transaction);
      if (outcome === 'written') await transaction.query('user-management.revision', 'UPDATE directory_lookup SET revision = revision + 1', []);
      return outcome;
    });
  }
}
