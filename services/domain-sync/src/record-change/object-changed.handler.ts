import { Injectable } from '@nestjs/common';
import { FlowClient, type FlowMessage } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';

type Subject = 'print.object-changed.v1' | 'account.object-changed.v1' | 'notification.object-changed.v1';

/** An owner changed what it shares. A server without a domain has nobody to tell: the message ends here. */
@Injectable()
export class ObjectChangedHandler implements FlowHandler<Subject> {
  constructor(private readonly flow: FlowClient) {}

  async handle(message: FlowMessage<Subject>): Promise<void> {
    await this.flow.step(message, { journeyId: message.journeyId, entries: [], publish: [] });
  }
}
