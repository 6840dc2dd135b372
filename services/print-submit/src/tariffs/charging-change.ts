import type { Prisma, PrismaClient } from '../gen/prisma/client.js';
import type { KnownCharging } from './known-charging.js';

/** Changes of tariffs, filters, quotas and balances' modes: each makes what others remember old, in its own transaction. */
export class ChargingChange {
  constructor(
    private readonly prisma: PrismaClient,
    private readonly known: KnownCharging,
  ) {}

  async make<T>(change: (transaction: Prisma.TransactionClient) => Promise<T>): Promise<T> {
    try {
      return await this.prisma.$transaction(async (transaction) => {
        // First of all, so that changes wait for each other.
        await transaction.charging.updateMany({ data: { version: { increment: 1 } } });
        return change(transaction);
      });
    } finally {
      this.known.forget();
    }
  }
}
