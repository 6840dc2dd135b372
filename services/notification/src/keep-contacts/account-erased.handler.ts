import { Injectable } from '@nestjs/common';
import { FlowClient, type FlowMessage } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';

/** The id stays for a while, so that a late fact about the account doesn't bring it back. */
const ERASE = {
  name: 'contact.erase',
  with: `known AS (SELECT address FROM contact JOIN step ON true WHERE account_id = $6 AND address <> ''),
    mails AS (UPDATE outgoing SET recipient = '' FROM known WHERE recipient = known.address),
    grants AS (DELETE FROM notice_grant USING known WHERE notice_grant.address = lower(known.address)),
    erased AS (
      INSERT INTO contact (account_id, address, display_name, language, version, erased_at) SELECT $6, '', '', '', 0, now() FROM step
      ON CONFLICT (account_id) DO UPDATE SET address = '', display_name = '', language = '', erased_at = now())`,
} as const;

/** An account is gone, and with it what is kept of it here: its contact, and its address in the memory of mails. */
@Injectable()
export class AccountErasedHandler implements FlowHandler<'account.erased.v1'> {
  constructor(private readonly flow: FlowClient) {}

  async handle(message: FlowMessage<'account.erased.v1'>): Promise<void> {
    await this.flow.step(message, { journeyId: message.journeyId, entries: [], publish: [] }, { ...ERASE, values: [message.payload.accountId] });
  }
}
