import { randomUUID } from 'node:crypto';
import type { FlowClient, FlowTransaction } from '@inkpost/flow/flow-client.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { KeptSecrets } from '../guests/guest-secrets.js';
import { guestChanged } from '../guests/guest.store.js';
import { type GuestToPut, putGuests } from '../guests/put-guests.js';
import type { Installation } from '../installation.js';
import { FACTS_AT_ONCE } from '../limits.js';
import { isUniqueViolation } from '../sql-state.js';
import type { KnownGuest, PlannedGuest } from './plan-guest-import.js';

/** What a file names. */
export interface NamedInFile {
  readonly loginKeys: readonly string[];
  /** In normal form. */
  readonly addresses: readonly string[];
  readonly cardHashes: readonly Buffer[];
}

export interface GuestToImport extends PlannedGuest {
  readonly accountId: string;
  readonly kept: KeptSecrets;
}

const KNOWN = `SELECT account_id AS "accountId", login, display_name AS "displayName", addresses, language, company, group_name AS "group", analytical_code AS "analyticalCode",
    visited_person AS "visitedPerson", note, locked, valid_from AS "validFrom", valid_until AS "validUntil", version, coalesce(encode(card_hash, 'hex'), '') AS "cardHash"
  FROM guest WHERE account_id IN (
    SELECT account_id FROM guest WHERE login_key = ANY ($1::text[])
    UNION SELECT account_id FROM guest_address WHERE address = ANY ($2::text[])
    UNION SELECT account_id FROM guest WHERE card_hash = ANY ($3::bytea[]))`;

const LOCK = 'SELECT account_id AS "accountId", version FROM guest WHERE account_id = ANY ($1::uuid[]) FOR UPDATE';

/** The guest base as an import sees and changes it. */
export class GuestImportStore {
  constructor(
    private readonly pool: Pool,
    private readonly flow: FlowClient,
    private readonly installation: Installation,
  ) {}

  /** Whoever has one of these. */
  async known({ loginKeys, addresses, cardHashes }: NamedInFile): Promise<KnownGuest[]> {
    return query<KnownGuest>(this.pool, 'guest-import.known', KNOWN, [loginKeys, addresses, cardHashes]);
  }

  /** All or none. `changed`: what the plan was made by is no longer so. */
  async import(guests: readonly GuestToImport[]): Promise<'written' | 'changed'> {
    if (guests.length === 0) return 'written';
    try {
      return await this.flow.transaction(async (transaction) => {
        const known = guests.filter(({ before }) => before !== undefined);
        if (!(await this.areAsPlanned(transaction, known))) return 'changed';
        await putGuests(transaction, guests.map(({ accountId, settings, kept, setsEnd, before }): GuestToPut => ({ accountId, settings, secrets: kept, setsEnd, isNew: before === undefined })), 'import');
        await this.tell(transaction, known);
        return 'written';
      });
    } catch (error) {
      if (isUniqueViolation(error)) return 'changed';
      throw error;
    }
  }

  private async areAsPlanned(transaction: FlowTransaction, known: readonly GuestToImport[]): Promise<boolean> {
    const rows = await transaction.query<{ accountId: string; version: number }>('guest-import.lock', LOCK, [known.map(({ accountId }) => accountId)]);
    const versions = new Map(rows.map(({ accountId, version }) => [accountId, version]));
    return known.every(({ accountId, before }) => versions.get(accountId) === before?.version);
  }

  /** Of new guests nobody keeps anything yet. */
  private async tell(transaction: FlowTransaction, known: readonly GuestToImport[]): Promise<void> {
    const facts = known.map(({ accountId, settings, before }) => guestChanged(accountId, settings, (before?.version ?? 0) + 1, this.installation));
    const journeyId = randomUUID();
    for (let start = 0; start < facts.length; start += FACTS_AT_ONCE) await transaction.publish({ journeyId, entries: [], publish: facts.slice(start, start + FACTS_AT_ONCE) });
  }
}
