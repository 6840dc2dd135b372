import type { Meter } from '@opentelemetry/api';

/** How canaries fare. */
export class CanaryMetrics {
  /** Mailboxes whose latest canary is overdue, late, lost or was not sent. Set by each look. */
  troubledMailboxes = 0;
  private readonly canaries;
  private readonly latency;

  constructor(meter: Meter) {
    this.canaries = meter.createCounter('mailbox_canaries', { description: 'Canary mails by outcome: arrived, late, lost, or not-sent' });
    this.latency = meter.createHistogram('mailbox_canary_latency', { unit: 's', description: 'Time from the request of a canary mail to its record in the ledger', advice: { explicitBucketBoundaries: [0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 1_800] } });
    meter.createObservableGauge('mailbox_canary_troubled', { description: 'Mailboxes whose latest canary is overdue, late, lost or was not sent; every replica says the same' }).addCallback((result) => {
      result.observe(this.troubledMailboxes);
    });
  }

  count(outcome: 'arrived' | 'late' | 'lost' | 'not-sent'): void {
    this.canaries.add(1, { outcome });
  }

  arrivedAfter(latencyMs: number): void {
    this.latency.record(latencyMs / 1_000);
  }
}
