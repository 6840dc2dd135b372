import type { Tracer } from '@opentelemetry/api';
import type { JsonValue } from '@bufbuild/protobuf';
import { PermanentFailure } from '@inkpost/failure/failure.js';
import type { FlowClient } from '@inkpost/flow/flow-client.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { Spool, SpooledDocument } from '@inkpost/spool/spool.js';
import { inSpan } from '@inkpost/telemetry/telemetry.js';
import type { ReleasedJobs } from '../deliver-job/released-jobs.js';
import { printLimits } from '../limits.js';
import type { Job } from '../print-job/job.js';
import { isOvertaken } from '../print-job/statement-errors.js';

/** `reprinted`: the id of the new job; `queue-unknown`; `overtaken`: its document is no longer kept, or its owner was erased. */
export type Reprinted = { readonly outcome: 'reprinted'; readonly jobId: string } | { readonly outcome: 'queue-unknown' | 'overtaken' };

/** The new job has all that the first one was made with, and nothing of what became of it. */
const AFRESH = {
  position: 0, not_applied: [], impressions: null, sheets: null, counted_by: null, question: '', job_state: 'pending', job_state_reason: 'none', problem: '', attempts: 0, cuts: 0, told_reason: '',
  job_hold_until: null, hold_due_at: null, accepted_at: null, completed_at: null, kept_until: null,
} as const;

// The lock keeps the document from being given up, and its owner from being erased, until the new job can be seen.
const SOURCE = `source AS MATERIALIZED (SELECT job AS first FROM job, step WHERE job.id = $6 AND job.job_state = 'completed' AND job.kept_until > now() AND job.account_id = $8 FOR UPDATE OF job)`;
const HOME = 'home AS MATERIALIZED (SELECT id, name FROM queue WHERE id = $7 FOR KEY SHARE)';
const MADE = `made AS (
  INSERT INTO job SELECT fresh.* FROM source, home,
    LATERAL jsonb_populate_record(source.first, $9::jsonb || jsonb_build_object('queue_id', home.id, 'queue_name', home.name, 'created_at', now(), 'released_at', now())) AS fresh
  RETURNING id)`;

/** Prints documents once more while they are kept. Each time is a job and a document of its own, sealed anew, so that nothing else has to know. */
export class JobReprint {
  constructor(
    private readonly pool: Pool,
    private readonly flow: FlowClient,
    private readonly spool: Spool,
    private readonly released: Pick<ReleasedJobs, 'note'>,
    private readonly tracer: Tracer,
  ) {}

  /** Throws the PermanentFailures of `Spool.open` where its bytes can't be read. */
  async reprint(job: Job, queueId: string, actor: string): Promise<Reprinted> {
    const [queue] = await query<{ name: string }>(this.pool, 'reprint.queue', 'SELECT name FROM queue WHERE id = $1', [queueId]);
    if (!queue) return { outcome: 'queue-unknown' };
    const copy = await this.copy(job);
    try {
      await inSpan(this.tracer, 'reprint-job', job.trace ? { traceparent: job.trace } : {}, () => this.make(job, copy, { queueId, queueName: queue.name }, actor));
    } catch (error) {
      await this.spool.removeBytes([copy.id]);
      if (isOvertaken(error)) return { outcome: 'overtaken' };
      throw error;
    }
    this.released.note(queueId, 'administrator', 1);
    return { outcome: 'reprinted', jobId: copy.id };
  }

  /** The same bytes under an id and a key of their own. */
  private async copy({ jobId, sha256, sizeBytes }: Job): Promise<SpooledDocument> {
    const copy = await this.spool.write(await this.spool.open(jobId), sizeBytes);
    if (copy.sha256 === sha256) return copy;
    await this.spool.removeBytes([copy.id]);
    throw new PermanentFailure('print.document-damaged', 'The kept document is not the one that was printed.', { fields: { jobId } });
  }

  private async make(job: Job, copy: SpooledDocument, where: { readonly queueId: string; readonly queueName: string }, actor: string): Promise<void> {
    const { jobId, messageId, fileName, accountId } = job;
    const about: Record<string, JsonValue> = { fileName, ...where, actor };
    await this.flow.publish(
      {
        journeyId: messageId,
        entries: [
          { step: 'reprinted', document: jobId, evidence: { ...about, as: copy.id } },
          { step: 'released', document: copy.id, evidence: { ...about, by: 'administrator', after: 'reprint', reprintOf: jobId, sha256: copy.sha256 } },
        ],
        publish: [],
      },
      {
        name: 'jobs.reprint',
        with: `${SOURCE}, ${HOME}, ${MADE}`,
        select: `require_rows((SELECT count(*) FROM made), 1) AS made, spool.put($10::jsonb, 'print_submit', now() + make_interval(days => $11)) AS kept`,
        values: [jobId, where.queueId, accountId, JSON.stringify({ ...AFRESH, id: copy.id, reprint_of: jobId }), JSON.stringify([copy]), printLimits.releasedClaimDays],
      },
    );
  }
}
