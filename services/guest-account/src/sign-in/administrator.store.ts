import type { Administrator, PrismaClient } from '../gen/prisma/client.js';

/** Accounts that administer, and the hashes of their passwords. */
export class AdministratorStore {
  constructor(private readonly prisma: PrismaClient) {}

  /** `name` in lower case. */
  async find(name: string): Promise<Administrator | undefined> {
    return (await this.prisma.administrator.findUnique({ where: { name } })) ?? undefined;
  }

  /** Adds an account unless it is there. */
  async ensure(name: string, firstPasswordHash: string): Promise<void> {
    await this.prisma.administrator.createMany({ data: [{ name, passwordHash: firstPasswordHash, passwordMustChange: true }], skipDuplicates: true });
  }

  /**
   * The password that its owner chose. Gives the time of the change, which is later than that of the one before whatever the clock
   * says: it is the password's version. Undefined: the password that was proven has been changed meanwhile.
   */
  async setPassword({ name, changedAt: before }: Administrator, passwordHash: string): Promise<Date | undefined> {
    const changedAt = new Date(Math.max(Date.now(), before.getTime() + 1));
    const { count } = await this.prisma.administrator.updateMany({ where: { name, changedAt: before }, data: { passwordHash, passwordMustChange: false, changedAt } });
    return count === 1 ? changedAt : undefined;
  }

  /** The password that the configuration gives; remembered, so that the next start knows it again. Gives the time of the change. */
  async setConfiguredPassword(name: string, passwordHash: string): Promise<Date> {
    const { changedAt } = await this.prisma.administrator.update({
      where: { name }, data: { passwordHash, configuredPasswordHash: passwordHash, passwordMustChange: false, changedAt: new Date() },
    });
    return changedAt;
  }

  /** The same password hashed with today's parameters, unless it was changed since. */
  async replaceHash(name: string, oldHash: string, newHash: string): Promise<void> {
    await this.prisma.administrator.updateMany({ where: { name, passwordHash: oldHash }, data: { passwordHash: newHash } });
  }
}
