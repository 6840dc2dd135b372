import { randomUUID } from 'node:crypto';
import type { FlowClient, FlowTransaction } from '@inkpost/flow/flow-client.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { AuthenticationSettings } from './authentication-settings.js';

/** The general settings' key; a mailbox's own have its id. */
export const GENERAL = '';

/** The settings as an administrator sees them. */
export interface ShownAuthentication {
  /** Those that hold. */
  readonly settings: AuthenticationSettings;
  readonly usesDefault: boolean;
  /** Kept also while the mailbox follows the general ones; undefined: it never had any. */
  readonly own: AuthenticationSettings | undefined;
}

interface Row extends Record<string, unknown>, AuthenticationSettings {
  readonly mailboxId: string;
  readonly usesDefault: boolean;
}

const COLUMNS = 'mailbox_id AS "mailboxId", mode, trusted_servers AS "trustedServers", trusted_relays AS "trustedRelays", uses_default AS "usesDefault"';

/** Settings as they are stored. mail-ingest, which measures, is told of each change in the transaction that makes it. */
export class AuthenticationStore {
  constructor(
    private readonly pool: Pool,
    private readonly flow: FlowClient,
  ) {}

  async show(mailboxId: string): Promise<ShownAuthentication> {
    const rows = await query<Row>(this.pool, 'authentication.show', `SELECT ${COLUMNS} FROM sender_authentication WHERE mailbox_id IN ($1, '')`, [mailboxId]);
    const general = rows.find((row) => row.mailboxId === GENERAL);
    if (!general) throw new Error('the general settings of sender authentication are missing');
    const own = mailboxId === GENERAL ? undefined : rows.find((row) => row.mailboxId === mailboxId);
    const usesDefault = mailboxId !== GENERAL && (own?.usesDefault ?? true);
    return { settings: own && !usesDefault ? own : general, usesDefault, own };
  }

  /** The general settings, or a mailbox's own, which hold from now on. */
  async put(mailboxId: string, { mode, trustedServers, trustedRelays }: AuthenticationSettings, changedBy: string): Promise<void> {
    await this.change(
      'authentication.put',
      `INSERT INTO sender_authentication (mailbox_id, mode, trusted_servers, trusted_relays, changed_by) VALUES ($1, $3, $4, $5, $2)
       ON CONFLICT (mailbox_id) DO UPDATE SET mode = excluded.mode, trusted_servers = excluded.trusted_servers, trusted_relays = excluded.trusted_relays,
         uses_default = false, changed_at = CURRENT_TIMESTAMP, changed_by = excluded.changed_by RETURNING ${COLUMNS}`,
      [mailboxId, changedBy, mode, trustedServers, trustedRelays],
    );
  }

  /** The mailbox follows the general settings; its own, if it has any, are kept. */
  async follow(mailboxId: string, changedBy: string): Promise<void> {
    const sql = `UPDATE sender_authentication SET uses_default = true, changed_at = CURRENT_TIMESTAMP, changed_by = $2 WHERE mailbox_id = $1 RETURNING ${COLUMNS}`;
    await this.change('authentication.follow', sql, [mailboxId, changedBy]);
  }

  /** The mailbox's own settings hold again; where it never had any, it begins with a copy of the general ones. */
  async stopFollowing(mailboxId: string, changedBy: string): Promise<void> {
    await this.change(
      'authentication.stop-following',
      `INSERT INTO sender_authentication (mailbox_id, mode, trusted_servers, trusted_relays, changed_by)
       SELECT $1, mode, trusted_servers, trusted_relays, $2 FROM sender_authentication WHERE mailbox_id = ''
       ON CONFLICT (mailbox_id) DO UPDATE SET uses_default = false, changed_at = CURRENT_TIMESTAMP, changed_by = excluded.changed_by RETURNING ${COLUMNS}`,
      [mailboxId, changedBy],
    );
  }

  private async change(name: string, sql: string, values: readonly unknown[]): Promise<void> {
    await this.flow.transaction(async (transaction) => {
      // First: its row lock puts concurrent changes in order.
      const [counted] = await transaction.query<{ revision: number }>('authentication.count', 'UPDATE conditions_revision SET revision = revision + 1 RETURNING revision', []);
      const [row] = await transaction.query<Row>(name, sql, values);
      if (row) await tell(transaction, row, Number(counted?.revision));
    });
  }
}

/** No journey is about this: a change of settings belongs to no mail. */
async function tell(transaction: FlowTransaction, { mailboxId, usesDefault, mode, trustedServers, trustedRelays }: Row, version: number): Promise<void> {
  const payload = { mailboxId, usesDefault, mode, trustedServers: [...trustedServers], trustedRelays: [...trustedRelays], version };
  await transaction.publish({ journeyId: randomUUID(), entries: [], publish: [{ subject: 'acceptance.sender-authentication-changed.v1', payload }] });
}
