import type { Tracer } from '@opentelemetry/api';
import { inSpan } from '@inkpost/telemetry/telemetry.js';
import type { DeliveryResults } from './delivery-results.js';
import type { Delivery } from './delivery.js';
import { FollowedJob, type Look } from './follow-job.js';
import type { PrinterConnections } from './printer-connections.js';

export interface FollowParts {
  readonly results: DeliveryResults;
  readonly connections: PrinterConnections;
  readonly tracer: Tracer;
  readonly leaseToken: string;
}

/** The jobs that one printer has of us. They are looked at one after another: printers are slow to answer side by side. */
export class FollowedJobs {
  private readonly jobs = new Map<string, FollowedJob>();
  private isLooking = false;

  constructor(private readonly parts: FollowParts) {}

  get size(): number {
    return this.jobs.size;
  }

  /** When to look next, in milliseconds of performance.now(); Infinity while there is nothing to look at, or it is being done. */
  get dueAtMs(): number {
    return this.isLooking ? Number.POSITIVE_INFINITY : Math.min(...[...this.jobs.values()].map(({ dueAtMs }) => dueAtMs));
  }

  add(delivery: Delivery, acceptedAt: Date): void {
    const { results, leaseToken } = this.parts;
    this.jobs.set(delivery.job.jobId, new FollowedJob(delivery, acceptedAt, results, leaseToken));
  }

  /** Looks at all that are due while `goesOn`, and tells of each look. */
  async lookAtDue(goesOn: () => boolean, tell: (look: Look) => Promise<void>): Promise<void> {
    this.isLooking = true;
    try {
      for (const followed of [...this.jobs.values()].filter(({ dueAtMs }) => dueAtMs <= performance.now())) {
        if (goesOn()) await tell(await this.lookAt(followed));
      }
    } finally {
      this.isLooking = false;
    }
  }

  private async lookAt(followed: FollowedJob): Promise<Look> {
    const { job } = followed.delivery;
    const span = { ...(job.trace ? { traceparent: job.trace } : {}), attributes: { 'inkpost.job': job.jobId } };
    const look = await inSpan(this.parts.tracer, 'follow-job', span, () => followed.look(this.parts.connections.to(followed.delivery)));
    if (look.kind === 'ended' || look.kind === 'overtaken') this.jobs.delete(job.jobId);
    return look;
  }
}
