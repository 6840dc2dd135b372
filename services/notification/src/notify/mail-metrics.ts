import type { Meter } from '@opentelemetry/api';
import type { MailKind } from './outgoing.store.js';

/** What was mailed. */
export class MailMetrics {
  private readonly mails;

  constructor(meter: Meter) {
    this.mails = meter.createCounter('notification_mails', { description: 'Mails to people, and canary mails to Inkpost\'s own mailboxes, by kind and outcome: sent, failed (the server will never take it), or untold' });
  }

  count(kind: MailKind | 'canary', outcome: 'sent' | 'failed' | 'untold'): void {
    this.mails.add(1, { kind, outcome });
  }
}
