import type { Attributes, Meter } from '@opentelemetry/api';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { Job } from './print-job/job.js';

/** Few, since there is a series for each bucket of each queue. */
const BUCKETS_S = [0.025, 0.05, 0.1, 0.25, 1, 5, 30, 300, 3_600];

/** The numbers that show whether printing is healthy, by queue. */
export class PrintMetrics {
  private readonly held;
  private readonly released;
  private readonly completed;
  private readonly aborted;
  private readonly wrongCodes;
  private readonly toAccepted;
  private readonly toCompleted;

  constructor(meter: Meter, pool: Pool) {
    this.held = meter.createCounter('print_jobs_held', { description: 'Jobs held until their code is given' });
    this.released = meter.createCounter('print_jobs_released', { description: 'Jobs released, by code, by a PIN, by an administrator, or by a queue without validation' });
    this.completed = meter.createCounter('print_jobs_completed', { description: 'Jobs that their printer says it printed' });
    this.aborted = meter.createCounter('print_jobs_aborted', { description: 'Jobs that will never be printed, by reason' });
    this.wrongCodes = meter.createCounter('print_wrong_codes', { description: 'Codes that were wrong, or given while locked out' });
    const advice = { advice: { explicitBucketBoundaries: BUCKETS_S }, unit: 's' };
    this.toAccepted = meter.createHistogram('print_released_to_accepted_seconds', { ...advice, description: 'From the release until the printer had the whole document' });
    this.toCompleted = meter.createHistogram('print_accepted_to_completed_seconds', { ...advice, description: 'From the whole document at the printer until it said that it was printed' });
    const uncertain = meter.createObservableGauge('print_jobs_uncertain', { description: 'Jobs of which nobody can say whether they came out: each needs a person' });
    uncertain.addCallback(async (result) => {
      const rows = await query<{ queueId: string; count: number }>(
        pool, 'job.count-uncertain', `SELECT queue_id AS "queueId", count(*) FROM job WHERE completed_at IS NULL AND job_state = 'processing-stopped' GROUP BY queue_id`, [],
      ).catch(() => []);
      for (const { queueId, count } of rows) result.observe(count, { queue: queueId });
      if (rows.length === 0) result.observe(0, {});
    });
  }

  countHeld(queueId: string, jobs: number): void {
    this.held.add(jobs, { queue: queueId });
  }

  countReleased(queueId: string, by: 'code' | 'pin' | 'administrator' | 'queue', jobs: number): void {
    this.released.add(jobs, { queue: queueId, by });
  }

  countWrongCode(outcome: 'wrong-code' | 'locked-out'): void {
    this.wrongCodes.add(1, { outcome });
  }

  countAborted(queueId: string, reason: string): void {
    this.aborted.add(1, { queue: queueId, reason });
  }

  measureAccepted(job: Pick<Job, 'queueId' | 'releasedAt'>, acceptedAt: Date): void {
    if (job.releasedAt) record(this.toAccepted, acceptedAt.getTime() - job.releasedAt.getTime(), { queue: job.queueId });
  }

  measureCompleted(job: Pick<Job, 'queueId'>, acceptedAt: Date, completedAt: Date): void {
    this.completed.add(1, { queue: job.queueId });
    record(this.toCompleted, completedAt.getTime() - acceptedAt.getTime(), { queue: job.queueId });
  }
}

function record(histogram: { record(value: number, attributes: Attributes): void }, durationMs: number, attributes: Attributes): void {
  histogram.record(Math.max(durationMs, 0) / 1_000, attributes);
}
