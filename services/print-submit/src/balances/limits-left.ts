import type { MessageInitShape } from '@bufbuild/protobuf';
import type { LimitLeftSchema } from '@inkpost/contracts/flow/v1/print_pb.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { KnownCharging } from '../tariffs/known-charging.js';
import type { Standing } from './decide-limits.js';
import type { Standings } from './standings.js';

type LimitLeft = MessageInitShape<typeof LimitLeftSchema>;

const LATEST_GROUPS = 'SELECT owner_groups AS groups FROM job WHERE account_id = $1 ORDER BY created_at DESC, id DESC LIMIT 1';

/** What people may still print, for the mails that they get (V-07). */
export class LimitsLeft {
  constructor(
    private readonly pool: Pool,
    private readonly charging: KnownCharging,
    private readonly standings: Standings,
  ) {}

  /** Asks nobody where no limit is set that could hold. `ownerGroups`: where they are known; else those of the owner's latest job. */
  async of(accountId: string, ownerGroups: readonly string[] | undefined): Promise<LimitLeft[]> {
    const charging = await this.charging.current();
    if (accountId === '' || (!charging.hasBalances && charging.quotas.length === 0)) return [];
    const groups = ownerGroups ?? (await this.latestGroups(accountId));
    return limitsLeft(await this.standings.of({ accountId, groups }, charging), charging.currency);
  }

  private async latestGroups(accountId: string): Promise<readonly string[]> {
    const [row] = await query<{ groups: readonly string[] }>(this.pool, 'owner.latest-groups', LATEST_GROUPS, [accountId]);
    return row?.groups ?? [];
  }
}

/** The balance that pays first, then the quotas; what is on its way counts as taken. */
export function limitsLeft({ payer, reserved, quotas }: Standing, currency: string): LimitLeft[] {
  const balance: LimitLeft[] = payer ? [{ kind: 'balance', name: payer.kind === 'group' ? payer.name : '', currency, left: BigInt(payer.amount - reserved) }] : [];
  return [
    ...balance,
    ...quotas.map(({ quota: { name, period, unit, amount }, used, reserved: underWay }) => ({
      kind: 'quota', name, period, currency: unit === 'money' ? currency : '', left: BigInt(Math.max(amount - used - underWay, 0)), amount: BigInt(amount),
    })),
  ];
}
