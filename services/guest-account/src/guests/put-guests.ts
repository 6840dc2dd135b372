import type { FlowTransaction } from '@inkpost/flow/flow-client.js';
import type { GuestOrigin } from './guest-filter.js';
import type { KeptSecrets } from './guest-secrets.js';
import { type GuestSettings, loginKeyOf } from './guest-settings.js';

export interface GuestToPut {
  readonly accountId: string;
  readonly settings: GuestSettings;
  readonly secrets: KeptSecrets;
  /** False: the end stays, which may have moved since the guest was read. */
  readonly setsEnd: boolean;
  readonly isNew: boolean;
}

const GIVEN = `jsonb_to_recordset($1::jsonb) AS given ("accountId" uuid, login text, "loginKey" text, "displayName" text, addresses text[], language text, company text, "group" text,
    "analyticalCode" text, "visitedPerson" text, note text, locked boolean, "validFrom" timestamptz, "validUntil" timestamptz, "setsEnd" boolean,
    "setsPassword" boolean, "passwordHash" text, "setsPin" boolean, "pinHash" text, "setsCard" boolean, "cardHash" text, "cardEnd" text)`;

const INSERT = `INSERT INTO guest (account_id, login, login_key, display_name, addresses, language, company, group_name, analytical_code, visited_person, note, locked, valid_from, valid_until,
    password_hash, pin_hash, card_hash, card_end, origin)
  SELECT "accountId", login, "loginKey", "displayName", addresses, language, company, "group", "analyticalCode", "visitedPerson", note, locked, "validFrom", "validUntil",
    "passwordHash", decode("pinHash", 'hex'), decode("cardHash", 'hex'), coalesce("cardEnd", ''), $2
  FROM ${GIVEN}`;

/** An end that an administrator sets holds; use no longer moves it. */
const UPDATE = `UPDATE guest SET login = given.login, login_key = given."loginKey", display_name = given."displayName", addresses = given.addresses, language = given.language,
    company = given.company, group_name = given."group", analytical_code = given."analyticalCode", visited_person = given."visitedPerson", note = given.note, locked = given.locked,
    valid_from = given."validFrom", valid_until = CASE WHEN given."setsEnd" THEN given."validUntil" ELSE guest.valid_until END,
    renewed = renewed AND (NOT given."setsEnd" OR guest.valid_until IS NOT DISTINCT FROM given."validUntil"::timestamptz(3)),
    password_hash = CASE WHEN given."setsPassword" THEN given."passwordHash" ELSE guest.password_hash END,
    pin_hash = CASE WHEN given."setsPin" THEN decode(given."pinHash", 'hex') ELSE guest.pin_hash END,
    card_hash = CASE WHEN given."setsCard" THEN decode(given."cardHash", 'hex') ELSE guest.card_hash END,
    card_end = CASE WHEN given."setsCard" THEN coalesce(given."cardEnd", '') ELSE guest.card_end END,
    version = version + 1
  FROM ${GIVEN} WHERE guest.account_id = given."accountId"`;

const READDRESS = 'INSERT INTO guest_address (address, account_id) SELECT unnest(addresses), account_id FROM guest WHERE account_id = ANY ($1::uuid[])';

/** Writes guests as they shall be; those that are there are locked by the caller. `origin`: of the new ones. A key that somebody else has fails as a unique violation. */
export async function putGuests(transaction: FlowTransaction, guests: readonly GuestToPut[], origin: GuestOrigin = 'administrator'): Promise<void> {
  const [added, changed] = [guests.filter(({ isNew }) => isNew), guests.filter(({ isNew }) => !isNew)];
  if (changed.length > 0) {
    const ids = changed.map(({ accountId }) => accountId);
    // First away with what is theirs alone: two guests may give each other an address or a card.
    await transaction.query('guest.unaddress', 'DELETE FROM guest_address WHERE account_id = ANY ($1::uuid[])', [ids]);
    const recarded = changed.filter(({ secrets }) => secrets.card !== undefined).map(({ accountId }) => accountId);
    if (recarded.length > 0) await transaction.query('guest.uncard', 'UPDATE guest SET card_hash = NULL WHERE account_id = ANY ($1::uuid[])', [recarded]);
    await transaction.query('guest.update', UPDATE, [rowsOf(changed)]);
  }
  if (added.length > 0) await transaction.query('guest.insert', INSERT, [rowsOf(added), origin]);
  await transaction.query('guest.readdress', READDRESS, [guests.map(({ accountId }) => accountId)]);
}

function rowsOf(guests: readonly GuestToPut[]): string {
  return JSON.stringify(guests.map(({ accountId, settings, setsEnd, secrets: { passwordHash, pinHash, card } }) => ({
    ...settings, accountId, setsEnd, loginKey: loginKeyOf(settings.login),
    setsPassword: passwordHash !== undefined, passwordHash,
    setsPin: pinHash !== undefined, pinHash: pinHash?.toString('hex'),
    setsCard: card !== undefined, cardHash: card?.hash.toString('hex'), cardEnd: card?.end,
  })));
}
