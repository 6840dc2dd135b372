import type { Meter } from '@opentelemetry/api';
import type { MessageDecision } from './decide-message.js';

/** What was decided. */
export class VerdictMetrics {
  private readonly messages;
  private readonly parts;

  constructor(meter: Meter) {
    this.messages = meter.createCounter('acceptance_messages', { description: 'Mails decided, by verdict: accepted, or the reason of the refusal' });
    this.parts = meter.createCounter('acceptance_parts', { description: 'Parts of mails whose sender may print, by verdict: accepted, or the reason of the refusal' });
  }

  count(decision: MessageDecision): void {
    const isAccepted = decision.verdict === 'accepted';
    this.messages.add(1, { verdict: isAccepted ? 'accepted' : decision.reason });
    if (isAccepted) this.parts.add(decision.documents.length, { verdict: 'accepted' });
    for (const { reason } of decision.refusedParts) this.parts.add(1, { verdict: reason });
  }
}
