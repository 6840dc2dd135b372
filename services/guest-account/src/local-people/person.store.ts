import { randomUUID } from 'node:crypto';
import type { FlowClient, FlowTransaction, Publication } from '@inkpost/flow/flow-client.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { ErasedPerson } from '../erase-people/erasure.js';
import type { PeopleErasure } from '../erase-people/people-erasure.js';
import type { Installation } from '../installation.js';
import { FACTS_AT_ONCE } from '../limits.js';
import { isUniqueViolation } from '../sql-state.js';
import { tellingVersion } from '../tell-person/known-sender.js';
import type { PersonSettings } from './person-settings.js';
import type { KnownPerson, PlannedPerson } from './plan-import.js';

export interface StoredPerson extends KnownPerson {
  readonly hasPassword: boolean;
  readonly createdAt: Date;
  readonly version: number;
}

export interface PeoplePage {
  /** In login, name and addresses; empty: all. */
  readonly search: string;
  /** The login of the last person before, in lower case; empty: from the first. */
  readonly after: string;
  readonly limit: number;
}

/** A password as it is to be kept. `undefined`: as it is; null: none. */
export type PasswordHash = string | null | undefined;

/** taken: somebody else in this directory has the login or an address. changed: somebody changed the person since it was read. */
export type PersonWrite = 'written' | 'missing' | 'changed' | 'taken';

const COLUMNS = `account_id AS "accountId", login, display_name AS "displayName", addresses, language, groups, locked, password_hash IS NOT NULL AS "hasPassword", created_at AS "createdAt", version`;

const LIST = `SELECT ${COLUMNS} FROM local_person p WHERE directory_id = $1 AND login_key COLLATE "C" > $2
    AND ($3 = '' OR login ILIKE $3 OR display_name ILIKE $3 OR EXISTS (SELECT 1 FROM local_address a WHERE a.account_id = p.account_id AND a.address ILIKE $3))
  ORDER BY login_key COLLATE "C" LIMIT $4`;

const UPSERT = `INSERT INTO local_person AS p (account_id, directory_id, login, login_key, display_name, addresses, language, groups, locked)
  SELECT "accountId", $1, login, lower(login), "displayName", addresses, language, groups, locked
  FROM jsonb_to_recordset($2::jsonb) AS given ("accountId" uuid, login text, "displayName" text, addresses text[], language text, groups text[], locked boolean)
  ON CONFLICT (account_id) DO UPDATE SET login = excluded.login, login_key = excluded.login_key, display_name = excluded.display_name, addresses = excluded.addresses,
    language = excluded.language, groups = excluded.groups, locked = excluded.locked, version = p.version + 1`;

const READDRESS = `INSERT INTO local_address (directory_id, address, account_id)
  SELECT directory_id, unnest(addresses), account_id FROM local_person WHERE account_id = ANY ($1::uuid[])`;

const DELETE = `DELETE FROM local_person WHERE directory_id = $1 AND account_id = $2 RETURNING account_id AS "accountId", addresses, login_key AS login`;

/** People of local directories as administrators see and change them. What others keep of an account is told in the same transaction. */
export class PersonStore {
  constructor(
    private readonly pool: Pool,
    private readonly flow: FlowClient,
    private readonly installation: Installation,
    private readonly erasure: PeopleErasure,
  ) {}

  async find(directoryId: string, accountId: string): Promise<StoredPerson | undefined> {
    const [person] = await query<StoredPerson>(this.pool, 'person.find', `SELECT ${COLUMNS} FROM local_person WHERE directory_id = $1 AND account_id = $2`, [directoryId, accountId]);
    return person;
  }

  /** In the order of their logins. */
  async list(directoryId: string, { search, after, limit }: PeoplePage): Promise<StoredPerson[]> {
    const pattern = search === '' ? '' : `%${search.replaceAll(/[\\%_]/gu, String.raw`\$&`)}%`;
    return query<StoredPerson>(this.pool, 'person.list', LIST, [directoryId, after, pattern, limit]);
  }

