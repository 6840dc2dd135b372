import type { FlowClient } from '@inkpost/flow/flow-client.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { Job } from '../print-job/job.js';
import type { PrinterCapabilities } from '../queues/printer-capabilities.js';
import type { Identification } from '../release-profiles/identification.js';
import { choicesOf, type FinishingChange, type FinishingChoices } from './decide-change.js';
import { changeFinishing, type ChangeOutcome } from './finishing-change.store.js';

/** How held jobs can be changed, and the change by an administrator. */
export class FinishingChanges {
  constructor(
    private readonly pool: Pool,
    private readonly flow: FlowClient,
  ) {}

  changeByAdministrator(jobId: string, change: FinishingChange, actor: string): Promise<ChangeOutcome> {
    return this.flow.transaction((transaction) => changeFinishing(transaction, jobId, change, { by: 'administrator', actor }));
  }

  /** Of somebody else's job it says that it is not held. */
  changeByOwner(jobId: string, change: FinishingChange, { accountId, releasePoint }: Pick<Identification, 'accountId' | 'releasePoint'>): Promise<ChangeOutcome> {
    return this.flow.transaction((transaction) => changeFinishing(transaction, jobId, change, { by: 'owner', accountId, releasePoint }));
  }

  /** What each held job can be changed to, by its id; none for a job that is not held, or whose printer was never heard. */
  async choicesOf(jobs: readonly Job[]): Promise<ReadonlyMap<string, FinishingChoices>> {
    const held = jobs.filter(({ jobState }) => jobState === 'pending-held');
    const queueIds = [...new Set(held.map(({ queueId }) => queueId))];
    if (queueIds.length === 0) return new Map();
    const rows = await query<{ queueId: string; capabilities: PrinterCapabilities }>(
      this.pool, 'finishing-change.choices', 'SELECT queue_id AS "queueId", capabilities FROM printer WHERE queue_id = ANY ($1::text[]) AND capabilities IS NOT NULL', [queueIds],
    );
    const choices = new Map(rows.map(({ queueId, capabilities }) => [queueId, choicesOf(capabilities)]));
    return new Map(held.flatMap(({ jobId, queueId }) => {
      const ofQueue = choices.get(queueId);
      return ofQueue ? [[jobId, ofQueue] as const] : [];
    }));
  }
}
