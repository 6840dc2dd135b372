import { createHmac, type KeyObject, randomUUID } from 'node:crypto';
import type { FlowTransaction } from '@inkpost/flow/flow-client.js';
import { hashingKey, type MasterKey } from '@inkpost/secrets/master-key.js';
import { ERASING_SERVICES, type ErasedPerson, type ErasureAbout, JOURNEY_PART, OWN_PART } from './erasure.js';

/** What is theirs, or led to them, by accounts ($1) and addresses ($2): accounts of other directories, and guests that became those. */
const ACCOUNTS = `
  WITH known AS (SELECT account_id FROM known_person WHERE account_id::text = ANY ($1::text[]) OR sender_address = ANY ($2::text[]))
  SELECT account_id::text AS "accountId", true AS returns FROM known
  UNION
  SELECT guest_account_id::text, false FROM merged_account WHERE account_id::text = ANY ($1) OR account_id IN (SELECT account_id FROM known)`;

/**
 * What this service itself keeps. $1: accounts, $2: addresses, $3: logins. A profile's `@login` goes where it means a guest; where it means whoever is
 * called so in any directory, it is a rule that an administrator wrote, and is counted.
 */
const ERASE = `
  WITH accounts AS MATERIALIZED (
    SELECT login AS account FROM unnest($3::text[]) AS login WHERE login <> ''
    UNION SELECT d.name_key || '\\' || login FROM directory_name d, unnest($3) AS login WHERE login <> ''),
  known AS (DELETE FROM known_person WHERE account_id::text IN (SELECT unnest($1::text[])) OR sender_address IN (SELECT unnest($2::text[]))),
  merged AS (DELETE FROM merged_account WHERE account_id::text = ANY ($1) OR guest_account_id::text = ANY ($1) RETURNING 1),
  pins AS (DELETE FROM account_pin WHERE account_id::text = ANY ($1) RETURNING 1),
  cards AS (DELETE FROM account_card WHERE account_id::text = ANY ($1) RETURNING 1),
  links AS (DELETE FROM pin_link WHERE account_id::text = ANY ($1)),
  vouched AS (UPDATE guest SET visited_person = '' WHERE visited_person <> '' AND lower(visited_person) IN (SELECT unnest($2)) RETURNING 1),
  roles AS (DELETE FROM role_member WHERE account_id::text = ANY ($1) RETURNING 1),
  tokens AS (DELETE FROM api_token WHERE maker ->> 'accountId' = ANY ($1) RETURNING 1),
  members AS (DELETE FROM profile_member WHERE directory_id = 'guests' AND lower(name) IN (SELECT '@' || login FROM unnest($3) AS login) RETURNING 1),
  familiar AS (DELETE FROM sign_in_familiar WHERE account IN (SELECT account FROM accounts) RETURNING 1),
  attempts AS (
    DELETE FROM sign_in_delay d USING accounts a WHERE d.scope NOT IN ('source', 'pin-source', 'pin-point') AND (d.subject = a.account OR starts_with(d.subject, a.account || ' ')) RETURNING 1),
  asked AS (DELETE FROM sign_in_delay WHERE scope = 'pin-link' AND subject = ANY ($2)),
  waiting AS (DELETE FROM waiting_sender WHERE address = ANY ($2) RETURNING waiting_id),
  parked AS MATERIALIZED (SELECT m.payload FROM waiting_message m JOIN waiting_sender w USING (waiting_id) WHERE w.address = ANY ($2)),
  sponsored AS (
    UPDATE waiting_sender SET answerer = CASE WHEN lower(answerer) = ANY ($2) THEN '' ELSE answerer END,
      sponsors = ARRAY(SELECT CASE WHEN lower(sponsor) = ANY ($2) THEN '' ELSE sponsor END FROM unnest(sponsors) WITH ORDINALITY AS s (sponsor, place) ORDER BY place)
    WHERE address <> ALL ($2) AND (sponsors && $2 OR lower(answerer) = ANY ($2)) RETURNING 1),
  forgotten AS MATERIALIZED (SELECT flow.forget($1, $2) AS found),
  documents AS (
    SELECT jsonb_array_elements_text(found -> 'documents')::uuid AS id FROM forgotten
    UNION SELECT (d ->> 'documentId')::uuid FROM parked, jsonb_array_elements(coalesce(parked.payload -> 'documents', '[]')) AS d),
  dropped AS MATERIALIZED (SELECT spool.drop(ARRAY(SELECT id FROM documents)))
  SELECT (SELECT count(*) FROM merged) AS "mergedGuests", (SELECT count(*) FROM vouched) + (SELECT count(*) FROM sponsored) AS "vouchedFor", (SELECT count(*) FROM waiting) AS "waitingSenders", (SELECT count(*) FROM roles) + (SELECT count(*) FROM members) AS "memberships",
    (SELECT count(*) FROM tokens) AS "apiTokens", (SELECT count(*) FROM pins) + (SELECT count(*) FROM cards) AS "pinsAndCards", (SELECT count(*) FROM familiar) + (SELECT count(*) FROM attempts) AS "signIns",
    (SELECT (found -> 'messages')::int FROM forgotten, dropped) + (SELECT count(*) FROM parked)::int AS "mailsNotPrinted",
    (SELECT count(*) FROM profile_member WHERE directory_id IS NULL AND lower(name) IN (SELECT '@' || login FROM unnest($3) AS login)) AS "profileRulesLeft"`;

