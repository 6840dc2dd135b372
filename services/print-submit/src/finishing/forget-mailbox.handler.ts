import { Injectable } from '@nestjs/common';
import { FlowClient, type FlowMessage } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';

const FORGET = { name: 'forget-mailbox', with: `forgotten AS (DELETE FROM finishing USING step WHERE mailbox_id = $6 AND mailbox_id <> '')` } as const;

/** A mailbox is gone, and with it the finishing options of its own. Its jobs keep theirs. */
@Injectable()
export class ForgetMailboxHandler implements FlowHandler<'mailbox.deleted.v1'> {
  constructor(private readonly flow: FlowClient) {}

  async handle(message: FlowMessage<'mailbox.deleted.v1'>): Promise<void> {
    // No journey entry: upkeep belongs to no mail.
    await this.flow.step(message, { journeyId: message.journeyId, entries: [], publish: [] }, { ...FORGET, values: [message.payload.mailboxId] });
  }
}
