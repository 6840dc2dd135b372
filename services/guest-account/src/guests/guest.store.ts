import type { FlowClient, FlowTransaction, Publication } from '@inkpost/flow/flow-client.js';
import { type Pool, query, queryOnce } from '@inkpost/postgres/pool.js';
import type { ErasedPerson } from '../erase-people/erasure.js';
import type { PeopleErasure } from '../erase-people/people-erasure.js';
import type { Installation } from '../installation.js';
import { isUniqueViolation, violatedConstraint } from '../sql-state.js';
import { type Condition, type GuestOrigin, type GuestState, isEmptyFilter, STATE_SQL } from './guest-filter.js';
import { type GuestPage, guestPages, type GuestPlace } from './guest-page.js';
import type { KeptSecrets } from './guest-secrets.js';
import type { GuestSettings } from './guest-settings.js';
import { putGuests } from './put-guests.js';

/** A guest as administrators see it. */
export interface Guest extends GuestSettings {
  readonly accountId: string;
  readonly origin: GuestOrigin;
  readonly state: GuestState;
  readonly hasPassword: boolean;
  readonly hasPin: boolean;
  /** The last characters of the card's number; empty: no card. */
  readonly cardEnd: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  readonly version: number;
}

/** With its place in the order that was asked for. */
export type PlacedGuest = Guest & { readonly place: GuestPlace };

/** `…-taken`: another guest has it. `changed`: somebody changed the guest since it was read. */
export type WriteOutcome = 'written' | 'missing' | 'changed' | 'login-taken' | 'address-taken' | 'card-taken';

/** The keys that a caller can choose. */
const TAKEN: Readonly<Record<string, WriteOutcome>> = { guest_login_key_key: 'login-taken', guest_address_pkey: 'address-taken', guest_card_hash_key: 'card-taken' };

const COLUMNS = `account_id AS "accountId", login, display_name AS "displayName", addresses, language, company, group_name AS "group", analytical_code AS "analyticalCode",
  visited_person AS "visitedPerson", note, password_hash IS NOT NULL AS "hasPassword", pin_hash IS NOT NULL AS "hasPin", card_end AS "cardEnd", origin, locked,
  valid_from AS "validFrom", valid_until AS "validUntil", created_at AS "createdAt", last_used_at AS "lastUsedAt", version, ${STATE_SQL} AS state`;

const DELETE = 'DELETE FROM guest WHERE account_id = $1 RETURNING account_id AS "accountId", addresses, login_key AS login';

/** The guest base as administrators see and change it. A change and the fact that tells of it leave together. */
export class GuestStore {
  constructor(
    private readonly pool: Pool,
    private readonly flow: FlowClient,
    private readonly installation: Installation,
    private readonly erasure: PeopleErasure,
  ) {}

  async find(accountId: string): Promise<Guest | undefined> {
    const [guest] = await query<Guest>(this.pool, 'guest.find', `SELECT ${COLUMNS} FROM guest WHERE account_id = $1`, [accountId]);
    return guest;
  }

  /** Each with its place in this order. */
  async list(page: GuestPage): Promise<PlacedGuest[]> {
    if (isEmptyFilter(page.filter)) return this.read(guestPages(page).inOrder, page.descending);
    const { amongFirst, found } = guestPages(page);
    const first = amongFirst ? await this.read(amongFirst, page.descending) : [];
    return first.length === page.limit ? first : this.read(found, page.descending);
  }

  async create(accountId: string, settings: GuestSettings, secrets: KeptSecrets, origin: GuestOrigin): Promise<WriteOutcome> {
    return this.write(async (transaction) => {
      await putGuests(transaction, [{ accountId, settings, secrets, setsEnd: true, isNew: true }], origin);
      // Without an address nobody is written to.
      if (settings.addresses.length > 0) await this.tell(transaction, accountId, settings, 1);
      return 'written';
    });
  }

  /** `version`: of the guest as it was read; 0: whatever it is. */
  async update(accountId: string, settings: GuestSettings, secrets: KeptSecrets, version: number): Promise<WriteOutcome> {
    return this.write(async (transaction) => {
      const [before] = await transaction.query<{ version: number }>('guest.lock', 'SELECT version FROM guest WHERE account_id = $1 FOR UPDATE', [accountId]);
      if (!before) return 'missing';
      if (version !== 0 && version !== before.version) return 'changed';
      await putGuests(transaction, [{ accountId, settings, secrets, setsEnd: true, isNew: false }]);
      await this.tell(transaction, accountId, settings, before.version + 1);
      return 'written';
    });
  }

  async erase(accountId: string, actor: string): Promise<WriteOutcome> {
    return this.write(async (transaction) => {
      const [guest] = await transaction.query<ErasedPerson & Record<string, unknown>>('guest.delete', DELETE, [accountId]);
      if (!guest) return 'missing';
      await this.erasure.begin(transaction, [guest], { about: 'guest', actor });
      return 'written';
    });
  }

  /** Whole guests are read last: they are not worth sorting to throw nearly all of them away. */
  private async read({ sql, values }: Condition, descending: boolean): Promise<PlacedGuest[]> {
    const direction = descending ? 'DESC' : 'ASC';
    const rows = await queryOnce<Guest & { readonly key: string; readonly loginKey: string }>(
      this.pool, `SELECT ${COLUMNS}, guest.login_key AS "loginKey", key::text AS key FROM (${sql}) AS page JOIN guest USING (account_id) ORDER BY page.key ${direction}, guest.login_key ${direction}`, values,
    );
    return rows.map(({ key, loginKey, ...guest }) => ({ ...guest, place: { key, loginKey } }));
  }

  private async tell(transaction: FlowTransaction, accountId: string, settings: GuestSettings, version: number): Promise<void> {
    await transaction.publish({ journeyId: accountId, entries: [], publish: [guestChanged(accountId, settings, version, this.installation)] });
  }

  private async write(work: (transaction: FlowTransaction) => Promise<WriteOutcome>): Promise<WriteOutcome> {
    try {
      return await this.flow.transaction(work);
    } catch (error) {
      const taken = isUniqueViolation(error) ? TAKEN[violatedConstraint(error) ?? ''] : undefined;
      if (taken === undefined) throw error;
      return taken;
    }
  }
}

/** What others keep of a guest. */
export function guestChanged(accountId: string, { addresses: [address = '', ...otherAddresses], displayName, language }: GuestSettings, version: number, installation: Installation): Publication {
  return { subject: 'account.changed.v1', payload: { accountId, address, otherAddresses, displayName, language: language || installation.language, version } };
}
