import { Injectable } from '@nestjs/common';
import type { FlowMessage } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';
import { renderExpiredMail } from '../templates/job-mails.js';
import { MailDelivery } from './mail-delivery.js';

/** Tells an owner that documents were not fetched in time. */
@Injectable()
export class JobExpiredHandler implements FlowHandler<'print.job-expired.v1'> {
  constructor(private readonly delivery: MailDelivery) {}

  async handle(message: FlowMessage<'print.job-expired.v1'>): Promise<void> {
    const { owner: { accountId, address, displayName, language }, queueName, jobs } = message.payload;
    await this.delivery.deliver(message, {
      kind: 'expired', to: address, displayName, language, accountId, evidence: { documents: jobs.length },
      render: (inLanguage) => renderExpiredMail({ queueName, documents: jobs }, inLanguage),
    });
  }
}
