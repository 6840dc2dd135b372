import { randomUUID } from 'node:crypto';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { Effects, FlowClient, FlowMessage } from '@inkpost/flow/flow-client.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import { currentTraceId } from '@inkpost/telemetry/telemetry.js';
import { CANARIES_KEPT_MAX, CANARY_ANSWER_CHARACTERS_MAX, CANARY_LATE_AFTER_MS, CANARY_LOST_AFTER_MS, CANARY_PAUSE_MS, CANARY_TELLS_FOR_MS } from '../limits.js';
import { safeText } from '../receive-message/safe-text.js';
import type { Canary } from './canary.js';
import type { CanaryTokens } from './canary-token.js';

/** A mailbox that a canary is sent to. */
export interface CanaryTarget {
  readonly mailboxId: string;
  readonly address: string;
}

interface CanaryRow {
  readonly id: string;
  readonly mailbox_id: string;
  readonly requested_by: string;
  readonly requested_at: Date;
  readonly mailed: boolean | null;
  readonly handled_at: Date | null;
  readonly answer: string;
  readonly received_at: Date | null;
}

const COLUMNS = 'c.id, c.mailbox_id, c.requested_by, c.requested_at, c.mailed, c.handled_at, c.answer, c.received_at';

const RECENT = `SELECT 1 FROM canary WHERE mailbox_id = $1 AND requested_at > now() - $2 * interval '1 ms'`;

const REQUEST = {
  name: 'canary-requested',
  with: `asked AS (INSERT INTO canary (id, mailbox_id, requested_by) SELECT $2::uuid, $6::uuid, $7::text FROM step),
    forgotten AS (DELETE FROM canary WHERE id IN (SELECT id FROM canary WHERE mailbox_id = $6::uuid ORDER BY requested_at DESC OFFSET $9))`,
  // By the clock that says when it came in.
  select: 'now() AS "requestedAt", journey.begin_message($2::uuid, $8::jsonb)',
} as const;

const HANDLED = {
  name: 'canary-handled',
  with: 'noted AS (UPDATE canary c SET mailed = $6::boolean, handled_at = $7::timestamptz, answer = $8::text FROM step WHERE c.id = $9::uuid)',
} as const;

const LIST = `SELECT ${COLUMNS} FROM canary c WHERE c.mailbox_id = $1 ORDER BY c.requested_at DESC LIMIT $2`;

/** Of each mailbox the latest one that says something: a young one that is under way would hide what the one before told, an old one says nothing any more. */
const LATEST = `SELECT ${COLUMNS} FROM mailbox m CROSS JOIN LATERAL (
    SELECT * FROM canary WHERE mailbox_id = m.id AND (received_at IS NOT NULL OR NOT mailed OR requested_at < now() - $2 * interval '1 ms') AND requested_at > now() - $3 * interval '1 ms'
    ORDER BY requested_at DESC LIMIT 1) AS c
  WHERE $1::uuid[] IS NULL OR m.id = ANY ($1::uuid[])`;

const SCHEDULE = `INSERT INTO canary_schedule (mailbox_id, every_minutes, next_at) VALUES ($1, $2, now())
  ON CONFLICT (mailbox_id) DO UPDATE SET every_minutes = excluded.every_minutes, next_at = LEAST(canary_schedule.next_at, now() + excluded.every_minutes * interval '1 min')`;

const UNSCHEDULE = 'DELETE FROM canary_schedule WHERE mailbox_id = $1';

/** Whoever moves the date sends the canary: of several replicas one. */
const TAKE_DUE = `UPDATE canary_schedule s SET next_at = now() + s.every_minutes * interval '1 min'
  FROM mailbox m WHERE m.id = s.mailbox_id AND m.enabled AND s.next_at <= now() RETURNING m.id AS "mailboxId", m.address`;

const TAKE_LOST = `UPDATE canary c SET lost = true
  FROM mailbox m WHERE m.id = c.mailbox_id AND c.received_at IS NULL AND c.mailed IS DISTINCT FROM false AND NOT c.lost AND c.requested_at < now() - $1 * interval '1 ms'
  RETURNING c.id AS "canaryId", m.id AS "mailboxId", m.address`;

