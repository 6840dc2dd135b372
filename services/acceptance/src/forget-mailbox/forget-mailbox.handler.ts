import { Injectable } from '@nestjs/common';
import { FlowClient, type FlowMessage } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';
import { CurrentConditions } from '../sender-rules/current-conditions.js';

const FORGET = {
  name: 'forget-mailbox',
  with: `counted AS (UPDATE conditions_revision SET revision = revision + 1 FROM step),
    forgotten AS (DELETE FROM conditions USING step WHERE mailbox_id = $6 AND mailbox_id <> ''),
    unlearnt AS (DELETE FROM sender_authentication USING step WHERE mailbox_id = $6 AND mailbox_id <> '')`,
} as const;

/** A mailbox is gone, and with it the conditions and settings of its own. */
@Injectable()
export class ForgetMailboxHandler implements FlowHandler<'mailbox.deleted.v1'> {
  constructor(
    private readonly flow: FlowClient,
    private readonly conditions: CurrentConditions,
  ) {}

  async handle(message: FlowMessage<'mailbox.deleted.v1'>): Promise<void> {
    // No journey entry: upkeep belongs to no mail.
    await this.flow.step(message, { journeyId: message.journeyId, entries: [], publish: [] }, { ...FORGET, values: [message.payload.mailboxId] });
    this.conditions.expire();
  }
}
