import { Injectable } from '@nestjs/common';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { FlowMessage } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';
import { renderCodeMail } from '../templates/code-mail.js';
import { MomentWriter } from '../templates/language.js';
import { CodeOpener } from './code-opener.js';
import { MailDelivery } from './mail-delivery.js';

/** Mails the code that releases what waits (SKY-005): one mail per message, to the address that the directory holds. */
@Injectable()
export class SendCodeHandler implements FlowHandler<'print.job-held.v1' | 'print.code-requested.v1'> {
  constructor(
    private readonly delivery: MailDelivery,
    private readonly codes: CodeOpener,
    private readonly moments: MomentWriter,
  ) {}

  async handle(message: FlowMessage<'print.job-held.v1' | 'print.code-requested.v1'>): Promise<void> {
    const { messageId, owner, queueName, subject, jobs, refusedParts, sealedPuk, jobHoldUntil } = message.payload;
    const { accountId, address, displayName, language } = owner;
    const code = this.codes.open(messageId, address, sealedPuk);
    const heldUntil = timestampDate(jobHoldUntil);
    await this.delivery.deliver(message, {
      kind: 'code', to: address, displayName, language, accountId, code,
      evidence: { documents: jobs.length, queue: queueName, jobHoldUntil: heldUntil.toISOString() },
      render: (inLanguage) =>
        renderCodeMail({ code, queueName, subject, documents: jobs, refused: refusedParts, heldUntil: this.moments.write(heldUntil, inLanguage) }, inLanguage),
    });
  }
}
