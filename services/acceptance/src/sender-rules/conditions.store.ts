import type { PrismaClient } from '../gen/prisma/client.js';
import type { Conditions } from './conditions.js';

/** The general conditions' key; a mailbox's own have its id. */
export const GENERAL = '';

/** Conditions as they are stored, for administrators. The flow decides by `CurrentConditions`. */
export class ConditionsStore {
  constructor(private readonly prisma: PrismaClient) {}

  /** Those stored under this very id; undefined where none are. */
  async find(mailboxId: string): Promise<Conditions | undefined> {
    const row = await this.prisma.conditions.findUnique({ where: { mailboxId } });
    return row ?? undefined;
  }

  async put(mailboxId: string, conditions: Conditions, actor: string): Promise<void> {
    const { acceptedDomains, acceptedAddresses, refusedDomains, refusedAddresses, userCreationAllowed } = conditions;
    const row = {
      acceptedDomains: [...acceptedDomains], acceptedAddresses: [...acceptedAddresses], refusedDomains: [...refusedDomains], refusedAddresses: [...refusedAddresses],
      userCreationAllowed, changedAt: new Date(), changedBy: actor,
    };
    await this.prisma.$transaction([this.countRevision(), this.prisma.conditions.upsert({ where: { mailboxId }, create: { mailboxId, ...row }, update: row })]);
  }

  /** Lets a mailbox follow the general conditions again. */
  async remove(mailboxId: string): Promise<void> {
    await this.prisma.$transaction([this.countRevision(), this.prisma.conditions.deleteMany({ where: { mailboxId } })]);
  }

  private countRevision() {
    return this.prisma.conditionsRevision.update({ where: { id: true }, data: { revision: { increment: 1 } } });
  }
}
