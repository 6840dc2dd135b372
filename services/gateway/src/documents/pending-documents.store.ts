import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { Evidence } from '../explain-journey/step.js';
import type { NamedDocument, Standing, UnderWay } from './pending-document.js';
import type { Place } from './pending-place.js';

interface UnderWayRow extends Record<string, unknown> {
  readonly id: string;
  readonly subject: string;
  readonly journey_id: string;
  readonly attempts: number;
  readonly waits: number;
  readonly reason: string | null;
  readonly created_at: Date;
  readonly due_at: Date;
  readonly documents: readonly NamedDocument[];
  readonly place: string;
}

interface StandingRow extends Record<string, unknown> {
  readonly message_id: string;
  readonly id: number;
  readonly at: Date;
  readonly service: string;
  readonly step: string;
  readonly evidence: Evidence;
  readonly document_id: string | null;
  readonly documents: readonly NamedDocument[];
  readonly place: string;
}

/** With its place in its source. */
export type Placed<T> = T & { readonly place: Place };

/**
 * What came in and did not reach the print server: messages of the flow, and steps of journeys where all stands still. Each is read along
 * its own index, as far as the page reaches.
 */
export class PendingDocumentStore {
  constructor(private readonly pool: Pool) {}

  /** Takes an error from the list. Gives the step that it was; undefined: there is none such (any more). */
  async delete(messageId: string, entryId: string, actor: string): Promise<string | undefined> {
    const [row] = await query<{ step: string | null }>(this.pool, 'journey.settle', 'SELECT journey.settle($1, $2, $3) AS step', [messageId, entryId, actor]);
    return row?.step ?? undefined;
  }

  async listUnderWay(behind: Place | undefined, limit: number): Promise<Placed<UnderWay>[]> {
    const rows = await query<UnderWayRow>(this.pool, 'flow.under-way', 'SELECT *, created_at::text AS place FROM flow.under_way($1, $2, $3)', [behind?.at ?? null, behind?.id ?? null, limit]);
    return rows.map(({ id, subject, attempts, waits, reason, documents, place, ...row }) => ({
      kind: 'under-way', id, messageId: row.journey_id, subject, attempts, waits, reason, since: row.created_at, dueAt: row.due_at, documents, place: { at: place, id },
    }));
  }

  async listStanding(behind: Place | undefined, limit: number): Promise<Placed<Standing>[]> {
    const rows = await query<StandingRow>(this.pool, 'journey.standing', 'SELECT *, at::text AS place FROM journey.standing($1, $2, $3)', [behind?.at ?? null, behind?.id ?? null, limit]);
    return rows.map(({ service, step, evidence, documents, place, ...row }) => ({
      kind: 'standing', id: String(row.id), messageId: row.message_id, service: service.replaceAll('_', '-'), step, evidence, documentId: row.document_id ?? undefined, since: row.at, documents,
      place: { at: place, id: String(row.id) },
    }));
  }
}
