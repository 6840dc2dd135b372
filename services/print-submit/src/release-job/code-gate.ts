import type { FlowTransaction } from '@inkpost/flow/flow-client.js';
import { normalizePuk, type PukHasher } from '../hold-job/puk.js';
import { countRight, countWrong, decideAttempt, isTrusted, type WrongCodes } from './guard-guessing.js';

export type CodeVerdict =
  | { readonly outcome: 'right'; readonly accountId: string }
  | { readonly outcome: 'wrong-code' }
  | { readonly outcome: 'locked-out'; readonly retryAfterSeconds: number };

interface CountRow extends WrongCodes {
  readonly [column: string]: unknown;
  readonly scope: string;
  /** The code's; the same in every row. */
  readonly accountId: string | null;
}

interface Counts {
  readonly point: WrongCodes;
  readonly trusted: WrongCodes;
  readonly untrusted: WrongCodes;
  readonly accountId: string | null;
}

/** The rows that count all trusted and all other release points together; the migration makes them. */
const TRUSTED = 'trusted';
const UNTRUSTED = 'untrusted';
const COLUMNS = 'scope, in_a_row AS "inARow", in_window AS "inWindow", window_began_at AS "windowBeganAt", locked_until AS "lockedUntil", last_right_at AS "lastRightAt"';
/** A right code at a point that is trusted anyway is not written down each time. */
const REMEMBER_RIGHT_MS = 3_600_000;

/** Lets right codes through and counts wrong ones, in the caller's transaction: it has to commit whatever the verdict. */
export class CodeGate {
  constructor(private readonly hasher: PukHasher) {}

  /** While it runs no other code is tried at the same release point, so that side by side no more are tried than one after another. */
  async check(transaction: FlowTransaction, typed: string, releasePoint: string, now: Date): Promise<CodeVerdict> {
    const scope = `point:${releasePoint}`;
    const { point, trusted, untrusted, accountId } = await this.begin(transaction, scope, typed);
    const attempt = decideAttempt(point, isTrusted(point, now) ? trusted : untrusted, now);
    if (attempt.kind === 'locked-out') return { outcome: 'locked-out', retryAfterSeconds: attempt.retryAfterSeconds };
    if (accountId === null) {
      await this.countWrong(transaction, scope, point, now);
      return { outcome: 'wrong-code' };
    }
    const isRemembered = point.lastRightAt !== null && now.getTime() - point.lastRightAt.getTime() < REMEMBER_RIGHT_MS;
    if (point.inARow > 0 || !isRemembered) await write(transaction, scope, countRight(point, now));
    return { outcome: 'right', accountId };
  }

  /** The counts, the point's own locked until the end of the transaction, and whose code it is. What no code looks like is nobody's. */
  private async begin(transaction: FlowTransaction, scope: string, typed: string): Promise<Counts> {
    const puk = normalizePuk(typed);
    const rows = await transaction.query<CountRow>(
      'code.begin',
      `WITH point AS (INSERT INTO wrong_codes (scope) VALUES ($1) ON CONFLICT (scope) DO UPDATE SET used_at = now() RETURNING *),
       counts AS (SELECT * FROM point UNION ALL SELECT * FROM wrong_codes WHERE scope IN ('${TRUSTED}', '${UNTRUSTED}'))
       SELECT ${COLUMNS}, (SELECT account_id FROM puk WHERE code_hash = $2::bytea) AS "accountId" FROM counts`,
      [scope, puk === undefined ? null : this.hasher.hash(puk)],
    );
    const point = rows.find((row) => row.scope === scope);
    const trusted = rows.find((row) => row.scope === TRUSTED);
    const untrusted = rows.find((row) => row.scope === UNTRUSTED);
    if (!point || !trusted || !untrusted) throw new Error('wrong codes are not counted');
    return { point, trusted, untrusted, accountId: point.accountId };
  }

  private async countWrong(transaction: FlowTransaction, scope: string, point: WrongCodes, now: Date): Promise<void> {
    await write(transaction, scope, countWrong(point, now));
    const alike = isTrusted(point, now) ? TRUSTED : UNTRUSTED;
    const [latest] = await transaction.query<CountRow>('code.alike', `SELECT ${COLUMNS} FROM wrong_codes WHERE scope = $1 FOR UPDATE`, [alike]);
    if (latest) await write(transaction, alike, { ...countWrong(latest, now), inARow: 0, lockedUntil: null });
  }
}

async function write(transaction: FlowTransaction, scope: string, count: WrongCodes): Promise<void> {
  await transaction.query(
    'code.count', 'UPDATE wrong_codes SET in_a_row = $2, in_window = $3, window_began_at = $4, locked_until = $5, last_right_at = $6 WHERE scope = $1',
    [scope, count.inARow, count.inWindow, count.windowBeganAt, count.lockedUntil, count.lastRightAt],
  );
}
