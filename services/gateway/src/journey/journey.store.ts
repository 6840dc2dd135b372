import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { Evidence, Step } from '../explain-journey/step.js';

export interface JourneySearch {
  readonly sender: string;
  /** A part of the subject. */
  readonly subject: string;
  readonly internetMessageId: string;
  readonly documentId: string | undefined;
  readonly messageId: string | undefined;
  readonly before: Date | undefined;
  readonly limit: number;
}

export interface MessageHead {
  readonly messageId: string;
  readonly receivedAt: Date;
  readonly sender: string;
  readonly subject: string;
  readonly internetMessageId: string;
  readonly mailbox: string;
  readonly traceId: string;
}

export interface Journey extends MessageHead {
  readonly steps: readonly Step[];
}

interface MessageRow extends Record<string, unknown> {
  readonly id: string;
  readonly received_at: Date;
  readonly sender: string;
  readonly subject: string;
  readonly internet_message_id: string;
  readonly mailbox: string;
  readonly trace_id: string;
}

interface EntryRow extends Record<string, unknown> {
  readonly message_id: string;
  readonly document_id: string | null;
  readonly at: Date;
  readonly service: string;
  readonly step: string;
  readonly evidence: Evidence;
}

function toHead(row: MessageRow): MessageHead {
  return { messageId: row.id, receivedAt: row.received_at, sender: row.sender, subject: row.subject, internetMessageId: row.internet_message_id, mailbox: row.mailbox, traceId: row.trace_id };
}

/** Reads journeys, which only the gateway may. */
export class JourneyStore {
  constructor(private readonly pool: Pool) {}

  /** The latest messages that match all that is given, each with its steps in order. */
  async search({ sender, subject, internetMessageId, documentId, messageId, before, limit }: JourneySearch): Promise<Journey[]> {
    const heads = await query<MessageRow>(this.pool, 'journey.search', 'SELECT * FROM journey.search($1, $2, $3, $4, $5, $6, $7)', [
      sender, subject, internetMessageId, documentId ?? null, messageId ?? null, before ?? null, limit,
    ]);
    if (heads.length === 0) return [];
    const entries = await query<EntryRow>(this.pool, 'journey.entries', 'SELECT * FROM journey.entries($1)', [heads.map(({ id }) => id)]);
    const stepsById = Map.groupBy(entries, (entry) => entry.message_id);
    return heads.map((row) => ({ ...toHead(row), steps: (stepsById.get(row.id) ?? []).map(toStep) }));
  }

  /** Who sent these messages, by their ids; none for one that is forgotten. */
  async heads(messageIds: readonly string[]): Promise<ReadonlyMap<string, MessageHead>> {
    if (messageIds.length === 0) return new Map();
    const rows = await query<MessageRow>(this.pool, 'journey.heads', 'SELECT * FROM journey.heads($1)', [[...new Set(messageIds)]]);
    return new Map(rows.map((row) => [row.id, toHead(row)]));
  }

  /** How often each step was taken since. */
  async countSteps(since: Date): Promise<ReadonlyMap<string, number>> {
    const rows = await query<{ step: string; count: number }>(this.pool, 'journey.count-steps', 'SELECT step, count FROM journey.count_steps($1)', [since]);
    return new Map(rows.map(({ step, count }) => [step, count]));
  }

  /** Forgets messages older than the given days, at most `limit`; gives how many went. */
  async purge(days: number, limit: number): Promise<number> {
    const [row] = await query<{ purged: number }>(this.pool, 'journey.purge', 'SELECT journey.purge($1, $2) AS purged', [days, limit]);
    return row?.purged ?? 0;
  }
}

function toStep({ at, service, step, evidence, document_id }: EntryRow): Step {
  return { at, service: service.replaceAll('_', '-'), step, evidence, documentId: document_id ?? undefined };
}