/** The canaries: mails that Inkpost sends to its own mailboxes. */
export class CanaryStore {
  constructor(
    private readonly pool: Pool,
    private readonly flow: FlowClient,
    private readonly tokens: CanaryTokens,
  ) {}

  /** Asks notification for a mail to this mailbox. `by`: the account; empty: the schedule. Undefined: it was asked for just now. */
  async request({ mailboxId, address }: CanaryTarget, by: string): Promise<Canary | undefined> {
    if ((await query(this.pool, 'canary.recent', RECENT, [mailboxId, CANARY_PAUSE_MS])).length > 0) return undefined;
    const canaryId = randomUUID();
    const expiresAt = timestampFromDate(new Date(Date.now() + CANARY_LATE_AFTER_MS));
    const head = { subject: 'Canary', mailbox: address, traceId: currentTraceId() };
    const { requestedAt } = await this.flow.publish<{ requestedAt: Date }>(
      {
        journeyId: canaryId,
        entries: [{ step: 'canary-requested', evidence: { mailbox: address, by } }],
        publish: [{ subject: 'mailbox.canary-requested.v1', payload: { canaryId, mailboxId, address, token: this.tokens.sign(canaryId, mailboxId), expiresAt } }],
      },
      { ...REQUEST, values: [mailboxId, by, JSON.stringify(head), CANARIES_KEPT_MAX - 1] },
    );
    return { id: canaryId, mailboxId, requestedBy: by, requestedAt, sending: undefined, receivedAt: undefined };
  }

  /** Writes down what became of sending one. False: it was written down before. */
  async noteHandled(message: Pick<FlowMessage, 'id'>, journeyId: string, canaryId: string, { mailed, at, answer }: { readonly mailed: boolean; readonly at: Date; readonly answer: string }): Promise<boolean> {
    const effects: Effects = { ...HANDLED, values: [mailed, at, safeText(answer, CANARY_ANSWER_CHARACTERS_MAX), canaryId] };
    return (await this.flow.step(message, { journeyId, entries: [], publish: [] }, effects)) !== undefined;
  }

  /** The latest first. */
  async list(mailboxId: string): Promise<Canary[]> {
    return (await query<CanaryRow>(this.pool, 'canary.list', LIST, [mailboxId, CANARIES_KEPT_MAX])).map(toCanary);
  }

  /** Of each of these mailboxes (undefined: of all) the latest canary that says something about it. */
  async latest(mailboxIds?: readonly string[]): Promise<Canary[]> {
    return (await query<CanaryRow>(this.pool, 'canary.latest', LATEST, [mailboxIds ?? null, CANARY_LATE_AFTER_MS, CANARY_TELLS_FOR_MS])).map(toCanary);
  }

  /** 0: only on request. */
  async everyMinutes(mailboxId: string): Promise<number> {
    const [row] = await query<{ every_minutes: number }>(this.pool, 'canary.schedule', 'SELECT every_minutes FROM canary_schedule WHERE mailbox_id = $1', [mailboxId]);
    return row?.every_minutes ?? 0;
  }

  async schedule(mailboxId: string, everyMinutes: number): Promise<void> {
    if (everyMinutes === 0) await query(this.pool, 'canary.unschedule', UNSCHEDULE, [mailboxId]);
    else await query(this.pool, 'canary.reschedule', SCHEDULE, [mailboxId, everyMinutes]);
  }

  /** The mailboxes whose canary is due; each is given once. */
  async takeDue(): Promise<CanaryTarget[]> {
    return query<CanaryTarget & Record<string, unknown>>(this.pool, 'canary.take-due', TAKE_DUE, []);
  }

  /** The canaries that did not come in; each is given once. */
  async takeLost(): Promise<(CanaryTarget & { readonly canaryId: string })[]> {
    return query<CanaryTarget & { canaryId: string } & Record<string, unknown>>(this.pool, 'canary.take-lost', TAKE_LOST, [CANARY_LOST_AFTER_MS]);
  }
}

function toCanary({ id, mailbox_id: mailboxId, requested_by: requestedBy, requested_at: requestedAt, mailed, handled_at: at, answer, received_at: receivedAt }: CanaryRow): Canary {
  return { id, mailboxId, requestedBy, requestedAt, sending: mailed === null || at === null ? undefined : { mailed, at, answer }, receivedAt: receivedAt ?? undefined };
}