const BEGIN = 'INSERT INTO erasure (erasure_id, about, requested_by, people, account_ids, addresses) VALUES ($1, $2, $3, $4, $5, $6)';
const SUBJECTS = 'INSERT INTO erasure_subject (address_hash, erasure_id) SELECT DISTINCT unnest($2::bytea[]), $1::uuid';
const PARTS = `INSERT INTO erasure_part (erasure_id, service, done_at, counts)
  SELECT $1, service, CASE WHEN service = $3 THEN now() END, CASE WHEN service = $3 THEN $4::jsonb ELSE '{}' END FROM unnest($2::text[]) AS service`;

/** Who wants it, and what it is about. */
export interface ErasureRequest {
  readonly about: ErasureAbout;
  readonly actor: string;
}

/** Begins erasures: here at once, elsewhere by a fact that each service answers. */
export class PeopleErasure {
  private readonly key: KeyObject;

  constructor(masterKey: MasterKey) {
    this.key = hashingKey(masterKey, 'erased address');
  }

  /**
   * Part of the transaction that removes the accounts themselves (`accounts`: how many). Gives the erasure's id. Several people at once are one erasure:
   * what takes a reading of everything takes one.
   */
  async begin(transaction: FlowTransaction, people: readonly ErasedPerson[], { about, actor }: ErasureRequest): Promise<string> {
    const erasureId = randomUUID();
    const own = people.flatMap(({ accountId }) => (accountId === undefined ? [] : [accountId]));
    const addresses = [...new Set(people.flatMap((person) => person.addresses))];
    const others = await transaction.query<{ accountId: string; returns: boolean }>('erasure.accounts', ACCOUNTS, [own, addresses]);
    const further = others.filter(({ accountId }) => !own.includes(accountId));
    const returning = further.filter(({ returns }) => returns).map(({ accountId }) => accountId);
    const gone = [...own, ...further.filter(({ returns }) => !returns).map(({ accountId }) => accountId)];
    const accountIds = [...gone, ...returning];
    const [counts] = await transaction.query<Record<string, number>>('erasure.own', ERASE, [accountIds, addresses, people.map(({ login }) => login)]);
    await transaction.query('erasure.begin', BEGIN, [erasureId, about, actor, people.length, accountIds, addresses]);
    await transaction.query('erasure.subjects', SUBJECTS, [erasureId, addresses.map((address) => this.hashOf(address))]);
    await transaction.query('erasure.parts', PARTS, [erasureId, [...ERASING_SERVICES, OWN_PART, JOURNEY_PART], OWN_PART, JSON.stringify({ accounts: own.length, ...counts })]);
    await transaction.publish({
      journeyId: erasureId, entries: [],
      publish: [{ subject: 'account.erased.v1', payload: { erasureId, accountIds: gone, returningAccountIds: returning, addresses } }],
    });
    return erasureId;
  }

  /** By which the proof of an address is found, and which nobody can make who has the database alone. */
  hashOf(address: string): Buffer {
    return createHmac('sha256', this.key).update(address).digest();
  }
}
