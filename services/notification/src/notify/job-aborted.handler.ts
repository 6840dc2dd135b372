import { Injectable } from '@nestjs/common';
import type { FlowMessage } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';
import { renderAbortedMail } from '../templates/job-mails.js';
import { MailDelivery } from './mail-delivery.js';

/** Tells an owner that a job won't be printed, and why. */
@Injectable()
export class JobAbortedHandler implements FlowHandler<'print.job-aborted.v1'> {
  constructor(private readonly delivery: MailDelivery) {}

  async handle(message: FlowMessage<'print.job-aborted.v1'>): Promise<void> {
    const { owner: { accountId, address, displayName, language }, queueName, job, reason, statusText } = message.payload;
    await this.delivery.deliver(message, {
      kind: 'aborted', to: address, displayName, language, accountId, document: job.jobId, evidence: { reason },
      render: (inLanguage) => renderAbortedMail({ queueName, documents: [job], reason, statusText }, inLanguage),
    });
  }
}
