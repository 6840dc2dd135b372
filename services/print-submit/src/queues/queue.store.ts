import { Prisma, type PrismaClient } from '../gen/prisma/client.js';
import type { QueueSettings } from './queue-settings.js';

/** A queue as it is shown: its settings, its printer, and what is on it. */
export interface ShownQueue extends QueueSettings {
  readonly printerState: string;
  readonly problem: string;
  readonly jobsHeld: number;
  /** Released and not finished. */
  readonly jobsWaiting: number;
  readonly createdAt: Date;
}

export type Deletion = { readonly kind: 'deleted' | 'unknown' } | { readonly kind: 'in-use'; readonly jobsUnfinished: number };

type QueueRow = Prisma.QueueGetPayload<{ include: { printer: true } }>;

const withPrinter = { printer: true } as const;
const notAskedYet = { state: 'unknown', problem: '', askedAt: null, capabilities: Prisma.DbNull } as const;

/** The queues in Postgres. */
export class QueueStore {
  constructor(private readonly prisma: PrismaClient) {}

  async list(): Promise<ShownQueue[]> {
    const [rows, counts] = await Promise.all([this.prisma.queue.findMany({ include: withPrinter, orderBy: { queueId: 'asc' } }), this.countUnfinished()]);
    return rows.map((row) => toShownQueue(row, counts));
  }

  async find(queueId: string): Promise<ShownQueue | undefined> {
    const [row, counts] = await Promise.all([this.prisma.queue.findUnique({ where: { queueId }, include: withPrinter }), this.countUnfinished(queueId)]);
    return row ? toShownQueue(row, counts) : undefined;
  }

  /** Undefined: the identifier is taken. */
  async create(settings: QueueSettings): Promise<ShownQueue | undefined> {
    const created = await this.prisma.queue.create({ data: { ...settings, printer: { create: {} } }, include: withPrinter }).catch(absentOn('P2002'));
    return created && toShownQueue(created, new Map());
  }

  /** Undefined: there is no such queue. Jobs that are held or released already stay as they are. */
  async update({ queueId, ...settings }: QueueSettings): Promise<ShownQueue | undefined> {
    const data = { ...settings, version: { increment: 1 }, printer: { update: notAskedYet } };
    const updated = await this.prisma.queue.update({ where: { queueId }, data, include: withPrinter }).catch(absentOn('P2025'));
    return updated && toShownQueue(updated, await this.countUnfinished(queueId));
  }

  /** The lock makes jobs that are being put on the queue either seen here or refused there. */
  async delete(queueId: string): Promise<Deletion> {
    return this.prisma.$transaction(async (transaction): Promise<Deletion> => {
      const locked = await transaction.$queryRaw<unknown[]>`SELECT 1 AS locked FROM queue WHERE id = ${queueId} FOR UPDATE`;
      if (locked.length === 0) return { kind: 'unknown' };
      const jobsUnfinished = await transaction.job.count({ where: { queueId, completedAt: null } });
      if (jobsUnfinished > 0) return { kind: 'in-use', jobsUnfinished };
      await transaction.queue.delete({ where: { queueId } });
      return { kind: 'deleted' };
    });
  }

  private async countUnfinished(queueId?: string): Promise<ReadonlyMap<string, number>> {
    const groups = await this.prisma.job.groupBy({ by: ['queueId', 'jobState'], where: { completedAt: null, ...(queueId === undefined ? {} : { queueId }) }, _count: true });
    return new Map(groups.map((group) => [countKey(group.queueId, group.jobState), group._count]));
  }
}

function countKey(queueId: string, jobState: string): string {
  return `${queueId} ${jobState}`;
}

function toShownQueue({ printer, version: _version, ...row }: QueueRow, counts: ReadonlyMap<string, number>): ShownQueue {
  const count = (...states: readonly string[]): number => states.reduce((sum, state) => sum + (counts.get(countKey(row.queueId, state)) ?? 0), 0);
  return {
    ...row,
    printerState: printer?.state ?? 'unknown',
    problem: printer?.problem ?? '',
    jobsHeld: count('pending-held'),
    jobsWaiting: count('pending', 'processing', 'processing-stopped'),
  };
}

/** Turns one known error of Prisma into "not there". */
function absentOn(code: 'P2002' | 'P2025') {
  return (error: unknown): undefined => {
    if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === code) return undefined;
    throw error;
  };
}
