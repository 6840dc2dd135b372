import { randomUUID } from 'node:crypto';
import type { FlowClient } from '@inkpost/flow/flow-client.js';
import { GUEST_VALID_DAYS, USE_NOTED_EVERY_S } from '../limits.js';
import type { NewGuest } from '../resolve-owner/decide-owner.js';
import { CREATED, USED } from '../resolve-owner/guest-base.store.js';
import { isUniqueViolation } from '../sql-state.js';

/** What mails of other servers change in this guest base: the same statements as for mails of one's own, without a message that goes on. */
export class SenderGuestStore {
  constructor(private readonly flow: FlowClient) {}

  async noteUse(accountId: string): Promise<void> {
    await this.flow.publish({ journeyId: accountId, entries: [], publish: [] }, { name: 'sender-guest-used', with: USED, values: [accountId, GUEST_VALID_DAYS, USE_NOTED_EVERY_S] });
  }

  /** Undefined: there is a guest of this address already. */
  async add({ address, displayName, language, visitedPerson }: NewGuest): Promise<string | undefined> {
    const accountId = randomUUID();
    const changed = { subject: 'account.changed.v1', payload: { accountId, address, displayName, language, version: 1 } } as const;
    try {
      await this.flow.publish({ journeyId: accountId, entries: [], publish: [changed] }, { name: 'sender-guest-added', with: CREATED, values: [accountId, GUEST_VALID_DAYS, address, displayName, language, visitedPerson] });
      return accountId;
    } catch (error) {
      if (isUniqueViolation(error)) return undefined;
      throw error;
    }
  }
}
