import { Injectable } from '@nestjs/common';
import { FlowClient, type FlowMessage } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';
import { DocumentExamination } from '../examine-document/examine-documents.js';

/**
 * $1: the accounts, $2: the addresses. Conditions that name one of them are an administrator's rules, of which a refusal may be meant to outlast the
 * person: they stay, and are counted, so that whoever asked for the erasure hears of them.
 */
const ERASE = `
  WITH verdicts AS (DELETE FROM verdict WHERE lower(sender) IN (SELECT unnest($2::text[])) RETURNING 1),
  forgotten AS MATERIALIZED (SELECT flow.forget($1::text[], $2::text[]) AS found),
  documents AS MATERIALIZED (SELECT spool.drop(ARRAY(SELECT jsonb_array_elements_text(found -> 'documents')::uuid FROM forgotten)) AS erased)
  SELECT (SELECT count(*) FROM verdicts) AS verdicts, (SELECT (found -> 'messages')::int FROM forgotten) AS "mailsNotPrinted", (SELECT erased FROM documents) AS documents,
    (SELECT count(*) FROM conditions WHERE accepted_addresses && $2::text[] OR refused_addresses && $2::text[] OR sponsors && $2::text[]) AS "conditionsLeft"`;

interface Erased extends Record<string, unknown> {
  readonly documents: readonly string[];
}

/** People are erased: what was decided about their mails, by which the rule lab knows them, and their mails that were not examined yet. */
@Injectable()
export class AccountErasedHandler implements FlowHandler<'account.erased.v1'> {
  constructor(
    private readonly flow: FlowClient,
    private readonly examination: DocumentExamination,
  ) {}

  async handle(message: FlowMessage<'account.erased.v1'>): Promise<void> {
    const { journeyId, payload: { accountIds, returningAccountIds, addresses, erasureId } } = message;
    const removable = await this.flow.transaction(async (transaction) => {
      if (!(await transaction.step(message, { journeyId, entries: [], publish: [] }))) return [];
      const [erased] = await transaction.query<Erased>('sender.erase', ERASE, [[...accountIds, ...returningAccountIds], addresses]);
      const { documents = [], ...counts } = erased ?? {};
      if (erasureId !== '') {
        await transaction.publish({ journeyId, entries: [], publish: [{ subject: 'acceptance.account-erased.v1', payload: { erasureId, counts: counts as Record<string, number> } }] });
      }
      return documents;
    });
    await this.examination.removeBytes(removable);
  }
}
