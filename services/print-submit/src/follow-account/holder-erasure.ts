import type { FlowTransaction } from '@inkpost/flow/flow-client.js';

/** What went of what people had and used, for the proof. */
export interface ErasedHolders extends Record<string, unknown> {
  readonly balances: number;
  /** Money was booked: they stay, with nobody's name. */
  readonly bookings: number;
  /** Rules and restrictions of groups that an administrator wrote and that name the person. */
  readonly filtersLeft: number;
}

const ERASE = `
  WITH accounts AS MATERIALIZED (SELECT unnest($1::text[]) AS account_id
    UNION SELECT account_id FROM job WHERE account_id <> '' AND cardinality($2::text[]) > 0 AND lower(owner_address) IN (SELECT unnest($2))),
  balances AS (DELETE FROM balance USING accounts a WHERE balance.kind = 'account' AND balance.name = a.account_id AND a.account_id <> '' RETURNING 1),
  days AS (DELETE FROM usage_day USING accounts a WHERE usage_day.kind = 'account' AND usage_day.name = a.account_id RETURNING 1),
  quotas AS (DELETE FROM quota USING accounts a WHERE quota.scope = 'account' AND quota.subject = a.account_id RETURNING 1),
  -- What others remember of quotas is old.
  changed AS (UPDATE charging SET version = version + 1 WHERE EXISTS (SELECT 1 FROM quota q JOIN accounts a ON q.scope = 'account' AND q.subject = a.account_id)),
  bookings AS (
    UPDATE booking SET account_id = '', payer = CASE payer_kind WHEN 'account' THEN '' ELSE payer END, reason = ''
    FROM accounts a WHERE booking.account_id = a.account_id AND a.account_id <> '' RETURNING 1)
  SELECT (SELECT count(*) FROM balances) AS balances, (SELECT count(*) FROM bookings) AS bookings,
    (SELECT count(*) FROM (SELECT conditions -> 'users' FROM filter UNION ALL SELECT jsonb_path_query_array(restrictions, '$.*.users[*]') FROM queue_group) AS rule (users)
     WHERE users ?| ARRAY(SELECT lower(account_id) FROM accounts UNION SELECT unnest($2::text[]))) AS "filtersLeft"`;

const MOVE = `
  WITH gone AS (DELETE FROM balance WHERE kind = 'account' AND name = $1 RETURNING mode, amount, overdraft),
  kept AS (
    INSERT INTO balance (kind, name, mode, amount, overdraft) SELECT 'account', $2, mode, amount, overdraft FROM gone
    ON CONFLICT (kind, name) DO UPDATE SET amount = balance.amount + excluded.amount),
  days AS (DELETE FROM usage_day WHERE kind = 'account' AND name = $1 RETURNING day, impressions, money),
  used AS (
    INSERT INTO usage_day (kind, name, day, impressions, money) SELECT 'account', $2, day, impressions, money FROM days
    ON CONFLICT (kind, name, day) DO UPDATE SET impressions = usage_day.impressions + excluded.impressions, money = usage_day.money + excluded.money),
  changed AS (UPDATE charging SET version = version + 1 WHERE EXISTS (SELECT 1 FROM quota WHERE scope = 'account' AND subject = $1)),
  quotas AS (UPDATE quota SET subject = $2 WHERE scope = 'account' AND subject = $1)
  UPDATE booking SET account_id = $2, payer = CASE WHEN payer_kind = 'account' AND payer = $1 THEN $2 ELSE payer END WHERE account_id = $1`;

/** Takes people out of balances, quotas and bookings. Before their jobs: by these an address leads to accounts. */
export async function eraseHolders(transaction: FlowTransaction, accountIds: readonly string[], addresses: readonly string[]): Promise<ErasedHolders> {
  const [counts] = await transaction.query<ErasedHolders>('holder.erase', ERASE, [accountIds, addresses]);
  return counts ?? { balances: 0, bookings: 0, filtersLeft: 0 };
}

/** What a guest had left and used is another account's now, and added to what that has. */
export async function moveHolder(transaction: FlowTransaction, guest: string, accountId: string): Promise<void> {
  await transaction.query('holder.move', MOVE, [guest, accountId]);
}
