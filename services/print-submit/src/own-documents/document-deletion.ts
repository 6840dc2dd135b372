import type { Tracer } from '@opentelemetry/api';
import { inSpan } from '@inkpost/telemetry/telemetry.js';
import type { Job } from '../print-job/job.js';
import type { JobEndings } from '../print-job/job-endings.js';
import type { PrintMetrics } from '../print-metrics.js';
import type { Identification } from '../release-profiles/identification.js';
import type { OwnDocumentStore } from './own-document.store.js';

/** IPP's job-state-reasons (RFC 8011, 5.3.8). */
const REASON = 'job-canceled-by-user';

/** Lets owners delete what they hold: never printed, its document erased. Nobody is mailed of it, since the owner was there. */
export class DocumentDeletion {
  constructor(
    private readonly documents: OwnDocumentStore,
    private readonly endings: JobEndings,
    private readonly metrics: PrintMetrics,
    private readonly tracer: Tracer,
  ) {}

  /** Gives those that are gone; what was released a moment ago is not among them. */
  async delete(who: Identification, jobIds: readonly string[]): Promise<Job[]> {
    const gone: Job[] = [];
    // Each by itself: one that is released at the same moment keeps none of the others.
    for (const job of await this.documents.findHeld(who, jobIds)) if (await this.end(job, who)) gone.push(job);
    return gone;
  }

  private async end(job: Job, { means, releasePoint }: Identification): Promise<boolean> {
    const { jobId, messageId, fileName, queueId, queueName, trace } = job;
    const ended = await inSpan(this.tracer, 'delete-own-document', trace ? { traceparent: trace } : {}, () =>
      this.endings.end({
        messageId, jobIds: [jobId], move: 'discard', reason: REASON, problem: 'Its owner deleted the document.',
        entries: [{ step: 'canceled', document: jobId, evidence: { fileName, queueId, queueName, by: 'owner', means, releasePoint } }], publish: [],
      }));
    if (ended) this.metrics.countAborted(queueId, REASON);
    return ended;
  }
}
