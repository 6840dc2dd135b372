import { randomUUID } from 'node:crypto';
import type { FlowClient, FlowTransaction } from '@inkpost/flow/flow-client.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { MasterKey } from '@inkpost/secrets/master-key.js';
import { openSecret, sealSecret } from '@inkpost/secrets/seal.js';
import { FACTS_AT_ONCE } from '../limits.js';
import { isUniqueViolation } from '../sql-state.js';
import type { CheckedDirectory } from './check-directory.js';
import { type DirectoryConfiguration, type DirectoryKind, directoryPasswordContext, GUESTS, META, type StoredDirectory } from './directory.js';

/** taken: another directory has a name or an alias of it. changed: somebody changed it since it was read. */
export type DirectoryWrite = 'written' | 'missing' | 'changed' | 'taken';

interface Row extends Omit<StoredDirectory, 'settings'> {
  readonly kind: DirectoryKind;
  readonly settings: object;
  readonly revision: number;
  readonly defaultDirectoryId: string;
}

/** All in one statement: settings and revision are of one moment. */
const LOAD = `SELECT l.revision, l.default_directory_id AS "defaultDirectoryId", d.directory_id AS "directoryId", d.name, d.description, d.aliases, d.kind, d.settings,
    d.sealed_password AS "sealedPassword", d.created_at AS "createdAt", d.version
  FROM directory_lookup l CROSS JOIN directory d ORDER BY lower(d.name)`;

const INSERT = 'INSERT INTO directory (directory_id, name, description, aliases, kind, settings, sealed_password) VALUES ($1, $2, $3, $4, $5, $6, $7)';

const UPDATE = `UPDATE directory SET name = $2, description = $3, aliases = $4, settings = $5, sealed_password = CASE WHEN $8 THEN sealed_password ELSE $6 END, version = version + 1
  WHERE directory_id = $1 AND (version = $7 OR $7 = 0) RETURNING 1`;

const LEAVE_META = `UPDATE directory SET settings = jsonb_set(settings, '{members}', (settings -> 'members') - $1), version = version + 1
  WHERE directory_id = 'meta' AND settings -> 'members' ? $1`;

/** Directories as administrators set them. Each change moves the revision in its own transaction. */
export class DirectoryStore {
  constructor(
    private readonly pool: Pool,
    private readonly flow: FlowClient,
    private readonly masterKey: MasterKey,
  ) {}

  async load(): Promise<DirectoryConfiguration> {
    const rows = await query<Row>(this.pool, 'directory.load', LOAD, []);
    const [first] = rows;
    return { revision: first?.revision ?? 0, defaultDirectoryId: first?.defaultDirectoryId ?? META, directories: rows.map(toDirectory) };
  }

  /** The clear password of the account that searches; empty where there is none. */
  passwordOf({ directoryId, sealedPassword }: StoredDirectory): string {
    return sealedPassword ? openSecret(this.masterKey, directoryPasswordContext(directoryId), sealedPassword) : '';
  }

  /** Gives the new directory's identifier; undefined: another one has a name or an alias of it. */
  async create(checked: CheckedDirectory, directoryId: string = randomUUID()): Promise<string | undefined> {
    const { name, description, aliases, settings: { kind, ...own } } = checked;
    const outcome = await this.write(async (transaction) => {
      await transaction.query('directory.insert', INSERT, [directoryId, name, description, aliases, kind, own, this.sealed(directoryId, checked)]);
      await this.finish(transaction, directoryId, checked);
      return 'written';
    });
    return outcome === 'taken' ? undefined : directoryId;
  }

  /** `version`: of the directory as it was read; 0: whatever it is. */
  async update(directoryId: string, checked: CheckedDirectory, version: number): Promise<DirectoryWrite> {
    const { name, description, aliases, settings: { kind: _, ...own } } = checked;
    return this.write(async (transaction) => {
      const [row] = await transaction.query('directory.update', UPDATE, [directoryId, name, description, aliases, own, this.sealed(directoryId, checked), version, checked.keepsPassword]);
      if (!row) {
        const [other] = await transaction.query('directory.exists', 'SELECT 1 FROM directory WHERE directory_id = $1', [directoryId]);
        return other ? 'changed' : 'missing';
      }
      await transaction.query('directory.unname', 'DELETE FROM directory_name WHERE directory_id = $1', [directoryId]);
      await this.finish(transaction, directoryId, checked);
      return 'written';
    });
  }

  /** With its people; META asks it no longer. Those who hear of accounts are told in the same transaction. */
  async remove(directoryId: string): Promise<DirectoryWrite> {
    return this.write(async (transaction) => {
      const people = await transaction.query<{ accountId: string }>('directory.people', 'SELECT account_id AS "accountId" FROM local_person WHERE directory_id = $1', [directoryId]);
      await transaction.query('directory.leave-meta', LEAVE_META, [directoryId]);
      const [row] = await transaction.query('directory.delete', 'DELETE FROM directory WHERE directory_id = $1 RETURNING 1', [directoryId]);
      if (!row) return 'missing';
      for (let start = 0; start < people.length; start += FACTS_AT_ONCE) {
        const accountIds = people.slice(start, start + FACTS_AT_ONCE).map(({ accountId }) => accountId);
        // Their accounts end with the directory. That is no erasure of the people: their mails' journeys stay for their time.
        await transaction.publish({ journeyId: directoryId, entries: [], publish: [{ subject: 'account.erased.v1', payload: { accountIds } }] });
      }
      await this.moveRevision(transaction);
      return 'written';
    });
  }

  private async finish(transaction: FlowTransaction, directoryId: string, { name, aliases, isDefault }: CheckedDirectory): Promise<void> {
    const keys = [name, ...aliases].map((each) => each.toLowerCase());
    await transaction.query('directory.name', 'INSERT INTO directory_name (name_key, directory_id) SELECT unnest($1::text[]), $2', [keys, directoryId]);
    if (isDefault) await transaction.query('directory.default', 'UPDATE directory_lookup SET default_directory_id = $1', [directoryId]);
    await this.moveRevision(transaction);
  }

  private async moveRevision(transaction: FlowTransaction): Promise<void> {
    await transaction.query('directory.revision', 'UPDATE directory_lookup SET revision = revision + 1', []);
  }

  private sealed(directoryId: string, { password }: CheckedDirectory): Buffer | null {
    return password === undefined ? null : sealSecret(this.masterKey, directoryPasswordContext(directoryId), password);
  }

  private async write(work: (transaction: FlowTransaction) => Promise<DirectoryWrite>): Promise<DirectoryWrite> {
    try {
      return await this.flow.transaction(async (transaction) => {
        // Changes come one after the other: each sees what the one before left, META's members above all.
        await transaction.query('directory.lock', 'SELECT 1 FROM directory_lookup FOR UPDATE', []);
        return work(transaction);
      });
    } catch (error) {
      if (isUniqueViolation(error)) return 'taken';
      throw error;
    }
  }
}

function toDirectory({ directoryId, name, description, aliases, kind, settings, sealedPassword, createdAt, version }: Row): StoredDirectory {
  // Written by this store alone, after its kind was checked.
  return { directoryId, name, description, aliases, sealedPassword, createdAt, version, settings: { kind, ...settings } as StoredDirectory['settings'] };
}

/** Whether it was there from the beginning, and stays. */
export function isBuiltIn(directoryId: string): boolean {
  return directoryId === GUESTS || directoryId === META;
}
