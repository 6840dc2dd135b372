import { Injectable } from '@nestjs/common';
import type { FlowMessage } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';
import { TellRefusal } from './tell-refusal.js';

/** Acceptance refused a mail. */
@Injectable()
export class MessageRefusedHandler implements FlowHandler<'acceptance.message-refused.v1'> {
  constructor(private readonly refusal: TellRefusal) {}

  async handle(message: FlowMessage<'acceptance.message-refused.v1'>): Promise<void> {
    await this.refusal.tell(message, message.payload);
  }
}
