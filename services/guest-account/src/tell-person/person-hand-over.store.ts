import type { FlowClient, Outcome } from '@inkpost/flow/flow-client.js';
import type { AcceptedMessage } from '../resolve-owner/owner-outcome.js';
import { sqlState } from '../sql-state.js';
import { MERGED_COLUMNS } from '../merge-guest/merged-columns.js';
import { type DirectoryAccount, hashOf } from './known-sender.js';

// The documents' claims go on with the message.
const HAND_OVER = `spool.hand_over($6::uuid[], 'print_submit') AS handed_over`;

const TOLD = `told AS (
    INSERT INTO known_person (sender_address, account_id, facts_sha256) SELECT $7::text, $8::uuid, $9::bytea FROM step
    ON CONFLICT (sender_address) DO UPDATE SET account_id = excluded.account_id, facts_sha256 = excluded.facts_sha256, told_at = now())`;

const MERGED = `closed AS (DELETE FROM guest USING step WHERE account_id = $10::uuid AND addresses <@ $11::text[] AND NOT locked RETURNING guest.*),
    merged AS (INSERT INTO merged_account (${MERGED_COLUMNS.names}, account_id, directory) SELECT ${MERGED_COLUMNS.ofGuest}, $8::uuid, $12::text FROM closed RETURNING 1)`;

/** Ends the statement where the guest is no longer as it was found, since what it tells of would not be so. */
const OR_NOTHING = '1 / (SELECT count(*) FROM merged) AS merged';
const DIVISION_BY_ZERO = '22012';

/** Goes on with somebody of a directory, and notes what others are told of them: one statement, as for a guest. */
export class PersonHandOver {
  constructor(private readonly flow: FlowClient) {}

  /** Others know what there is to know. */
  async handOver(message: AcceptedMessage, outcome: Outcome): Promise<void> {
    await this.flow.step(message, outcome, { name: 'owner-known', durable: 'with-the-next', select: HAND_OVER, values: [documentIds(message)] });
  }

  /** `outcome` tells others of the account. */
  async handOverTelling(message: AcceptedMessage, outcome: Outcome, account: DirectoryAccount): Promise<void> {
    await this.flow.step(message, outcome, { name: 'owner-told', with: TOLD, select: HAND_OVER, values: [documentIds(message), ...toldValues(message, account)] });
  }

  /** `outcome` tells others that the guest is this account now. False, and nothing done: the guest was changed or merged meanwhile. */
  async handOverMerging(message: AcceptedMessage, outcome: Outcome, account: DirectoryAccount, guestAccountId: string): Promise<boolean> {
    const values = [documentIds(message), ...toldValues(message, account), guestAccountId, [account.address, ...account.otherAddresses], account.directory];
    try {
      await this.flow.step(message, outcome, { name: 'owner-merged', with: `${TOLD}, ${MERGED}`, select: `${HAND_OVER}, ${OR_NOTHING}`, values });
      return true;
    } catch (error) {
      if (sqlState(error) === DIVISION_BY_ZERO) return false;
      throw error;
    }
  }
}

function toldValues({ payload }: AcceptedMessage, account: DirectoryAccount): unknown[] {
  return [payload.sender.address, account.accountId, hashOf(account)];
}

function documentIds({ payload }: AcceptedMessage): string[] {
  return payload.documents.map(({ documentId }) => documentId);
}
