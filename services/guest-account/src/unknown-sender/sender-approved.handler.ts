import { Injectable } from '@nestjs/common';
import type { FlowMessage } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';
import { ResolveOwner } from '../resolve-owner/resolve-owner.js';

/** The sender of a mail that waited was let in: it goes on as one that has just come, of a sender who may become a guest. */
@Injectable()
export class SenderApprovedHandler implements FlowHandler<'account.sender-approved.v1'> {
  constructor(private readonly owners: ResolveOwner) {}

  async handle(message: FlowMessage<'account.sender-approved.v1'>): Promise<void> {
    await this.owners.resolveOwner(message);
  }
}
