import type { Meter } from '@opentelemetry/api';
import type { MailboxKind } from '../mailboxes/mailbox.js';
import type { Extraction } from './extract-documents.js';
import type { Reception } from './incoming-mail.js';

/** What came in. */
export class MailMetrics {
  private readonly messages;
  private readonly documents;
  private readonly refusedParts;
  private readonly existsToRecorded;

  constructor(meter: Meter) {
    this.messages = meter.createCounter('mail_messages', { description: 'Mails received, by kind of mailbox and outcome: recorded, taken-before, refused, or canary' });
    this.documents = meter.createCounter('mail_documents', { description: 'Documents taken from mails' });
    this.refusedParts = meter.createCounter('mail_refused_parts', { description: 'Parts of mails that are refused, by reason' });
    this.existsToRecorded = meter.createHistogram('mail_exists_to_recorded', { unit: 's', description: 'Time from the IMAP server\'s word of a new mail to its record', advice: { explicitBucketBoundaries: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15] } });
  }

  count(kind: MailboxKind, outcome: Reception['outcome'], { documents, refused }: Pick<Extraction, 'documents' | 'refused'>): void {
    this.messages.add(1, { kind, outcome });
    if (outcome === 'taken-before' || outcome === 'canary') return;
    this.documents.add(documents.length);
    for (const { reason } of refused) this.refusedParts.add(1, { reason });
  }

  recordedAfterExists(seconds: number): void {
    this.existsToRecorded.record(seconds);
  }
}
