import type { FlowClient, FlowTransaction } from '@inkpost/flow/flow-client.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { MasterKey } from '@inkpost/secrets/master-key.js';
import { openSecret, sealSecret } from '@inkpost/secrets/seal.js';
import type { ServerConfiguration } from '@inkpost/server-connection/current-server.js';
import type { CheckedServer } from './check-settings.js';
import { SENDING_PASSWORD_CONTEXT, type StoredSendingServer } from './sending-settings.js';

/** changed: somebody changed it since it was read. missing: there is nothing to keep a password of. */
export type ServerWrite = 'written' | 'changed' | 'missing';

export type SendingConfiguration = ServerConfiguration<StoredSendingServer>;

const COLUMNS = [
  ['address', 'address'], ['port', 'port'], ['secure', 'secure'], ['account', 'account'], ['certificate_authority', 'certificateAuthority'], ['pinned_certificate', 'pinnedCertificate'],
  ['queue_id', 'queueId'], ['location', 'location'], ['create_guests', 'createGuests'],
] as const;

const LOAD = `SELECT r.revision, ${COLUMNS.map(([column, name]) => `s.${column} AS "${name}"`).join(', ')}, s.sealed_password AS "sealedPassword", s.changed_at AS "changedAt", s.version
  FROM sending_revision r LEFT JOIN sending_server s ON true`;

const SETTINGS = COLUMNS.map(([column], index) => `${column} = $${index + 1}`).join(', ');
const PLACE = COLUMNS.length + 1;
const INSERT = `INSERT INTO sending_server (${COLUMNS.map(([column]) => column).join(', ')}, sealed_password) VALUES (${COLUMNS.map((_, index) => `$${index + 1}`).join(', ')}, $${PLACE})
  ON CONFLICT (only_row) DO UPDATE SET ${SETTINGS}, sealed_password = $${PLACE}, changed_at = now(), version = sending_server.version + 1`;
const UPDATE = `UPDATE sending_server SET ${SETTINGS}, changed_at = now(), version = version + 1 RETURNING 1`;

/** The server used for sending documents, as administrators set it. Each change moves a revision, which every statement that makes jobs names. */
export class SendingServerStore {
  constructor(
    private readonly pool: Pool,
    private readonly flow: FlowClient,
    private readonly masterKey: MasterKey,
  ) {}

  async load(): Promise<SendingConfiguration> {
    const [row] = await query<StoredSendingServer & { readonly revision: number }>(this.pool, 'sending-server.load', LOAD, []);
    if (!row) return { revision: 0, server: undefined };
    const { revision, ...server } = row;
    // A left join without a row gives nulls.
    return { revision, server: (server.version as number | null) === null ? undefined : server };
  }

  async revision(): Promise<number> {
    const [row] = await query<{ revision: number }>(this.pool, 'sending-server.revision', 'SELECT revision FROM sending_revision', []);
    return row?.revision ?? 0;
  }

  passwordOf({ sealedPassword }: StoredSendingServer): string {
    return openSecret(this.masterKey, SENDING_PASSWORD_CONTEXT, sealedPassword);
  }

  /** `version`: of the settings as they were read; 0: whatever they are. */
  async write({ settings, password }: CheckedServer, version: number): Promise<ServerWrite> {
    const columns = COLUMNS.map(([, name]) => settings[name]);
    return this.change(async (transaction) => {
      const [before] = await transaction.query<{ version: number }>('sending-server.version', 'SELECT version FROM sending_server', []);
      if (version !== 0 && before?.version !== version) return 'changed';
      if (password !== undefined) {
        await transaction.query('sending-server.insert', INSERT, [...columns, sealSecret(this.masterKey, SENDING_PASSWORD_CONTEXT, password)]);
        return 'written';
      }
      const [row] = await transaction.query('sending-server.update', UPDATE, columns);
      return row ? 'written' : 'missing';
    });
  }

  async remove(): Promise<ServerWrite> {
    return this.change(async (transaction) => {
      const [row] = await transaction.query('sending-server.delete', 'DELETE FROM sending_server RETURNING 1', []);
      return row ? 'written' : 'missing';
    });
  }

  private async change(work: (transaction: FlowTransaction) => Promise<ServerWrite>): Promise<ServerWrite> {
    return this.flow.transaction(async (transaction) => {
      // Changes come one after the other.
      await transaction.query('sending-server.lock', 'SELECT 1 FROM sending_revision FOR UPDATE', []);
      const outcome = await work(transaction);
      if (outcome === 'written') await transaction.query('sending-server.moved', 'UPDATE sending_revision SET revision = revision + 1', []);
      return outcome;
    });
  }
}
