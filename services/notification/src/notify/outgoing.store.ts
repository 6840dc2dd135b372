import type { Effects } from '@inkpost/flow/flow-client.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';

/** The mails to people. */
export type MailKind = 'code' | 'waiting' | 'refusal' | 'aborted' | 'expiring' | 'expired' | 'completed' | 'confirmation' | 'sponsor-request' | 'pin-link' | 'certificate' | 'renamed';

export interface Intent {
  readonly flowMessageId: string;
  readonly journeyId: string;
  readonly kind: MailKind;
  readonly recipient: string;
  readonly internetMessageId: string;
  /** Whose contact counts; empty: nobody's. */
  readonly accountId: string;
  /** Whether the mail goes to the address that the account has by now. */
  readonly followsAccount: boolean;
}

export interface RecordedIntent extends Record<string, unknown> {
  readonly state: 'intent' | 'sent' | 'failed';
  /** From the second on, an earlier try may have been sent without being recorded. */
  readonly tries: number;
  readonly recipient: string;
  readonly internet_message_id: string;
  /** Of the account's contact; null without one. */
  readonly language: string | null;
  readonly erased: boolean;
}

// Of a guest who is somebody of a directory by now, that account's contact counts. A message that was given up meanwhile, since its person
// was erased, leaves no trace here.
const RECORD_INTENT = `
  WITH whose AS (
    SELECT coalesce(now_at.address, c.address) AS address, coalesce(now_at.language, c.language) AS language, c.erased_at IS NOT NULL AS erased
    FROM contact c LEFT JOIN contact now_at ON now_at.account_id = c.merged_into WHERE c.account_id = $6),
  intent AS (
    INSERT INTO outgoing AS o (flow_message_id, journey_id, kind, recipient, internet_message_id)
    SELECT $1::uuid, $2::uuid, $3::text, CASE WHEN w.erased THEN '' WHEN $7::boolean THEN coalesce(nullif(w.address, ''), $4::text) ELSE $4::text END, $5::text
    FROM (SELECT) AS once LEFT JOIN whose w ON true WHERE flow.is_open($1::uuid)
    ON CONFLICT (flow_message_id) DO UPDATE SET tries = o.tries + 1
    RETURNING o.state, o.tries, o.recipient, o.internet_message_id)
  SELECT i.*, w.language, coalesce(w.erased, false) AS erased FROM intent i LEFT JOIN whose w ON true`;

/** Writes down that a mail is about to be sent, or finds what was written before; brings what is known of the account along. Undefined: its message is closed. */
export async function recordIntent(pool: Pool, intent: Intent): Promise<RecordedIntent | undefined> {
  const { flowMessageId, journeyId, kind, recipient, internetMessageId, accountId, followsAccount } = intent;
  const values = [flowMessageId, journeyId, kind, recipient, internetMessageId, accountId, followsAccount];
  const [row] = await query<RecordedIntent>(pool, 'outgoing.intent', RECORD_INTENT, values);
  return row;
}

/** Writes down what became of a mail, in the step that closes its message. */
export function settle(flowMessageId: string, state: 'sent' | 'failed', answer: string): Effects {
  return {
    name: 'outgoing.settle',
    with: 'settled AS (UPDATE outgoing SET state = $6, answer = $7, settled_at = now() FROM step WHERE flow_message_id = $8)',
    values: [state, answer, flowMessageId],
  };
}

const GRANT_NOTICE = `
  INSERT INTO notice_grant AS n (address, flow_message_ids, granted_at, last_at) SELECT $1, ARRAY[$2::uuid], ARRAY[now()], now() WHERE flow.is_open($2::uuid)
  ON CONFLICT (address) DO UPDATE SET (flow_message_ids, granted_at, last_at) = (
    SELECT array_agg(kept.id ORDER BY kept.at), array_agg(kept.at ORDER BY kept.at), now() FROM (
      SELECT g.id, g.at FROM unnest(n.flow_message_ids, n.granted_at) AS g (id, at) WHERE g.at > now() - interval '1 hour' OR g.id = $2::uuid
      UNION ALL
      SELECT $2::uuid, now() WHERE $2::uuid <> ALL (n.flow_message_ids)
        AND (SELECT count(*) FROM unnest(n.granted_at) AS at WHERE at > now() - interval '1 hour') < $3) AS kept)
  RETURNING $2::uuid = ANY (flow_message_ids) AS granted`;

/**
 * May this message be answered by a notice, or had its address enough of them within the hour? The row's lock puts those who
 * ask at the same moment in order; a message that was granted one keeps it, however often it asks.
 */
export async function grantNotice(pool: Pool, address: string, flowMessageId: string, perHourMax: number): Promise<boolean> {
  const [row] = await query<{ granted: boolean }>(pool, 'notice.grant', GRANT_NOTICE, [address.toLowerCase(), flowMessageId, perHourMax]);
  return row?.granted ?? false;
}
