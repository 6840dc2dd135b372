import type { PrismaClient } from '../gen/prisma/client.js';

/** What the recorded prints add up to. */
export class StatisticsStore {
  constructor(private readonly prisma: PrismaClient) {}

  async totals(): Promise<{ readonly jobs: number; readonly pages: number }> {
    const { _sum } = await this.prisma.printTotal.aggregate({ _sum: { jobs: true, pages: true } });
    return { jobs: Number(_sum.jobs ?? 0), pages: Number(_sum.pages ?? 0) };
  }
}
