import { Injectable } from '@nestjs/common';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { FlowMessage } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';
import { CurrentOutgoingMail } from '../outgoing-mail/current-outgoing-mail.js';
import { renderCompletedMail } from '../templates/job-mails.js';
import { MomentWriter } from '../templates/language.js';
import { MailDelivery } from './mail-delivery.js';

/** Tells an owner that a job was printed, where that is wanted: whoever released it usually stands at the printer. */
@Injectable()
export class JobCompletedHandler implements FlowHandler<'print.job-completed.v1'> {
  constructor(
    private readonly delivery: MailDelivery,
    private readonly outgoing: CurrentOutgoingMail,
    private readonly moments: MomentWriter,
  ) {}

  async handle(message: FlowMessage<'print.job-completed.v1'>): Promise<void> {
    if (!(await this.outgoing.find())?.settings.completedMails) {
      // Nothing for the journey: that a mail was never wanted explains nothing.
      await this.delivery.close(message, []);
      return;
    }
    const { owner: { accountId, address, displayName, language }, queueName, job, completedAt } = message.payload;
    await this.delivery.deliver(message, {
      kind: 'completed', to: address, displayName, language, accountId, document: job.jobId,
      render: (inLanguage) => renderCompletedMail({ queueName, documents: [job], completedAt: this.moments.write(timestampDate(completedAt), inLanguage) }, inLanguage),
    });
  }
}
