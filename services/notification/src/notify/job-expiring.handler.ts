import { Injectable } from '@nestjs/common';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { FlowMessage } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';
import { renderExpiringMail } from '../templates/job-mails.js';
import { MomentWriter } from '../templates/language.js';
import { MailDelivery } from './mail-delivery.js';

/** Reminds an owner of documents that will soon expire. */
@Injectable()
export class JobExpiringHandler implements FlowHandler<'print.job-expiring.v1'> {
  constructor(
    private readonly delivery: MailDelivery,
    private readonly moments: MomentWriter,
  ) {}

  async handle(message: FlowMessage<'print.job-expiring.v1'>): Promise<void> {
    const { owner: { accountId, address, displayName, language }, queueName, jobs, jobHoldUntil } = message.payload;
    const heldUntil = timestampDate(jobHoldUntil);
    await this.delivery.deliver(message, {
      kind: 'expiring', to: address, displayName, language, accountId, evidence: { documents: jobs.length, jobHoldUntil: heldUntil.toISOString() },
      render: (inLanguage) => renderExpiringMail({ queueName, documents: jobs, heldUntil: this.moments.write(heldUntil, inLanguage) }, inLanguage),
    });
  }
}
