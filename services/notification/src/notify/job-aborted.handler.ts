import { Injectable } from '@nestjs/common';
import type { FlowMessage } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';
import { EventNotices } from '../notification-events/event-notices.js';
import { failedValues } from '../notification-events/macro-values.js';

/** Tells an owner that a job won't be printed, and why. */
@Injectable()
export class JobAbortedHandler implements FlowHandler<'print.job-aborted.v1'> {
  constructor(private readonly events: EventNotices) {}

  async handle(message: FlowMessage<'print.job-aborted.v1'>): Promise<void> {
    const { owner, queueName, job, notices, reason, statusText } = message.payload;
    await this.events.tell(message, {
      event: 'failed', kind: 'aborted', user: owner, notices, document: job.jobId, evidence: { reason },
      values: (language) => failedValues(job, queueName, { reason, statusText }, language),
    });
  }
}