  async all(directoryId: string): Promise<StoredPerson[]> {
    return query<StoredPerson>(this.pool, 'person.all', `SELECT ${COLUMNS} FROM local_person WHERE directory_id = $1`, [directoryId]);
  }

  /** Gives the new account's id; undefined: somebody else has the login or an address. */
  async create(directoryId: string, person: PersonSettings, password: PasswordHash): Promise<string | undefined> {
    const accountId = randomUUID();
    const outcome = await this.write(async (transaction) => {
      await this.put(transaction, directoryId, [{ accountId, person, isNew: true }]);
      await this.setPassword(transaction, accountId, password);
      return 'written';
    });
    return outcome === 'taken' ? undefined : accountId;
  }

  /** `version`: of the person as it was read; 0: whatever it is. */
  async update(directoryId: string, accountId: string, person: PersonSettings, password: PasswordHash, version: number): Promise<PersonWrite> {
    return this.write(async (transaction) => {
      const [before] = await transaction.query<{ version: number }>('person.lock', 'SELECT version FROM local_person WHERE directory_id = $1 AND account_id = $2 FOR UPDATE', [directoryId, accountId]);
      if (!before) return 'missing';
      if (version !== 0 && version !== before.version) return 'changed';
      await this.put(transaction, directoryId, [{ accountId, person, isNew: false }]);
      await this.setPassword(transaction, accountId, password);
      return 'written';
    });
  }

  async remove(directoryId: string, accountId: string, actor: string): Promise<PersonWrite> {
    return this.write(async (transaction) => {
      const [person] = await transaction.query<ErasedPerson & Record<string, unknown>>('person.delete', DELETE, [directoryId, accountId]);
      if (!person) return 'missing';
      await this.erasure.begin(transaction, [person], { about: 'local-person', actor });
      return 'written';
    });
  }

  /** All or none. `taken`: what the plan was made by is no longer so. */
  async import(directoryId: string, planned: readonly PlannedPerson[]): Promise<PersonWrite> {
    return this.write(async (transaction) => {
      await this.put(transaction, directoryId, planned.map(({ accountId, person }) => ({ accountId: accountId ?? randomUUID(), person, isNew: accountId === undefined })));
      return 'written';
    });
  }

  private async put(transaction: FlowTransaction, directoryId: string, people: readonly { readonly accountId: string; readonly person: PersonSettings; readonly isNew: boolean }[]): Promise<void> {
    const ids = people.map(({ accountId }) => accountId);
    await transaction.query('person.upsert', UPSERT, [directoryId, JSON.stringify(people.map(({ accountId, person }) => ({ accountId, ...person })))]);
    // First away with the old ones of all: two people may swap an address.
    await transaction.query('person.unaddress', 'DELETE FROM local_address WHERE account_id = ANY ($1::uuid[])', [ids]);
    await transaction.query('person.readdress', READDRESS, [ids]);
    // Of a new account nobody keeps anything yet.
    const facts = people.filter(({ isNew }) => !isNew).map(({ accountId, person: { addresses: [address = '', ...otherAddresses], displayName, language } }): Publication => ({
      subject: 'account.changed.v1',
      payload: { accountId, address, otherAddresses, displayName, language: language || this.installation.language, inDirectory: true, version: tellingVersion(new Date()) },
    }));
    for (let start = 0; start < facts.length; start += FACTS_AT_ONCE) {
      await transaction.publish({ journeyId: ids[0] ?? randomUUID(), entries: [], publish: facts.slice(start, start + FACTS_AT_ONCE) });
    }
  }

  private async setPassword(transaction: FlowTransaction, accountId: string, password: PasswordHash): Promise<void> {
    if (password === undefined) return;
    await transaction.query('person.password', 'UPDATE local_person SET password_hash = $2 WHERE account_id = $1', [accountId, password]);
  }

  private async write(work: (transaction: FlowTransaction) => Promise<PersonWrite>): Promise<PersonWrite> {
    try {
      return await this.flow.transaction(work);
    } catch (error) {
      if (isUniqueViolation(error)) return 'taken';
      throw error;
    }
  }
}
