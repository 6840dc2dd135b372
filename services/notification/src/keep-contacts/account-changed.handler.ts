import { Injectable } from '@nestjs/common';
import { FlowClient, type FlowMessage } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';
import { contactValues, keepContact } from './keep-contact.js';

const KEEP = { name: 'contact.keep', with: keepContact(6) } as const;

/** Keeps where to write to an account and in which language. Facts may come late and out of order: an older one changes nothing. */
@Injectable()
export class AccountChangedHandler implements FlowHandler<'account.changed.v1'> {
  constructor(private readonly flow: FlowClient) {}

  async handle(message: FlowMessage<'account.changed.v1'>): Promise<void> {
    await this.flow.step(message, { journeyId: message.journeyId, entries: [], publish: [] }, { ...KEEP, values: contactValues(message.payload) });
  }
}
