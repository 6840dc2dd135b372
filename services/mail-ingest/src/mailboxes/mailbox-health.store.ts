import { type Pool, query } from '@inkpost/postgres/pool.js';
import { describeExpiry } from './describe-expiry.js';
import type { Mailbox, MailboxHealth, WatchStateName } from './mailbox.js';

const HEALTH = `SELECT m.id, w.state, w.problem, w.next_try_at, c.received, c.refused, c.last_message_at, a.grant_expires_at
  FROM mailbox m
  LEFT JOIN watch w ON w.mailbox_id = m.id AND w.lease_until > now()
  LEFT JOIN association a ON a.mailbox_id = m.id
  LEFT JOIN LATERAL (
    SELECT sum(received)::bigint AS received, sum(refused)::bigint AS refused, max(last_message_at) AS last_message_at FROM mailbox_count WHERE mailbox_id = m.id) c ON true
  WHERE m.id = ANY ($1::uuid[])`;

interface HealthRow {
  readonly id: string;
  /** Null: nobody watches it. */
  readonly state: WatchStateName | null;
  readonly problem: string | null;
  readonly next_try_at: Date | null;
  readonly received: number | null;
  readonly refused: number | null;
  readonly last_message_at: Date | null;
  /** Null: it has no association, or nobody knows. */
  readonly grant_expires_at: Date | null;
}

/** How the mailboxes are: what their watchers report, and what came to them. */
export class MailboxHealthStore {
  constructor(private readonly pool: Pool) {}

  /** In one round trip, by their ids. */
  async health(mailboxes: readonly Mailbox[], now: Date): Promise<Map<string, MailboxHealth>> {
    const rows = await query<HealthRow>(this.pool, 'mailbox.health', HEALTH, [mailboxes.map(({ id }) => id)]);
    const byId = new Map(rows.map((row) => [row.id, row]));
    return new Map(mailboxes.map((mailbox) => [mailbox.id, toHealth(mailbox, byId.get(mailbox.id), now)]));
  }
}

function toHealth({ settings }: Mailbox, row: HealthRow | undefined, now: Date): MailboxHealth {
  const always = {
    received: row?.received ?? 0,
    refused: row?.refused ?? 0,
    ...(row?.last_message_at ? { lastMessageAt: row.last_message_at } : {}),
    expires: describeExpiry(settings, row?.grant_expires_at ?? undefined, now),
  };
  if (!settings.enabled) return { state: 'disabled', problem: '', ...always };
  if (settings.kind === 'smtp') return { state: 'listening', problem: '', ...always };
  return { state: row?.state ?? 'connecting', problem: row?.problem ?? '', ...(row?.next_try_at ? { nextTryAt: row.next_try_at } : {}), ...always };
}
