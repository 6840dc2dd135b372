import { randomUUID } from 'node:crypto';
import type { JsonValue } from '@bufbuild/protobuf';
import type { FlowClient, FlowTransaction } from '@inkpost/flow/flow-client.js';
import { decodePayload, encodePayload } from '@inkpost/flow/payload.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { Language } from '../installation.js';
import { ANSWERED_KEPT_DAYS, APPROVAL_HOLDS_MINUTES, CLAIM_DAYS, CLAIM_MARGIN_HOURS, NAME_LENGTH_MAX, WAITING_HOURS } from '../limits.js';
import type { WaitingPolicy } from '../resolve-owner/decide-owner.js';
import type { AcceptedMessage } from '../resolve-owner/owner-outcome.js';
import { visibleLine } from '../visible-line.js';
import { decideParking, type Parking, type ParkingPlace } from './decide-parking.js';
import { senderApproved, senderAwaited, senderNotLetIn } from './waiting-outcome.js';
import { type Answer, EXPIRED, type WaitingSender } from './waiting-sender.js';

const SUBJECT = 'acceptance.message-accepted.v1';

/** Mails and answers of one address take turns: so ten mails that come together ask once, and none comes to wait beside an answer. */
const LOCK = `SELECT pg_advisory_xact_lock(hashtextextended('waiting-sender ' || $1, 0))`;

const PLACE = `
  SELECT now() + make_interval(hours => $4) AS "waitsUntil",
    (SELECT to_jsonb(w) FROM (
      SELECT waiting_id AS "waitingId", waits_until AS "waitsUntil", waits_until <= now() AS over, (SELECT count(*) FROM waiting_message m WHERE m.waiting_id = s.waiting_id) AS messages
      FROM waiting_sender s WHERE address = $1 AND policy = $2 AND sponsors = $3 AND state = 'waiting') AS w) AS waiting,
    (SELECT to_jsonb(a) FROM (
      SELECT answered_by AS by, answerer AS name
      FROM waiting_sender WHERE address = $1 AND policy = $2 AND sponsors = $3 AND state = 'approved' AND answered_at > now() - make_interval(mins => $5)
      ORDER BY answered_at DESC LIMIT 1) AS a) AS approval,
    (SELECT count(*) FROM waiting_sender WHERE state = 'waiting') AS senders`;

interface PlaceRow {
  readonly waitsUntil: Date;
  readonly waiting: { readonly waitingId: string; readonly waitsUntil: string; readonly over: boolean; readonly messages: number } | null;
  readonly approval: { readonly by: string; readonly name: string } | null;
  readonly senders: number;
}

const BEGIN = `INSERT INTO waiting_sender (waiting_id, address, display_name, policy, sponsors, waits_until) VALUES ($1, $2, $3, $4, $5, $6)`;

const PARK = `
  WITH parked AS (INSERT INTO waiting_message (message_id, waiting_id, payload) VALUES ($1, $2, $3))
  SELECT spool.keep_until($4::uuid[], $5::timestamptz + make_interval(hours => $6))`;

const ANSWER = `
  UPDATE waiting_sender SET state = $2, answered_by = $3, answerer = $4, answered_at = now()
  WHERE waiting_id = $1 AND state = 'waiting' AND ($2 = 'expired') = (waits_until <= now()) RETURNING address, policy`;

const TAKE_MESSAGES = `
  WITH taken AS (DELETE FROM waiting_message WHERE waiting_id = $1 RETURNING payload, waits_since, message_id)
  SELECT payload FROM taken ORDER BY waits_since, message_id`;

const KEEP = 'SELECT spool.keep_until($1::uuid[], now() + make_interval(days => $2))';
const DROP = 'SELECT spool.drop($1::uuid[])';

const COLUMNS = `
  s.waiting_id AS "waitingId", s.address, s.display_name AS "displayName", s.policy, s.sponsors, s.state, s.waits_since AS "waitsSince", s.waits_until AS "waitsUntil", s.waits_until <= now() AS over,
  (SELECT coalesce(jsonb_agg(jsonb_build_object(
     'messageId', m.message_id, 'mailboxId', coalesce(m.payload ->> 'mailboxId', ''), 'subject', coalesce(m.payload ->> 'subject', ''), 'waitsSince', m.waits_since,
     'fileNames', jsonb_path_query_array(m.payload, '$.documents[*].fileName')) ORDER BY m.waits_since, m.message_id), '[]')
   FROM waiting_message m WHERE m.waiting_id = s.waiting_id) AS messages`;

const LIST = `SELECT ${COLUMNS} FROM waiting_sender s WHERE state = 'waiting' AND waits_until > now() AND (waits_since, waiting_id) > ($1, $2) ORDER BY waits_since, waiting_id LIMIT $3`;
const FIND = `SELECT ${COLUMNS} FROM waiting_sender s WHERE waiting_id = $1`;

type Row = Omit<WaitingSender, 'messages'> & { readonly messages: readonly (Omit<WaitingSender['messages'][number], 'waitsSince'> & { readonly waitsSince: string })[] };

type Parked = { readonly kind: 'parked' } | Extract<Parking, { kind: 'let-in' | 'full' }>;

/** Unknown senders who wait to be let in, and their mails (SKY-071). */
export class WaitingSenderStore {
  constructor(
    private readonly pool: Pool,
    private readonly flow: FlowClient,
    private readonly language: Language,
  ) {}

