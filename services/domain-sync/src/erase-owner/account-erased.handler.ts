import { Injectable } from '@nestjs/common';
import { FlowClient, type FlowMessage } from '@inkpost/flow/flow-client.js';
import type { FlowHandler } from '@inkpost/flow/flow-handlers.js';

/**
 * $1: accounts that are gone for good, whose empty label keeps a late print from naming them; $2: accounts that may come again; $3: addresses.
 * The facts stay, under the account's id: it leads to nobody any more. On a slave the master is told; on a master the members' names of the same addresses go as well.
 */
const ERASE = `
  WITH gone AS (
    UPDATE print_owner SET directory = '', label = '', may_return = true, told = false
    WHERE account_id NOT IN (SELECT unnest($1::text[])) AND label <> '' AND (account_id = ANY ($2::text[]) OR lower(label) IN (SELECT unnest($3::text[]))) RETURNING 1),
  named AS MATERIALIZED (SELECT account_id FROM print_owner WHERE account_id = ANY ($1) AND label <> ''),
  closed AS (INSERT INTO print_owner (account_id, directory, label) SELECT unnest($1::text[]), '', '' ON CONFLICT (account_id) DO UPDATE SET directory = '', label = '', may_return = false, told = false),
  elsewhere AS (UPDATE member_owner SET directory = '', label = '', erased_here = true WHERE label <> '' AND (account_id = ANY ($1) OR account_id = ANY ($2) OR lower(label) IN (SELECT unnest($3::text[]))) RETURNING 1)
  SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM named) + (SELECT count(*) FROM elsewhere) AS names`;

/** People are erased: reports name them no more, and what was printed stays counted. */
@Injectable()
export class AccountErasedHandler implements FlowHandler<'account.erased.v1'> {
  constructor(private readonly flow: FlowClient) {}

  async handle(message: FlowMessage<'account.erased.v1'>): Promise<void> {
    const { journeyId, payload: { accountIds, returningAccountIds, addresses, erasureId } } = message;
    await this.flow.transaction(async (transaction) => {
      if (!(await transaction.step(message, { journeyId, entries: [], publish: [] }))) return;
      const [counts = {}] = await transaction.query<Record<string, number>>('owner.erase', ERASE, [accountIds, returningAccountIds, addresses]);
      if (erasureId !== '') await transaction.publish({ journeyId, entries: [], publish: [{ subject: 'statistics.account-erased.v1', payload: { erasureId, counts } }] });
    });
  }
}
