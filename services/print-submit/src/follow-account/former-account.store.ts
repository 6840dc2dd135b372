import type { FlowClient, FlowTransaction } from '@inkpost/flow/flow-client.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';

/** The account that a guest's jobs belong to by now. */
export interface LaterOwner {
  readonly accountId: string;
  readonly directory: string;
  readonly address: string;
  readonly displayName: string;
  readonly language: string;
}

export type FormerAccount = { readonly kind: 'erased' } | { readonly kind: 'merged'; readonly owner: LaterOwner };

const FIND = `SELECT into_account_id AS "accountId", directory, address, display_name AS "displayName", language FROM former_account WHERE account_id = $1`;

const NOTE = `INSERT INTO former_account AS f (account_id, into_account_id, directory, address, display_name, language) SELECT unnest($1::text[]), $2, $3, $4, $5, $6
  ON CONFLICT (account_id) DO UPDATE SET into_account_id = excluded.into_account_id, directory = excluded.directory, address = excluded.address,
    display_name = excluded.display_name, language = excluded.language, noted_at = now()
  WHERE f.into_account_id IS NOT NULL`;

/** Others wait behind the lock meanwhile; after that it is tried again. */
const WRITERS_AWAITED_MS = 2_000;

/** Accounts that are no more, so that a message that names one late makes no job of theirs. */
export class FormerAccountStore {
  constructor(
    private readonly pool: Pool,
    private readonly flow: FlowClient,
  ) {}

  async find(accountId: string): Promise<FormerAccount | undefined> {
    const [row] = await query<{ accountId: string | null } & Omit<LaterOwner, 'accountId'>>(this.pool, 'former-account.find', FIND, [accountId]);
    if (!row) return undefined;
    const { accountId: into, ...owner } = row;
    return into === null ? { kind: 'erased' } : { kind: 'merged', owner: { accountId: into, ...owner } };
  }

  /**
   * Once this is done every job of the accounts can be seen, and there will be no further one. `owner`: whose they will be; undefined: the accounts are
   * erased, which a later merge doesn't undo.
   */
  async note(accountIds: readonly string[], owner: LaterOwner | undefined): Promise<void> {
    const { accountId: into, directory, address, displayName, language } = owner ?? { accountId: null, directory: '', address: '', displayName: '', language: '' };
    await query(this.pool, 'former-account.note', NOTE, [accountIds, into, directory, address, displayName, language]);
    await this.awaitWriters();
  }

  async forgetOwners(transaction: FlowTransaction, accountIds: readonly string[]): Promise<void> {
    await transaction.query('former-account.erase', `UPDATE former_account SET into_account_id = NULL, directory = '', address = '', display_name = '', language = '' WHERE into_account_id = ANY ($1::text[])`, [accountIds]);
  }

  /** A statement that began before the note was committed does not see it: this lock is granted when all of them have ended, and lasts no longer. */
  private async awaitWriters(): Promise<void> {
    await this.flow.transaction(async (transaction) => {
      await transaction.query('job.writers-limit', `SET LOCAL lock_timeout = '${WRITERS_AWAITED_MS}ms'`, []);
      await transaction.query('job.await-writers', 'LOCK TABLE job IN SHARE MODE', []);
    });
  }
}
