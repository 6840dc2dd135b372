import { Injectable } from '@nestjs/common';
import { PermanentFailure } from '@inkpost/failure/failure.js';
import { FlowClient, type FlowMessage, type FlowTransaction } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';
import { moveHolder } from './holder-erasure.js';
import { FormerAccountStore, type LaterOwner } from './former-account.store.js';

// A printer knows a job that it has by its owner's address, so that one keeps it to its end.
const MOVE = `
  WITH moved AS (
    UPDATE job SET account_id = $2, directory = $3, owner_name = $5, owner_language = $6,
      owner_address = CASE WHEN job_state IN ('processing', 'processing-stopped') THEN owner_address ELSE $4 END
    WHERE account_id = $1 RETURNING id, message_id, completed_at IS NULL AS waits),
  codes AS (UPDATE puk SET account_id = $2 WHERE account_id = $1)
  SELECT message_id AS "messageId", id AS "jobId" FROM moved WHERE waits`;

/** A guest is somebody of a directory now: documents, and the codes that open them, are that account's. */
@Injectable()
export class AccountMergedHandler implements FlowHandler<'account.merged.v1'> {
  constructor(
    private readonly flow: FlowClient,
    private readonly formerAccounts: FormerAccountStore,
  ) {}

  async handle(message: FlowMessage<'account.merged.v1'>): Promise<void> {
    const { accountId, into } = message.payload;
    if (!into) throw new PermanentFailure('print.merge-incomplete', 'The fact names no account that the guest became.');
    await this.formerAccounts.note([accountId], into);
    await this.flow.transaction(async (transaction) => {
      if (await transaction.step(message, { journeyId: message.journeyId, entries: [], publish: [] })) {
        await moveHolder(transaction, accountId, into.accountId);
        await moveJobs(transaction, accountId, into);
      }
    });
  }
}

async function moveJobs(transaction: FlowTransaction, guest: string, { accountId, directory, address, displayName, language }: LaterOwner): Promise<void> {
  const waiting = await transaction.query<{ messageId: string; jobId: string }>('job.move-to-account', MOVE, [guest, accountId, directory, address, displayName, language]);
  for (const [journeyId, jobs] of Map.groupBy(waiting, ({ messageId }) => messageId)) {
    const entries = jobs.map(({ jobId }) => ({ step: 'owner-merged', document: jobId, evidence: { account: accountId, guest, directory, address } }));
    await transaction.publish({ journeyId, entries, publish: [] });
  }
}
