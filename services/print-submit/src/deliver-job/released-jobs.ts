import type { PrintMetrics } from '../print-metrics.js';
import type { SentJobs } from '../send-job/sent-jobs.js';
import { SENT_QUEUE_ID } from '../sending-server/sending-settings.js';
import type { Deliveries } from './deliveries.js';

/**
 * Told of what was released once that is in the database: counts it, and wakes the loop of its printer, or that of the other server. No message of
 * the flow, since nothing but time hangs on it: whoever isn't woken looks by itself within a second.
 */
export class ReleasedJobs {
  constructor(
    private readonly metrics: Pick<PrintMetrics, 'countReleased'>,
    private readonly deliveries: Pick<Deliveries, 'wake'>,
    private readonly sentJobs: Pick<SentJobs, 'wake'>,
  ) {}

  note(queueId: string, by: Parameters<PrintMetrics['countReleased']>[1], jobs: number): void {
    this.metrics.countReleased(queueId, by, jobs);
    this.wake(queueId);
  }

  /** Without counting them. */
  wake(queueId: string): void {
    if (queueId === SENT_QUEUE_ID) this.sentJobs.wake();
    else this.deliveries.wake(queueId);
  }
}
