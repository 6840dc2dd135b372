import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { FlowClient } from '@inkpost/flow/flow-client.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { PinHolder, PinStore } from './pin.store.js';

/** A link to set a PIN, as it is known here. */
export interface PinLink extends PinHolder {
  readonly login: string;
  readonly displayName: string;
  readonly openUntil: Date;
  readonly used: boolean;
  readonly over: boolean;
}

/** Whose link it is, where it is mailed, and until when it is good. */
export interface WantedLink {
  readonly linkId: string;
  readonly holder: PinHolder & { readonly login: string; readonly displayName: string };
  readonly address: string;
  readonly language: string;
  readonly openUntil: Date;
}

const MADE = `made AS (INSERT INTO pin_link (link_id, account_id, directory_id, login, display_name, open_until)
  SELECT $6::uuid, $7::uuid, $8::text, $9::text, $10::text, $11::timestamptz FROM step)`;

const FIND = `SELECT account_id AS "accountId", directory_id AS "directoryId", login, display_name AS "displayName", open_until AS "openUntil",
    used_at IS NOT NULL AS used, open_until <= now() AS over
  FROM pin_link WHERE link_id = $1`;

// One that is used ends all others of the account.
const USE = `WITH others AS (UPDATE pin_link SET used_at = now() WHERE account_id = $1 AND link_id <> $2 AND used_at IS NULL)
  UPDATE pin_link SET used_at = now() WHERE link_id = $2 AND account_id = $1 AND used_at IS NULL AND open_until > now() RETURNING true AS used`;

/** Links to set PINs. What makes one good is made by whoever mails it, and kept nowhere. */
export class PinLinkStore {
  constructor(
    private readonly pool: Pool,
    private readonly flow: FlowClient,
    private readonly pins: PinStore,
  ) {}

  /** Notes a link and has it mailed. */
  async make({ linkId, holder, address, language, openUntil }: WantedLink): Promise<void> {
    const { accountId, directoryId, login, displayName } = holder;
    const payload = { linkId, accountId, address, displayName, language, openUntil: timestampFromDate(openUntil) };
    await this.flow.publish(
      { journeyId: linkId, entries: [], publish: [{ subject: 'account.pin-link-wanted.v1', payload }] },
      { name: 'pin-link.made', with: MADE, values: [linkId, accountId, directoryId, login, displayName, openUntil] },
    );
  }

  async find(linkId: string): Promise<PinLink | undefined> {
    const [row] = await query<PinLink & object>(this.pool, 'pin-link.find', FIND, [linkId]);
    return row;
  }

  /** Sets the PIN. False, and nothing done: the link was used, or ran out, meanwhile. */
  async use(linkId: string, holder: PinHolder, pin: string): Promise<boolean> {
    const { sql, values } = this.pins.setting(holder, pin);
    return this.flow.transaction(async (transaction) => {
      const used = await transaction.query('pin-link.use', USE, [holder.accountId, linkId]);
      if (used.length === 0) return false;
      await transaction.query('pin.set-by-link', sql, values);
      return true;
    });
  }
}
