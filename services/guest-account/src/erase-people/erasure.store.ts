import type { PagePlace } from '@inkpost/service/page-place.js';
import { Defect } from '@inkpost/failure/failure.js';
import type { FlowClient, FlowMessage, FlowTransaction } from '@inkpost/flow/flow-client.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import { type Erasure, type ErasedPerson, JOURNEY_PART, pseudonymOf } from './erasure.js';
import type { ErasureRequest, PeopleErasure } from './people-erasure.js';

type Row = Erasure & Record<string, unknown>;
type DoneSubject = 'mail.account-erased.v1' | 'acceptance.account-erased.v1' | 'print.account-erased.v1' | 'notification.account-erased.v1' | 'statistics.account-erased.v1';

const COLUMNS = `e.erasure_id AS "erasureId", e.about, e.requested_by AS "requestedBy", e.requested_at AS "requestedAt", e.people, e.completed_at AS "completedAt",
  (SELECT json_agg(json_build_object('service', p.service, 'doneAt', p.done_at, 'counts', p.counts) ORDER BY p.service) FROM erasure_part p WHERE p.erasure_id = e.erasure_id) AS parts`;

const LIST = `SELECT ${COLUMNS} FROM erasure e WHERE $1::timestamptz IS NULL OR (e.requested_at, e.erasure_id) < ($1, $2::uuid) ORDER BY e.requested_at DESC, e.erasure_id DESC LIMIT $3`;

const PROVE = `SELECT ${COLUMNS} FROM erasure e JOIN erasure_subject s USING (erasure_id) WHERE s.address_hash = $1 ORDER BY e.requested_at DESC LIMIT $2`;

const GUEST = `DELETE FROM guest WHERE account_id = $1 RETURNING account_id AS "accountId", addresses, login_key AS login`;

const GUESTS_OF_ADDRESS = `DELETE FROM guest WHERE account_id IN (SELECT account_id FROM guest_address WHERE address = $1) RETURNING account_id AS "accountId", addresses, login_key AS login`;

/** Whose part it is. */
const SERVICE_OF: Readonly<Record<DoneSubject, string>> = {
  'mail.account-erased.v1': 'mail-ingest',
  'acceptance.account-erased.v1': 'acceptance',
  'print.account-erased.v1': 'print-submit',
  'notification.account-erased.v1': 'notification',
  'statistics.account-erased.v1': 'domain-sync',
};

/** Erasures and their proof. */
export class ErasureStore {
  constructor(
    private readonly pool: Pool,
    private readonly flow: FlowClient,
    private readonly erasure: PeopleErasure,
  ) {}

  /** Undefined: there is no such guest. */
  async eraseGuest(accountId: string, actor: string): Promise<string | undefined> {
    return this.flow.transaction(async (transaction) => {
      const [guest] = await transaction.query<ErasedPerson & Record<string, unknown>>('erasure.guest', GUEST, [accountId]);
      return guest && this.erasure.begin(transaction, [guest], { about: 'guest', actor });
    });
  }

  /** Whatever is kept under an address: a guest's account, facts of somebody of a directory, mails of somebody unknown. */
  async eraseAddress(address: string, actor: string): Promise<string> {
    return this.flow.transaction(async (transaction) => {
      const guests = await transaction.query<ErasedPerson & Record<string, unknown>>('erasure.guests-of-address', GUESTS_OF_ADDRESS, [address]);
      const request: ErasureRequest = { about: 'address', actor };
      return this.erasure.begin(transaction, guests.length > 0 ? guests : [{ accountId: undefined, addresses: [address], login: '' }], request);
    });
  }

  async find(erasureId: string): Promise<Erasure | undefined> {
    const [row] = await query<Row>(this.pool, 'erasure.find', `SELECT ${COLUMNS} FROM erasure e WHERE e.erasure_id = $1`, [erasureId]);
    return row && fromRow(row);
  }

  /** The latest first. */
  async list(after: PagePlace | undefined, limit: number): Promise<Erasure[]> {
    return (await query<Row>(this.pool, 'erasure.list', LIST, [after?.at ?? null, after?.id ?? null, limit])).map(fromRow);
  }

  /** Of whoever had this address. */
  async prove(address: string, limit: number): Promise<Erasure[]> {
    return (await query<Row>(this.pool, 'erasure.prove', PROVE, [this.erasure.hashOf(address), limit])).map(fromRow);
  }

  /** A service has erased what it kept. After the last of them comes the journey, in which all of them have written. */
  async noteDone(message: FlowMessage<DoneSubject>): Promise<void> {
    const { journeyId, subject, payload: { erasureId, counts } } = message;
    await this.flow.transaction(async (transaction) => {
      if (!(await transaction.step(message, { journeyId, entries: [], publish: [] }))) return;
      const [erasure] = await transaction.query<{ accountIds: string[]; addresses: string[] }>('erasure.lock', LOCK, [erasureId]);
      if (!erasure) return;
      await transaction.query('erasure.part-done', PART_DONE, [erasureId, SERVICE_OF[subject], JSON.stringify(counts)]);
      const [waiting] = await transaction.query<{ count: number }>('erasure.waiting', WAITING, [erasureId, JOURNEY_PART]);
      if (waiting?.count === 0) await complete(transaction, erasureId, erasure);
    });
  }

  /** Proofs that are old enough to go; those that are not complete stay. */
  async forgetOld(days: number): Promise<number> {
    const rows = await query(this.pool, 'erasure.forget', 'DELETE FROM erasure WHERE completed_at < now() - make_interval(days => $1) RETURNING 1', [days]);
    return rows.length;
  }
}

const LOCK = 'SELECT account_ids AS "accountIds", addresses FROM erasure WHERE erasure_id = $1 AND completed_at IS NULL FOR UPDATE';
const PART_DONE = 'UPDATE erasure_part SET done_at = now(), counts = $3::jsonb WHERE erasure_id = $1 AND service = $2';
const WAITING = 'SELECT count(*) AS count FROM erasure_part WHERE erasure_id = $1 AND done_at IS NULL AND service <> $2';
const ERASE_JOURNEY = 'SELECT journey.erase($1, $2, $3, $4) AS counts';
const COMPLETE = `UPDATE erasure SET completed_at = now(), account_ids = '{}', addresses = '{}' WHERE erasure_id = $1`;

async function complete(transaction: FlowTransaction, erasureId: string, { accountIds, addresses }: { readonly accountIds: readonly string[]; readonly addresses: readonly string[] }): Promise<void> {
  const entry = { step: 'people-erased', evidence: { erasureId } };
  const [erased] = await transaction.query<{ counts: Record<string, number> }>('erasure.journey', ERASE_JOURNEY, [accountIds, addresses, pseudonymOf(erasureId), JSON.stringify(entry)]);
  if (!erased) throw new Defect('account.journey-not-erased', 'journey.erase gave no row.');
  await transaction.query('erasure.part-done', PART_DONE, [erasureId, JOURNEY_PART, JSON.stringify(erased.counts)]);
  await transaction.query('erasure.complete', COMPLETE, [erasureId]);
}

function fromRow({ parts, ...erasure }: Row): Erasure {
  return { ...erasure, parts: parts.map(({ service, doneAt, counts }) => ({ service, counts, doneAt: doneAt === null ? null : new Date(doneAt) })) };
}
