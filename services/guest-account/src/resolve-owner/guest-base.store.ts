import { randomUUID } from 'node:crypto';
import { Defect } from '@inkpost/failure/failure.js';
import type { FlowClient, Outcome } from '@inkpost/flow/flow-client.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { GUEST_VALID_DAYS, PERSON_TOLD_EVERY_DAYS, USE_NOTED_EVERY_S } from '../limits.js';
import type { GuestBase, GuestCreation } from '../ports/guest-base.port.js';
import { isRefusedByDatabase, isUniqueViolation, sqlState } from '../sql-state.js';
import type { KnownSender } from '../tell-person/known-sender.js';
import type { KnownGuest, NewGuest } from './decide-owner.js';
import type { AcceptedMessage } from './owner-outcome.js';

/** The revision of the directories comes with it: so every mail goes by the settings of now, at no cost of its own. */
const FIND = `SELECT l.revision, g.account_id AS "accountId", g.addresses[1] AS address, g.display_name AS "displayName", g.language, g.locked, g.renewed, g.group_name AS "group",
    g.valid_from AS "validFrom", coalesce(g.valid_from > now(), false) AS "notYet", g.valid_until AS "validUntil", coalesce(g.valid_until <= now(), false) AS expired,
    coalesce(g.addresses, '{}') AS "guestAddresses", k.facts_sha256 AS "toldSha256", g.pin_hash IS NOT NULL AS "hasPin",
    (SELECT jsonb_build_object('accountId', p.account_id, 'hasPin', EXISTS (SELECT FROM account_pin a WHERE a.account_id = p.account_id)
       OR EXISTS (SELECT FROM merged_account m WHERE m.account_id = p.account_id AND m.pin_hash IS NOT NULL))
     FROM known_person p WHERE p.sender_address = $1) AS "knownPerson"
  FROM directory_lookup l LEFT JOIN (guest_address a JOIN guest g USING (account_id)) ON a.address = $1
    LEFT JOIN known_person k ON k.sender_address = $1 AND k.told_at > now() - make_interval(days => $2)`;

type FoundRow = { readonly revision: number; readonly guestAddresses: readonly string[]; readonly toldSha256: Buffer | null; readonly knownPerson: KnownSender['knownPerson'] | null } & (KnownGuest | { readonly accountId: null });

/** What is known here of a sender's address. */
interface LookedUp {
  /** Of the directories. */
  readonly revision: number;
  readonly guest: KnownGuest | undefined;
  readonly known: KnownSender;
}

// The documents' claims go on with the message, or are given up; the bytes of those are removed by mail-ingest's sweeper.
const handOver = (documentIds: `$${number}`): string => `spool.hand_over(${documentIds}::uuid[], 'print_submit') AS handed_over`;
const DROP = 'spool.drop($6::uuid[]) AS dropped';

/** Notes the use: $6 account, $7 days that an automatic guest stays valid, $8 seconds in which one note is enough. */
export const USED = `used AS (
    UPDATE guest SET last_used_at = now(), valid_until = CASE WHEN renewed THEN now() + make_interval(days => $7) ELSE valid_until END
    FROM step WHERE account_id = $6 AND (last_used_at IS NULL OR last_used_at < now() - make_interval(secs => $8) OR valid_until <= now()))`;

/**
 * Makes a guest of a sender's address: $6 account, $7 days, $8 address, $9 name, $10 language, $11 visited person. Without ON CONFLICT: who comes second must
 * fail as a whole, look again, and go on with the account that is there.
 */
export const CREATED = `created AS (
    INSERT INTO guest (account_id, login, login_key, addresses, display_name, language, visited_person, origin, renewed, valid_until, last_used_at)
    SELECT $6::uuid, $8::text, $8, ARRAY[$8], $9::text, $10::text, $11::text, 'mail', true, now() + make_interval(days => $7), now() FROM step),
    addressed AS (INSERT INTO guest_address (address, account_id) SELECT $8, $6 FROM step)`;

/** This installation's own guest base: one question, then one statement that does all that follows from the answer. */
export class LocalGuestBase implements GuestBase {
  readonly server = '';

  constructor(
    private readonly pool: Pool,
    private readonly flow: FlowClient,
    private readonly log: Log,
  ) {}

  async find(address: string): Promise<KnownGuest | undefined> {
    return (await this.lookUp(address)).guest;
  }

  /** `address`: lower-cased, its domain in ASCII. */
  async lookUp(address: string): Promise<LookedUp> {
    const [row] = await query<FoundRow>(this.pool, 'guest-base.find', FIND, [address, PERSON_TOLD_EVERY_DAYS]);
    if (!row) throw new Defect('account.lookup-missing', 'directory_lookup has no row.');
    const { revision, guestAddresses, toldSha256, knownPerson, ...found } = row;
    const guest = found.accountId === null ? undefined : found;
    return { revision, guest, known: { guest, guestAddresses, toldSha256: toldSha256 ?? undefined, knownPerson: knownPerson ?? undefined } };
  }

  /** Goes on with somebody of another directory, of whom nothing is kept here. */
  async handOver(message: AcceptedMessage, outcome: Outcome): Promise<void> {
    await this.flow.step(message, outcome, { name: 'owner-known', durable: 'with-the-next', select: handOver('$6'), values: [documentIds(message)] });
  }

  async use(message: AcceptedMessage, outcome: Outcome, guest: KnownGuest): Promise<void> {
    await this.flow.step(message, outcome, { name: 'owner-found', durable: 'with-the-next', with: USED, select: handOver('$9'), values: [guest.accountId, GUEST_VALID_DAYS, USE_NOTED_EVERY_S, documentIds(message)] });
  }

  async create(message: AcceptedMessage, guest: NewGuest, outcomeOf: (accountId: string) => Outcome): Promise<GuestCreation> {
    const { address, displayName, language, visitedPerson } = guest;
    const accountId = randomUUID();
    try {
      await this.flow.step(message, outcomeOf(accountId), { name: 'owner-created', with: CREATED, select: handOver('$12'), values: [accountId, GUEST_VALID_DAYS, address, displayName, language, visitedPerson, documentIds(message)] });
      return { outcome: 'created' };
    } catch (error) {
      if (isUniqueViolation(error)) return { outcome: 'taken' };
      if (!isRefusedByDatabase(error)) throw error;
      this.log.error('guest not created', { address, journeyId: message.journeyId, sqlState: sqlState(error), error });
      return { outcome: 'refused', cause: `The database refused it (SQLSTATE ${sqlState(error)}).` };
    }
  }

  /** Ends the message here, and its documents with it. */
  async refuse(message: AcceptedMessage, outcome: Outcome): Promise<void> {
    await this.flow.step(message, outcome, { name: 'owner-refused', select: DROP, values: [documentIds(message)] });
  }
}

function documentIds({ payload }: AcceptedMessage): string[] {
  return payload.documents.map(({ documentId }) => documentId);
}
