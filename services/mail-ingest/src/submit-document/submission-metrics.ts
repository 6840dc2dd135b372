import type { Meter } from '@opentelemetry/api';

/** What programs handed in. */
export class SubmissionMetrics {
  private readonly documents;

  constructor(meter: Meter) {
    this.documents = meter.createCounter('submitted_documents', { description: 'Documents that programs handed in, by outcome: taken, taken-before, key-reused, not-a-pdf or too-large' });
  }

  count(outcome: string): void {
    this.documents.add(1, { outcome });
  }
}
