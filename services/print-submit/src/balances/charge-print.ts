/** What a print is charged with, where its job is completed. */
export interface Charge {
  /** Thousandths of the currency. */
  readonly price: number;
  readonly tariffId: string;
  /** Empty: none. */
  readonly userGroup: string;
  readonly impressions: number;
  readonly sheets: number;
  /** By which days begin. */
  readonly timeZone: string;
  /** ISO 4217. */
  readonly currency: string;
}

/** For the journey; a print that no tariff is for costs nothing, and nothing is said. */
export function chargeEvidence({ price, currency, tariffId }: Charge): { price?: number; currency?: string; tariff?: string } {
  return tariffId === '' ? {} : { price, currency, tariff: tariffId };
}

/**
 * The CTEs of a statement that completes one job and has it as `moved (id, account_id)`: the booking, the payer's balance and the day's use. Their
 * parameters stand from `first` on, as `chargeValues` gives them. A job is moved once, and a print booked once, so that it is paid once whatever is repeated.
 */
export function chargeStatement(first: number): string {
  const [price, tariffId, userGroup, impressions, sheets, timeZone] = Array.from({ length: 6 }, (_, index) => `$${first + index}`);
  // As payerOf chooses. Rows are taken in one order everywhere, so that no two statements wait for each other.
  return `payer AS (
      SELECT b.kind, CASE b.kind WHEN 'account' THEN moved.account_id ELSE b.name END AS name, b.mode, b.amount, b.overdraft
      FROM moved JOIN balance b ON b.mode <> 'off' AND (b.kind = 'group' AND b.name = ${userGroup}::text OR b.kind = 'account' AND (b.name = moved.account_id
        OR b.name = '' AND NOT EXISTS (SELECT 1 FROM balance own WHERE own.kind = 'account' AND own.name = moved.account_id)))
      WHERE moved.account_id <> '' ORDER BY b.kind LIMIT 1),
    paid AS (
      INSERT INTO balance (kind, name, mode, amount, overdraft) SELECT kind, name, mode, amount - ${price}::bigint, overdraft FROM payer WHERE ${price}::bigint <> 0
      ON CONFLICT (kind, name) DO UPDATE SET amount = balance.amount - ${price}::bigint RETURNING kind),
    booked AS (
      INSERT INTO booking (kind, payer_kind, payer, amount, job_id, account_id, user_group, impressions, sheets, tariff_id)
      SELECT 'print', coalesce(payer.kind, ''), coalesce(payer.name, ''), -${price}::bigint, moved.id, moved.account_id, ${userGroup}::text, ${impressions}::int, ${sheets}::int, ${tariffId}::text
      FROM moved LEFT JOIN payer ON true RETURNING job_id),
    used AS (
      INSERT INTO usage_day (kind, name, day, impressions, money)
      SELECT holder.kind, holder.name, (now() AT TIME ZONE ${timeZone}::text)::date, ${impressions}::int, ${price}::bigint
      FROM moved, LATERAL (VALUES ('account', moved.account_id), ('group', ${userGroup}::text)) AS holder (kind, name) WHERE holder.name <> '' ORDER BY holder.kind
      ON CONFLICT (kind, name, day) DO UPDATE SET impressions = usage_day.impressions + excluded.impressions, money = usage_day.money + excluded.money)`;
}

export function chargeValues({ price, tariffId, userGroup, impressions, sheets, timeZone }: Charge): unknown[] {
  return [price, tariffId, userGroup, impressions, sheets, timeZone];
}
