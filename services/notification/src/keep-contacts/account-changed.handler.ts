import { Injectable } from '@nestjs/common';
import { FlowClient, type FlowMessage } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';

const KEEP = {
  name: 'contact.keep',
  with: `kept AS (
    INSERT INTO contact AS c (account_id, address, display_name, language, version)
    SELECT $6, $7, $8, $9, $10 FROM step
    ON CONFLICT (account_id) DO UPDATE SET address = excluded.address, display_name = excluded.display_name, language = excluded.language, version = excluded.version
    WHERE c.version < excluded.version AND c.erased_at IS NULL)`,
} as const;

/** Keeps where to write to an account and in which language. Facts may come late and out of order: an older one changes nothing. */
@Injectable()
export class AccountChangedHandler implements FlowHandler<'account.changed.v1'> {
  constructor(private readonly flow: FlowClient) {}

  async handle(message: FlowMessage<'account.changed.v1'>): Promise<void> {
    const { accountId, address, displayName, language, version } = message.payload;
    await this.flow.step(message, { journeyId: message.journeyId, entries: [], publish: [] }, { ...KEEP, values: [accountId, address, displayName, language, version] });
  }
}
