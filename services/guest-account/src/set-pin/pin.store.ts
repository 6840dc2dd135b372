import { timingSafeEqual } from 'node:crypto';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { KeyedHash } from '../keyed-hash/keyed-hash.js';
import type { PinPolicy } from './pin-policy.js';

/** All PINs that an account may prove itself by: its own, and that of a guest who became it. A hash is bound to the account that it was set for. */
const OF_ACCOUNT = `
  SELECT account_id AS "hashedFor", pin_hash AS "pinHash" FROM guest WHERE account_id = $1 AND pin_hash IS NOT NULL
  UNION ALL SELECT account_id, pin_hash FROM account_pin WHERE account_id = $1
  UNION ALL SELECT guest_account_id, pin_hash FROM merged_account WHERE account_id = $1 AND pin_hash IS NOT NULL`;

/** $1: account, $2: hash or null, $3: directory. A guest of this installation has it in guest; the PIN of a guest who became the account goes. */
const SET = `WITH own AS (UPDATE guest SET pin_hash = $2 WHERE account_id = $1 RETURNING 1),
  former AS (UPDATE merged_account SET pin_hash = NULL WHERE account_id = $1 AND pin_hash IS NOT NULL),
  gone AS (DELETE FROM account_pin WHERE account_id = $1 AND $2::bytea IS NULL),
  kept AS (INSERT INTO account_pin (account_id, directory_id, pin_hash) SELECT $1::uuid, $3::text, $2::bytea WHERE $2::bytea IS NOT NULL AND NOT EXISTS (SELECT FROM own)
    ON CONFLICT (account_id) DO UPDATE SET directory_id = excluded.directory_id, pin_hash = excluded.pin_hash, changed_at = now())
  SELECT`;

/** Whose PIN it is. */
export interface PinHolder {
  readonly accountId: string;
  readonly directoryId: string;
}

/** PINs as keyed hashes. */
export class PinStore {
  constructor(
    private readonly pool: Pool,
    private readonly hash: KeyedHash,
  ) {}

  async policy(): Promise<PinPolicy> {
    const [row] = await query<PinPolicy & object>(this.pool, 'pin-policy.read', 'SELECT length_min AS "lengthMin" FROM pin_policy', []);
    if (!row) throw new Error('pin_policy has no row');
    return row;
  }

  async setPolicy({ lengthMin }: PinPolicy): Promise<void> {
    await query(this.pool, 'pin-policy.write', 'UPDATE pin_policy SET length_min = $1', [lengthMin]);
  }

  /** Whether it is the account's PIN. */
  async isRight(accountId: string, pin: string): Promise<boolean> {
    const kept = await query<{ hashedFor: string; pinHash: Buffer }>(this.pool, 'pin.of-account', OF_ACCOUNT, [accountId]);
    return kept.some(({ hashedFor, pinHash }) => timingSafeEqual(pinHash, this.hashOf(hashedFor, pin)));
  }

  async has(accountId: string): Promise<boolean> {
    return (await query(this.pool, 'pin.of-account', OF_ACCOUNT, [accountId])).length > 0;
  }

  /** When it was set; null: nobody noted it, as of a guest's. */
  async changedAt(accountId: string): Promise<Date | null> {
    const [row] = await query<{ changedAt: Date }>(this.pool, 'pin.changed-at', 'SELECT changed_at AS "changedAt" FROM account_pin WHERE account_id = $1', [accountId]);
    return row?.changedAt ?? null;
  }

  /** Empty: from now on none. */
  async set(holder: PinHolder, pin: string): Promise<void> {
    const { sql, values } = this.setting(holder, pin);
    await query(this.pool, 'pin.set', sql, values);
  }

  /** The statement that sets it, for a transaction. */
  setting({ accountId, directoryId }: PinHolder, pin: string): { readonly sql: string; readonly values: readonly unknown[] } {
    return { sql: SET, values: [accountId, pin === '' ? null : this.hashOf(accountId, pin), directoryId] };
  }

  /** Two people with one PIN have different hashes. */
  private hashOf(accountId: string, pin: string): Buffer {
    return this.hash.of('pin', `${accountId} ${pin}`);
  }
}
