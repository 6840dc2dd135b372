import type { Conditions as Row, PrismaClient } from '../gen/prisma/client.js';
import { type Conditions, NO_CONDITIONS } from './conditions.js';
import { unknownSenderOf } from './unknown-sender.js';

/** The general conditions' key; a mailbox's own have its id. */
export const GENERAL = '';

/** The conditions as an administrator sees them. */
export interface ShownConditions {
  /** Those that hold. */
  readonly conditions: Conditions;
  readonly usesDefault: boolean;
  /** Kept also while the mailbox follows the general ones; undefined: it never had any. */
  readonly own: Conditions | undefined;
}

/** Conditions as they are stored, for administrators. The flow decides by `CurrentConditions`. */
export class ConditionsStore {
  constructor(private readonly prisma: PrismaClient) {}

  async show(mailboxId: string): Promise<ShownConditions> {
    const rows = await this.prisma.conditions.findMany({ where: { mailboxId: { in: [mailboxId, GENERAL] } } });
    const general = rows.find((row) => row.mailboxId === GENERAL);
    const own = mailboxId === GENERAL ? undefined : rows.find((row) => row.mailboxId === mailboxId);
    const usesDefault = mailboxId !== GENERAL && (own?.usesDefault ?? true);
    const holding = own && !usesDefault ? own : general;
    return { conditions: holding ? toConditions(holding) : NO_CONDITIONS, usesDefault, own: own && toConditions(own) };
  }

  /** The general conditions, or a mailbox's own, which hold from now on. */
  async put(mailboxId: string, conditions: Conditions, changedBy: string): Promise<void> {
    const row = { ...listsOf(conditions), usesDefault: false, changedAt: new Date(), changedBy };
    await this.prisma.$transaction([this.countRevision(), this.prisma.conditions.upsert({ where: { mailboxId }, create: { mailboxId, ...row }, update: row })]);
  }

  /** The mailbox follows the general conditions; its own, if it has any, are kept. */
  async follow(mailboxId: string, changedBy: string): Promise<void> {
    const change = { usesDefault: true, changedAt: new Date(), changedBy };
    await this.prisma.$transaction([this.countRevision(), this.prisma.conditions.updateMany({ where: { mailboxId }, data: change })]);
  }

  /** The mailbox's own conditions hold again; where it never had any, it begins with a copy of the general ones. */
  async stopFollowing(mailboxId: string, changedBy: string): Promise<void> {
    await this.prisma.$transaction(async (transaction) => {
      await transaction.conditionsRevision.update(NEXT_REVISION);
      const row = await transaction.conditions.findUnique({ where: { mailboxId: GENERAL } });
      const general = row ? toConditions(row) : NO_CONDITIONS;
      const change = { usesDefault: false, changedAt: new Date(), changedBy };
      await transaction.conditions.upsert({ where: { mailboxId }, create: { mailboxId, ...listsOf(general), ...change }, update: change });
    });
  }

  private countRevision() {
    return this.prisma.conditionsRevision.update(NEXT_REVISION);
  }
}

/** First of a transaction: its row lock puts concurrent changes in order. */
const NEXT_REVISION = { where: { id: true }, data: { revision: { increment: 1 } } } as const;

/** The database lets in no other word than these. */
function toConditions(row: Row): Conditions {
  return { ...row, unknownSender: unknownSenderOf(row.unknownSender) ?? 'refuse' };
}

function listsOf({ acceptedDomains, acceptedAddresses, refusedDomains, refusedAddresses, unknownSender, sponsors }: Conditions) {
  return {
    acceptedDomains: [...acceptedDomains], acceptedAddresses: [...acceptedAddresses],
    refusedDomains: [...refusedDomains], refusedAddresses: [...refusedAddresses], unknownSender, sponsors: [...sponsors],
  };
}
