import { Injectable } from '@nestjs/common';
import type { FlowMessage } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';
import { ResolveOwner } from './resolve-owner.js';

/** A mail may be printed: for whom? */
@Injectable()
export class ResolveOwnerHandler implements FlowHandler<'acceptance.message-accepted.v1'> {
  constructor(private readonly owners: ResolveOwner) {}

  async handle(message: FlowMessage<'acceptance.message-accepted.v1'>): Promise<void> {
    await this.owners.resolveOwner(message);
  }
}
