import { Injectable } from '@nestjs/common';
import { FlowClient, type FlowMessage } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';

/**
 * $1: the accounts, $2: the addresses. The mails stay in the ledger, by the hash of what was written: without it, a mail that still lies in its mailbox
 * would be taken in again. A document that a program handed in is refused unless it became a job, and says no longer for whom it was. A recorded conversation that names one of the addresses goes as a whole, since its pieces end anywhere.
 */
const ERASE = `
  WITH messages AS MATERIALIZED (SELECT journey.of_people($1::text[], $2::text[]) AS id),
  mails AS (UPDATE ledger SET internet_message_id = '' WHERE internet_message_id <> '' AND message_id IN (SELECT id FROM messages) RETURNING 1),
  submissions AS (
    UPDATE submission SET refused_text = '', refused_reason = CASE refused_reason WHEN '' THEN 'account-erased' ELSE refused_reason END, refused_at = coalesce(refused_at, now())
    WHERE message_id IN (SELECT id FROM messages)),
  named AS MATERIALIZED (
    SELECT t.mailbox_id FROM trace t
    WHERE EXISTS (
      SELECT 1 FROM (SELECT lower(string_agg(p.lines, '' ORDER BY p.id)) AS log FROM trace_piece p WHERE p.mailbox_id = t.mailbox_id) AS whole,
        regexp_matches(whole.log, '[^\\s"<>(),;:\\\\\\[\\]@]+@[\\w.-]*\\w', 'g') AS m (found)
      WHERE ltrim(m.found[1], $p$'={}!#$%&*+/?^|~.-$p$) IN (SELECT unnest($2::text[])))),
  pieces AS (DELETE FROM trace_piece p USING named n WHERE p.mailbox_id = n.mailbox_id RETURNING 1)
  SELECT (SELECT count(*) FROM mails) AS mails, (SELECT count(*) FROM named) AS traces`;

/** People are erased: the identifiers of their mails in the ledger, and recorded conversations with mail servers that name them. */
@Injectable()
export class AccountErasedHandler implements FlowHandler<'account.erased.v1'> {
  constructor(private readonly flow: FlowClient) {}

  async handle(message: FlowMessage<'account.erased.v1'>): Promise<void> {
    const { journeyId, payload: { accountIds, returningAccountIds, addresses, erasureId } } = message;
    await this.flow.transaction(async (transaction) => {
      if (!(await transaction.step(message, { journeyId, entries: [], publish: [] }))) return;
      const [counts = {}] = await transaction.query<Record<string, number>>('sender.erase', ERASE, [[...accountIds, ...returningAccountIds], addresses]);
      if (erasureId !== '') await transaction.publish({ journeyId, entries: [], publish: [{ subject: 'mail.account-erased.v1', payload: { erasureId, counts } }] });
    });
  }
}
