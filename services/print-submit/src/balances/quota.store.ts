import type { Prisma, PrismaClient } from '../gen/prisma/client.js';
import { chargingLimits } from '../limits.js';
import type { ChargingChange } from '../tariffs/charging-change.js';
import type { Quota } from './quota.js';

/** Quotas as administrators set them. */
export class QuotaStore {
  constructor(
    private readonly prisma: PrismaClient,
    private readonly changes: ChargingChange,
  ) {}

  async list(): Promise<Quota[]> {
    return (await this.prisma.quota.findMany({ orderBy: { quotaId: 'asc' } })).map(toQuota);
  }

  /** `isNew`: only one that is not there yet. */
  async put(quota: Quota, isNew: boolean): Promise<'stored' | 'taken' | 'too-many'> {
    const { quotaId } = quota;
    return this.changes.make(async (transaction) => {
      const before = await transaction.quota.findUnique({ where: { quotaId } });
      if (before && isNew) return 'taken';
      if (!before && (await transaction.quota.count()) >= chargingLimits.quotasMax) return 'too-many';
      const row = { ...quota, amount: BigInt(quota.amount) };
      await transaction.quota.upsert({ where: { quotaId }, create: row, update: row });
      return 'stored';
    });
  }

  /** False: there is none. */
  async delete(quotaId: string): Promise<boolean> {
    const { count } = await this.changes.make((transaction) => transaction.quota.deleteMany({ where: { quotaId } }));
    return count > 0;
  }
}

function toQuota({ amount, scope, unit, period, mode, ...rest }: Prisma.QuotaGetPayload<object>): Quota {
  return { ...rest, amount: Number(amount), scope: scope as Quota['scope'], unit: unit as Quota['unit'], period: period as Quota['period'], mode: mode as Quota['mode'] };
}
