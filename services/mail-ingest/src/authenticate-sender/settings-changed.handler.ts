import { Injectable } from '@nestjs/common';
import { FlowClient, type FlowMessage } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';
import { CurrentAuthenticationSettings } from './authentication-settings.store.js';

/** Facts may come late and out of order: an older one changes nothing, nor does one about a mailbox that is gone. */
const KEEP = {
  name: 'sender-authentication.keep',
  with: `kept AS (
    INSERT INTO sender_authentication AS a (mailbox_id, uses_default, mode, trusted_servers, trusted_relays, version)
    SELECT $6, $7, $8, $9, $10, $11 FROM step WHERE $6 = '' OR EXISTS (SELECT FROM mailbox WHERE id::text = $6)
    ON CONFLICT (mailbox_id) DO UPDATE
    SET uses_default = excluded.uses_default, mode = excluded.mode, trusted_servers = excluded.trusted_servers, trusted_relays = excluded.trusted_relays, version = excluded.version
    WHERE a.version < excluded.version)`,
} as const;

/** Keeps how the senders of a mailbox's mails are to be authenticated: acceptance decides that, but can't measure it. */
@Injectable()
export class SettingsChangedHandler implements FlowHandler<'acceptance.sender-authentication-changed.v1'> {
  constructor(
    private readonly flow: FlowClient,
    private readonly settings: CurrentAuthenticationSettings,
  ) {}

  async handle(message: FlowMessage<'acceptance.sender-authentication-changed.v1'>): Promise<void> {
    const { mailboxId, usesDefault, mode, trustedServers, trustedRelays, version } = message.payload;
    const values = [mailboxId, usesDefault, mode || 'report', trustedServers, trustedRelays, version];
    // No journey entry: upkeep belongs to no mail.
    await this.flow.step(message, { journeyId: message.journeyId, entries: [], publish: [] }, { ...KEEP, values });
    this.settings.expire();
  }
}