  /** Lets a mail wait, once however often it is handled. Otherwise nothing was written: its sender was just let in, or too much waits already. */
  async park(message: AcceptedMessage, policy: WaitingPolicy, notIn: readonly string[]): Promise<Parked> {
    const { address } = message.payload.sender;
    // Nobody vouches for themselves.
    const sponsors = policy === 'sponsor' ? message.payload.sponsors.filter((sponsor) => sponsor !== address).sort() : [];
    return this.flow.transaction(async (transaction) => {
      await transaction.query('waiting-sender.lock', LOCK, [address]);
      const { place, newUntil } = await findPlace(transaction, address, policy, sponsors);
      const parking = decideParking(place);
      if (parking.kind === 'let-in' || parking.kind === 'full') return parking;
      const isFirst = parking.kind === 'begin';
      const { waitingId, waitsUntil } = isFirst ? { waitingId: randomUUID(), waitsUntil: newUntil } : parking;
      if (!(await transaction.step(message, senderAwaited(message, { waitingId, waitsUntil, policy, sponsors, isFirst, notIn })))) return { kind: 'parked' };
      if (isFirst) {
        if (parking.insteadOf !== undefined) await this.close(transaction, parking.insteadOf, EXPIRED);
        await transaction.query('waiting-sender.begin', BEGIN, [waitingId, address, visibleLine(message.payload.sender.displayName, NAME_LENGTH_MAX), policy, sponsors, waitsUntil]);
      }
      const { messageId, documents } = message.payload;
      const values = [messageId, waitingId, JSON.stringify(encodePayload(SUBJECT, message.payload)), documents.map(({ documentId }) => documentId), waitsUntil, CLAIM_MARGIN_HOURS];
      await transaction.query('waiting-sender.park', PARK, values);
      return { kind: 'parked' };
    });
  }

  /** Ends the wait: the mails go on, or are refused. Undefined: nobody waits (any more), or for `expired` still does. */
  async answer(waitingId: string, answer: Answer): Promise<{ readonly address: string; readonly messages: number } | undefined> {
    return this.flow.transaction(async (transaction) => {
      const [waiting] = await transaction.query<{ address: string }>('waiting-sender.address', 'SELECT address FROM waiting_sender WHERE waiting_id = $1', [waitingId]);
      if (!waiting) return undefined;
      await transaction.query('waiting-sender.lock', LOCK, [waiting.address]);
      const messages = await this.close(transaction, waitingId, answer);
      return messages === undefined ? undefined : { address: waiting.address, messages };
    });
  }

  /** Gives how many mails went on or were refused; undefined: none, it was answered before. */
  private async close(transaction: FlowTransaction, waitingId: string, answer: Answer): Promise<number | undefined> {
    const { state, by, name } = answer;
    const [closed] = await transaction.query<{ policy: WaitingPolicy }>('waiting-sender.answer', ANSWER, [waitingId, state, by, name]);
    if (!closed) return undefined;
    const rows = await transaction.query<{ payload: JsonValue }>('waiting-sender.take', TAKE_MESSAGES, [waitingId]);
    const payloads = rows.map(({ payload }) => decodePayload(SUBJECT, payload));
    for (const payload of payloads) await transaction.publish(state === 'approved' ? senderApproved(payload, answer) : senderNotLetIn(payload, closed.policy, answer, this.language));
    const documentIds = payloads.flatMap(({ documents }) => documents.map(({ documentId }) => documentId));
    if (state === 'approved') await transaction.query('waiting-sender.keep', KEEP, [documentIds, CLAIM_DAYS]);
    else await transaction.query('waiting-sender.drop', DROP, [documentIds]);
    return payloads.length;
  }

  /** Those who wait, from the longest on. */
  async list(after: { readonly waitsSince: Date; readonly waitingId: string }, limit: number): Promise<WaitingSender[]> {
    return (await query<Row & object>(this.pool, 'waiting-sender.list', LIST, [after.waitsSince, after.waitingId, limit])).map(toWaitingSender);
  }

  /** Also one who was answered lately. */
  async find(waitingId: string): Promise<WaitingSender | undefined> {
    const [row] = await query<Row & object>(this.pool, 'waiting-sender.find', FIND, [waitingId]);
    return row && toWaitingSender(row);
  }

  /** Some of those whose time is over. */
  async over(limit: number): Promise<string[]> {
    const rows = await query<{ waitingId: string }>(this.pool, 'waiting-sender.over', `SELECT waiting_id AS "waitingId" FROM waiting_sender WHERE state = 'waiting' AND waits_until <= now() ORDER BY waits_until LIMIT $1`, [limit]);
    return rows.map(({ waitingId }) => waitingId);
  }

  /** Forgets those who were answered, once nobody can have a link that holds. */
  async forget(): Promise<void> {
    await query(this.pool, 'waiting-sender.forget', `DELETE FROM waiting_sender WHERE state <> 'waiting' AND waits_until < now() - make_interval(days => $1)`, [ANSWERED_KEPT_DAYS]);
  }
}

async function findPlace(transaction: FlowTransaction, address: string, policy: WaitingPolicy, sponsors: readonly string[]): Promise<{ readonly place: ParkingPlace; readonly newUntil: Date }> {
  const [row] = await transaction.query<PlaceRow & object>('waiting-sender.place', PLACE, [address, policy, sponsors, WAITING_HOURS, APPROVAL_HOLDS_MINUTES]);
  if (!row) throw new Error('a query without FROM gave no row');
  const { waiting, approval, senders, waitsUntil } = row;
  return { newUntil: waitsUntil, place: { waiting: waiting ? { ...waiting, waitsUntil: new Date(waiting.waitsUntil) } : undefined, approval: approval ?? undefined, senders } };
}

function toWaitingSender(row: Row): WaitingSender {
  return { ...row, messages: row.messages.map((message) => ({ ...message, waitsSince: new Date(message.waitsSince) })) };
}
