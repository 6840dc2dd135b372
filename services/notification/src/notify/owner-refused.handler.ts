import { Injectable } from '@nestjs/common';
import type { FlowMessage } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';
import { TellRefusal } from './tell-refusal.js';

/** There is nobody to print for (SKY-121, SKY-122). */
@Injectable()
export class OwnerRefusedHandler implements FlowHandler<'account.owner-refused.v1'> {
  constructor(private readonly refusal: TellRefusal) {}

  async handle(message: FlowMessage<'account.owner-refused.v1'>): Promise<void> {
    await this.refusal.tell(message, { ...message.payload, refusedParts: [] });
  }
}
