import type { FlowClient } from '@inkpost/flow/flow-client.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import { type DirectoryAccount, tellingVersion } from '../tell-person/known-sender.js';
import { MERGED_COLUMNS } from './merged-columns.js';

const MERGE = `WITH closed AS (DELETE FROM guest WHERE account_id = $1 RETURNING *)
  INSERT INTO merged_account (${MERGED_COLUMNS.names}, account_id, directory, merged_by) SELECT ${MERGED_COLUMNS.ofGuest}, $2, $3, $4 FROM closed RETURNING 1`;

/** Guests whom an administrator merges. */
export class MergeGuestStore {
  constructor(
    private readonly pool: Pool,
    private readonly flow: FlowClient,
  ) {}

  /** The guest's addresses; undefined: there is no such guest. */
  async addressesOf(accountId: string): Promise<readonly string[] | undefined> {
    const [guest] = await query<{ addresses: string[] }>(this.pool, 'merge.guest', 'SELECT addresses FROM guest WHERE account_id = $1', [accountId]);
    return guest?.addresses;
  }

  /** False: there is no such guest (any more). */
  async merge(guestAccountId: string, account: DirectoryAccount, actor: string, now: Date): Promise<boolean> {
    const { otherAddresses, ...into } = account;
    return this.flow.transaction(async (transaction) => {
      const [merged] = await transaction.query('merge.close', MERGE, [guestAccountId, into.accountId, into.directory, actor]);
      if (!merged) return false;
      await transaction.publish({
        journeyId: guestAccountId, entries: [],
        publish: [{ subject: 'account.merged.v1', payload: { accountId: guestAccountId, into, otherAddresses: [...otherAddresses], version: tellingVersion(now) } }],
      });
      return true;
    });
  }
}
