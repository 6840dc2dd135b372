import { Injectable } from '@nestjs/common';
import { FlowClient, type FlowMessage } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';
import { PermanentFailure } from '@inkpost/failure/failure.js';
import { contactValues, keepContact } from './keep-contact.js';

// The guest's row stays, empty: notices of older jobs find the other account by it, and a late fact doesn't bring the guest back.
const MERGE = {
  name: 'contact.merge',
  with: `${keepContact(6)},
    closed AS (
      INSERT INTO contact AS g (account_id, address, display_name, language, version, merged_into) SELECT $13::text, '', '', '', 0, $6::text FROM step
      ON CONFLICT (account_id) DO UPDATE SET address = '', display_name = '', language = '', merged_into = excluded.merged_into WHERE g.erased_at IS NULL),
    left_behind AS (DELETE FROM contact_address USING step WHERE account_id = $13::text)`,
} as const;

/** A guest is somebody of a directory now: who was written to as the guest is written to there. */
@Injectable()
export class AccountMergedHandler implements FlowHandler<'account.merged.v1'> {
  constructor(private readonly flow: FlowClient) {}

  async handle(message: FlowMessage<'account.merged.v1'>): Promise<void> {
    const { accountId, into, otherAddresses, version } = message.payload;
    if (!into) throw new PermanentFailure('notification.merge-incomplete', 'The fact names no account that the guest became.');
    const values = [...contactValues({ ...into, otherAddresses, version, inDirectory: true }), accountId];
    await this.flow.step(message, { journeyId: message.journeyId, entries: [], publish: [] }, { ...MERGE, values });
  }
}
