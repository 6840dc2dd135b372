import { Prisma, type PrismaClient } from '../gen/prisma/client.js';
import type { OwnExpertSettings } from '../queues/expert-settings.js';
import type { ChargingChange } from '../tariffs/charging-change.js';
import type { GroupSettings, RedirectWhen } from './group-settings.js';
import type { Restrictions } from './restrictions.js';

/** A group as it is shown. */
export interface ShownGroup extends GroupSettings {
  /** The queues in it. */
  readonly queueIds: readonly string[];
  readonly version: number;
}

/** Why a group can't be written. `has-queues`: it can't become a template. `redirects-to-itself`: the queue is in the group. */
export type GroupRefusal = 'taken' | 'unknown' | 'changed' | 'queue-unknown' | 'has-queues' | 'redirects-to-itself';

type GroupRow = Prisma.QueueGroupGetPayload<{ include: { queues: { select: { queueId: true } } } }>;
type Transaction = Prisma.TransactionClient;

const withQueues = { queues: { select: { queueId: true }, orderBy: { queueId: 'asc' } } } as const;

/** The groups of queues in Postgres. With a group all its queues change: steps that rely on older settings of one are refused. */
export class GroupStore {
  /** @param rules restrictions are rules over prints: with them changes what is remembered of those. */
  constructor(
    private readonly prisma: PrismaClient,
    private readonly rules: ChargingChange,
  ) {}

  async list(): Promise<ShownGroup[]> {
    return (await this.prisma.queueGroup.findMany({ include: withQueues, orderBy: { groupId: 'asc' } })).map(toShownGroup);
  }

  async count(): Promise<number> {
    return this.prisma.queueGroup.count();
  }

  async find(groupId: string): Promise<ShownGroup | undefined> {
    const row = await this.prisma.queueGroup.findUnique({ where: { groupId }, include: withQueues });
    return row ? toShownGroup(row) : undefined;
  }

  async create(settings: GroupSettings): Promise<ShownGroup | GroupRefusal> {
    try {
      return toShownGroup(await this.prisma.queueGroup.create({ data: columns(settings), include: withQueues }));
    } catch (error) {
      return refusalOf(error, { P2002: 'taken', P2003: 'queue-unknown' });
    }
  }

  /** `version`: of the group as it was read; 0: whatever it is. */
  async update(settings: GroupSettings, version: number): Promise<ShownGroup | GroupRefusal> {
    const { groupId, redirectQueueId } = settings;
    try {
      return await this.rules.make(async (transaction) => {
        const before = await lock(transaction, groupId);
        if (!before) return 'unknown';
        if (version !== 0 && before.version !== version) return 'changed';
        if (settings.isTemplate && before.queues.length > 0) return 'has-queues';
        if (before.queues.some(({ queueId }) => queueId === redirectQueueId)) return 'redirects-to-itself';
        await transaction.queue.updateMany({ where: { groupId }, data: { version: { increment: 1 } } });
        return toShownGroup(await transaction.queueGroup.update({ where: { groupId }, data: { ...columns(settings), version: { increment: 1 } }, include: withQueues }));
      });
    } catch (error) {
      return refusalOf(error, { P2003: 'queue-unknown' });
    }
  }

  /** Only an empty one goes. */
  async delete(groupId: string): Promise<'deleted' | 'unknown' | 'has-queues'> {
    return this.prisma.$transaction(async (transaction) => {
      const before = await lock(transaction, groupId);
      if (!before) return 'unknown';
      if (before.queues.length > 0) return 'has-queues';
      await transaction.queueGroup.delete({ where: { groupId } });
      return 'deleted';
    });
  }
}

async function lock(transaction: Transaction, groupId: string): Promise<GroupRow | null> {
  await transaction.$queryRaw`SELECT 1 AS locked FROM queue_group WHERE id = ${groupId} FOR UPDATE`;
  return transaction.queueGroup.findUnique({ where: { groupId }, include: withQueues });
}

function columns({ tags, administrators, support, eventsOn, eventsOff, restrictions, expert, ...rest }: GroupSettings) {
  return { ...rest, restrictions: restrictions as Prisma.InputJsonObject, expert: expert as Prisma.InputJsonObject, tags: [...tags], administrators: [...administrators], support: [...support], eventsOn: [...eventsOn], eventsOff: [...eventsOff] };
}

function toShownGroup({ queues, redirectWhen, createdAt: _createdAt, restrictions, expert, ...row }: GroupRow): ShownGroup {
  return { ...row, restrictions: restrictions as Restrictions, expert: expert as OwnExpertSettings, redirectWhen: redirectWhen as RedirectWhen, queueIds: queues.map(({ queueId }) => queueId) };
}

function refusalOf(error: unknown, meanings: Readonly<Partial<Record<string, GroupRefusal>>>): GroupRefusal {
  const refusal = error instanceof Prisma.PrismaClientKnownRequestError ? meanings[error.code] : undefined;
  if (refusal === undefined) throw error;
  return refusal;
}
