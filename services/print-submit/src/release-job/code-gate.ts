import type { FlowTransaction } from '@inkpost/flow/flow-client.js';
import { normalizePuk, type PukHasher } from '../hold-job/puk.js';
import { countRight, countWrong, decideAttempt, type WrongCodes } from './guard-guessing.js';

export type CodeVerdict =
  | { readonly outcome: 'right'; readonly accountId: string }
  | { readonly outcome: 'wrong-code' }
  | { readonly outcome: 'locked-out'; readonly retryAfterSeconds: number };

/** The row that counts all release points together; the migration makes it. */
const EVERYWHERE = 'everywhere';
const COLUMNS = 'in_a_row AS "inARow", in_window AS "inWindow", window_began_at AS "windowBeganAt", locked_until AS "lockedUntil", last_right_at AS "lastRightAt"';

/** Lets right codes through and counts wrong ones, in the caller's transaction: it has to commit whatever the verdict. */
export class CodeGate {
  constructor(private readonly hasher: PukHasher) {}

  /** While it runs no other code is tried at the same release point, so that side by side no more are tried than one after another. */
  async check(transaction: FlowTransaction, typed: string, releasePoint: string, now: Date): Promise<CodeVerdict> {
    const scope = `point:${releasePoint}`;
    const point = await read(transaction, 'code.begin', `INSERT INTO wrong_codes (scope) VALUES ($1) ON CONFLICT (scope) DO UPDATE SET used_at = now() RETURNING ${COLUMNS}`, scope);
    const everywhere = await read(transaction, 'code.everywhere', `SELECT ${COLUMNS} FROM wrong_codes WHERE scope = $1`, EVERYWHERE);
    const attempt = decideAttempt(point, everywhere, now);
    if (attempt.kind === 'locked-out') return { outcome: 'locked-out', retryAfterSeconds: attempt.retryAfterSeconds };
    const accountId = await this.accountOf(transaction, typed);
    if (accountId !== undefined) {
      await write(transaction, scope, countRight(point, now));
      return { outcome: 'right', accountId };
    }
    await write(transaction, scope, countWrong(point, now));
    const latest = await read(transaction, 'code.lock-everywhere', `SELECT ${COLUMNS} FROM wrong_codes WHERE scope = $1 FOR UPDATE`, EVERYWHERE);
    await write(transaction, EVERYWHERE, { ...countWrong(latest, now), inARow: 0, lockedUntil: null });
    return { outcome: 'wrong-code' };
  }

  /** What no code looks like isn't looked up, but counts as one. */
  private async accountOf(transaction: FlowTransaction, typed: string): Promise<string | undefined> {
    const puk = normalizePuk(typed);
    if (puk === undefined) return undefined;
    const [row] = await transaction.query<{ accountId: string }>(
      'code.find', 'SELECT account_id AS "accountId" FROM puk WHERE code_hash = ANY ($1::bytea[])', [this.hasher.hashes(puk)],
    );
    return row?.accountId;
  }
}

async function read(transaction: FlowTransaction, name: string, sql: string, scope: string): Promise<WrongCodes> {
  const [count] = await transaction.query<WrongCodes & Record<string, unknown>>(name, sql, [scope]);
  if (!count) throw new Error(`wrong codes of "${scope}" are not counted`);
  return count;
}

async function write(transaction: FlowTransaction, scope: string, count: WrongCodes): Promise<void> {
  await transaction.query(
    'code.count', 'UPDATE wrong_codes SET in_a_row = $2, in_window = $3, window_began_at = $4, locked_until = $5, last_right_at = $6 WHERE scope = $1',
    [scope, count.inARow, count.inWindow, count.windowBeganAt, count.lockedUntil, count.lastRightAt],
  );
}
