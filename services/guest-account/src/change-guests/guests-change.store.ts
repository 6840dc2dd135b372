import type { FlowClient, FlowTransaction } from '@inkpost/flow/flow-client.js';
import { type Pool, queryOnce } from '@inkpost/postgres/pool.js';
import type { ErasedPerson } from '../erase-people/erasure.js';
import type { PeopleErasure } from '../erase-people/people-erasure.js';
import { filterCondition, type GuestFilter } from '../guests/guest-filter.js';
import { GUESTS_CHANGED_MAX } from '../limits.js';

/** What becomes of all that a filter finds. */
export type GuestsChange =
  | { readonly kind: 'erase' }
  | {
      readonly kind: 'set';
      readonly validity: { readonly from: Date | null; readonly until: Date | null } | undefined;
      readonly locked: boolean | undefined;
      readonly group: string | undefined;
    };

/** A guest whom a change is about. */
export interface GuestToChange {
  readonly accountId: string;
  readonly login: string;
  readonly group: string;
}

export interface WantedChange {
  readonly filter: GuestFilter;
  readonly change: GuestsChange;
  /** Whether whoever wants it may change this guest. */
  readonly mayChange: (guest: GuestToChange) => boolean;
  /** How many the filter must find; undefined: however many. */
  readonly expectedCount: number | undefined;
  readonly actor: string;
}

/** `others`: the filter finds another number than expected. `too-many`: more than are changed in one call. `forbidden`: the guest of this login. Then nothing is changed. */
export type ChangedGuests =
  | { readonly outcome: 'changed' | 'others' | 'too-many'; readonly found: number }
  | { readonly outcome: 'forbidden'; readonly login: string };

/** An end that an administrator sets holds; use no longer moves it. */
const SET = `UPDATE guest SET
    valid_from = CASE WHEN $2 THEN $3::timestamptz ELSE valid_from END, valid_until = CASE WHEN $2 THEN $4::timestamptz ELSE valid_until END, renewed = renewed AND NOT $2,
    locked = coalesce($5, locked), group_name = coalesce($6, group_name), version = version + 1
  WHERE account_id = ANY ($1::uuid[])`;

const DELETE = 'DELETE FROM guest WHERE account_id = ANY ($1::uuid[]) RETURNING account_id AS "accountId", addresses, login_key AS login';

/** Changes or erases all guests that a filter finds: those of an event, of a company. All or none. */
export class GuestsChangeStore {
  constructor(
    private readonly pool: Pool,
    private readonly flow: FlowClient,
    private readonly erasure: PeopleErasure,
  ) {}

  async count(filter: GuestFilter): Promise<number> {
    const { sql, values } = filterCondition(filter);
    const [row] = await queryOnce<{ found: number }>(this.pool, `SELECT count(*) AS found FROM guest WHERE ${sql}`, values);
    return row?.found ?? 0;
  }

  async change({ filter, change, mayChange, expectedCount, actor }: WantedChange): Promise<ChangedGuests> {
    return this.flow.transaction(async (transaction) => {
      const guests = await this.lock(transaction, filter);
      const found = guests.length;
      if (found > GUESTS_CHANGED_MAX) return { outcome: 'too-many', found };
      if (expectedCount !== undefined && found !== expectedCount) return { outcome: 'others', found };
      const forbidden = guests.find((guest) => !mayChange(guest));
      if (forbidden) return { outcome: 'forbidden', login: forbidden.login };
      if (found > 0) await this.apply(transaction, guests.map(({ accountId }) => accountId), change, actor);
      return { outcome: 'changed', found };
    });
  }

  /** In one order, so that two changes of the same guests wait for each other instead of blocking. */
  private async lock(transaction: FlowTransaction, filter: GuestFilter): Promise<readonly GuestToChange[]> {
    const { sql, values } = filterCondition(filter);
    return transaction.queryOnce<GuestToChange & Record<string, unknown>>(
      `SELECT account_id AS "accountId", login, group_name AS "group" FROM guest WHERE ${sql} ORDER BY account_id LIMIT ${GUESTS_CHANGED_MAX + 1} FOR UPDATE`, values,
    );
  }

  private async apply(transaction: FlowTransaction, ids: readonly string[], change: GuestsChange, actor: string): Promise<void> {
    if (change.kind === 'erase') {
      const people = await transaction.query<ErasedPerson & Record<string, unknown>>('guests.delete', DELETE, [ids]);
      await this.erasure.begin(transaction, people, { about: 'guest', actor });
      return;
    }
    // What others keep of a guest, address, name and language, stays as it is.
    const { validity, locked, group } = change;
    await transaction.query('guests.set', SET, [ids, validity !== undefined, validity?.from ?? null, validity?.until ?? null, locked ?? null, group ?? null]);
  }
}
