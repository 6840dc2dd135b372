import { Injectable } from '@nestjs/common';
import { FlowClient, type FlowMessage } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';

/** $1: accounts that are gone for good, whose ids stay for a while, so that a late fact doesn't bring them back; $2: all accounts; $3: addresses. */
const ERASE = `
  WITH contacts AS MATERIALIZED (
    SELECT account_id, address FROM contact
    WHERE (erased_at IS NULL AND (account_id = ANY ($2::text[]) OR merged_into = ANY ($2))) OR account_id IN (SELECT a.account_id FROM contact_address a WHERE a.address = ANY ($3::text[]))),
  addresses AS MATERIALIZED (
    SELECT unnest($3::text[]) AS address UNION SELECT address FROM contacts WHERE address <> ''
    UNION SELECT a.address FROM contact_address a WHERE a.account_id = ANY ($2)),
  mails AS (UPDATE outgoing SET recipient = '', answer = NULL WHERE lower(recipient) IN (SELECT address FROM addresses) RETURNING 1),
  grants AS (DELETE FROM notice_grant WHERE address IN (SELECT lower(address) FROM addresses) RETURNING 1),
  gone AS (DELETE FROM contact c USING contacts d WHERE c.account_id = d.account_id AND c.account_id NOT IN (SELECT unnest($1::text[]))),
  unaddressed AS (DELETE FROM contact_address WHERE account_id = ANY ($1::text[])),
  erased AS (
    INSERT INTO contact (account_id, address, display_name, language, version, erased_at) SELECT unnest($1::text[]), '', '', '', 0, now()
    ON CONFLICT (account_id) DO UPDATE SET address = '', display_name = '', language = '', merged_into = NULL, erased_at = now())
  SELECT (SELECT count(*) FROM contacts) AS contacts, (SELECT count(*) FROM mails) AS mails, (SELECT count(*) FROM grants) AS "noticeLimits",
    (flow.forget($2, ARRAY(SELECT address FROM addresses)) -> 'messages')::int AS "mailsNotSent"`;

/** People are erased: their contacts, their addresses in the memory of mails, and the mails to them that were not sent yet. */
@Injectable()
export class AccountErasedHandler implements FlowHandler<'account.erased.v1'> {
  constructor(private readonly flow: FlowClient) {}

  async handle(message: FlowMessage<'account.erased.v1'>): Promise<void> {
    const { journeyId, payload: { accountIds, returningAccountIds, addresses, erasureId } } = message;
    await this.flow.transaction(async (transaction) => {
      if (!(await transaction.step(message, { journeyId, entries: [], publish: [] }))) return;
      const [counts = {}] = await transaction.query<Record<string, number>>('contact.erase', ERASE, [accountIds, [...accountIds, ...returningAccountIds], addresses]);
      if (erasureId === '') return;
      await transaction.publish({ journeyId, entries: [], publish: [{ subject: 'notification.account-erased.v1', payload: { erasureId, counts } }] });
    });
  }
}
