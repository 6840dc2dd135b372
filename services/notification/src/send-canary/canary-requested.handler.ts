import { Injectable } from '@nestjs/common';
import { timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Failure } from '@inkpost/failure/failure.js';
import { FlowClient, type FlowMessage } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';
import { MailMetrics } from '../notify/mail-metrics.js';
import { messageIdOf } from '../notify/message-id.js';
import { isMailable } from '../notify/recipient.js';
import { CurrentOutgoingMail } from '../outgoing-mail/current-outgoing-mail.js';
import type { Delivery } from '../ports/mail-server.port.js';
import { renderCanaryMail } from '../templates/canary-mail.js';

type CanaryMessage = FlowMessage<'mailbox.canary-requested.v1'>;

/** How mail-ingest knows the mail again. */
const CANARY_HEADER = 'Inkpost-Canary';

/**
 * Sends the mail that shall come in at a mailbox, and says at once what became of it. Other mails wait for a mail server that is away;
 * a canary that waits would prove nothing. One that is sent again after a crash comes in once more and is counted once.
 */
@Injectable()
export class CanaryRequestedHandler implements FlowHandler<'mailbox.canary-requested.v1'> {
  constructor(
    private readonly flow: FlowClient,
    private readonly outgoing: CurrentOutgoingMail,
    private readonly metrics: MailMetrics,
  ) {}

  async handle(message: CanaryMessage): Promise<void> {
    const { canaryId, mailboxId, address } = message.payload;
    const { delivered: mailed, answer } = await this.send(message);
    await this.flow.step(message, {
      journeyId: message.journeyId,
      entries: [{ step: mailed ? 'canary-mailed' : 'canary-not-mailed', evidence: { to: address, answer } }],
      publish: [{ subject: 'notification.canary-handled.v1', payload: { canaryId, mailboxId, mailed, answer, handledAt: timestampFromDate(new Date()) } }],
    });
    this.metrics.count('canary', mailed ? 'sent' : 'failed');
  }

  private async send({ id, payload: { address, token, expiresAt } }: CanaryMessage): Promise<Delivery> {
    if (timestampDate(expiresAt) < new Date()) return { delivered: false, answer: 'It was too late to send it: the service notification was stopped, or had much to do.' };
    if (!isMailable(address)) return { delivered: false, answer: 'No mail can be sent to an address like this.' };
    try {
      const { server, settings: { language, fromAddress } } = await this.outgoing.get();
      return await server.send({
        ...renderCanaryMail(language), to: address, displayName: '', language, internetMessageId: messageIdOf(id, fromAddress),
        autoSubmitted: 'auto-generated', confidential: [token], headers: { [CANARY_HEADER]: token },
      });
    } catch (error) {
      // What the mail server did is the canary's result; a database that is away is not.
      if (error instanceof Failure && error.code.startsWith('notification.')) return { delivered: false, answer: error.message };
      throw error;
    }
  }
}
