import { Injectable } from '@nestjs/common';
import type { FlowMessage } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';
import { EventNotices } from '../notification-events/event-notices.js';
import { documentValues } from '../notification-events/macro-values.js';

/** Tells an owner that documents were not fetched in time. */
@Injectable()
export class JobExpiredHandler implements FlowHandler<'print.job-expired.v1'> {
  constructor(private readonly events: EventNotices) {}

  async handle(message: FlowMessage<'print.job-expired.v1'>): Promise<void> {
    const { owner, queueName, jobs, notices } = message.payload;
    await this.events.tell(message, {
      event: 'expired', kind: 'expired', user: owner, notices, evidence: { documents: jobs.length },
      values: (language) => documentValues(jobs, queueName, language),
    });
  }
}
