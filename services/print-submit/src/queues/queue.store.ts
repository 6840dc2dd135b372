import { Prisma, type PrismaClient } from '../gen/prisma/client.js';
import { printLimits } from '../limits.js';
import type { ChargingChange } from '../tariffs/charging-change.js';
import { type OwnExpertSettings, SET_FOR_QUEUE } from './expert-settings.js';
import type { PrinterCapabilities } from './printer-capabilities.js';
import type { QueueSettings } from './queue-settings.js';

/** A queue as it is shown: its settings, its printer, and what is on it. */
export interface ShownQueue extends QueueSettings {
  readonly printerState: string;
  readonly problem: string;
  readonly jobsHeld: number;
  /** Released and not finished. */
  readonly jobsWaiting: number;
  readonly createdAt: Date;
  readonly locationPath: string;
  /** Undefined: not asked yet, or it could not say. */
  readonly capabilities: PrinterCapabilities | undefined;
}

/** Which queues are looked for; an empty text matches all. */
export interface QueueFilter {
  /** Words that must all be found, in any property (SKY-085). */
  readonly search: string;
  readonly brand: string;
  readonly model: string;
  /** Of a place: it and all below it. */
  readonly locationId: string;
  readonly groupId: string;
}

/** What queues can be filtered by (SKY-086). */
export interface QueueFilters {
  readonly brands: string[];
  readonly models: string[];
  readonly locationIds: string[];
}

export type Deletion = { readonly kind: 'deleted' | 'unknown' } | { readonly kind: 'in-use'; readonly by: string };

type QueueRow = Prisma.QueueGetPayload<{ include: { printer: true; location: true } }>;

const withPrinter = { printer: true, location: true } as const;
const notAskedYet = { state: 'unknown', problem: '', failingSince: null, askedAt: null, capabilities: Prisma.DbNull } as const;

/** The queues in Postgres. */
export class QueueStore {
  /** @param rules a queue that comes into a group is under its restrictions: what is remembered of them changes. */
  constructor(
    private readonly prisma: PrismaClient,
    private readonly rules: ChargingChange,
  ) {}

  /** In the order of their identifiers, those behind `after`. */
  async list(filter: QueueFilter, after: string, limit: number): Promise<ShownQueue[]> {
    const queueIds = await this.search(filter, after, limit);
    if (queueIds.length === 0) return [];
    const [rows, counts] = await Promise.all([
      this.prisma.queue.findMany({ where: { queueId: { in: queueIds } }, include: withPrinter, orderBy: { queueId: 'asc' } }), this.countUnfinished(...queueIds),
    ]);
    return rows.map((row) => toShownQueue(row, counts));
  }

  async filters(): Promise<QueueFilters> {
    const [brands, models, places] = await Promise.all([
      this.prisma.queue.findMany({ distinct: 'brand', select: { brand: true }, where: { brand: { not: '' } }, orderBy: { brand: 'asc' }, take: printLimits.queuesListedMax }),
      this.prisma.queue.findMany({ distinct: 'model', select: { model: true }, where: { model: { not: '' } }, orderBy: { model: 'asc' }, take: printLimits.queuesListedMax }),
      this.prisma.queue.findMany({ distinct: 'locationId', select: { locationId: true }, orderBy: { locationId: 'asc' }, take: printLimits.queuesListedMax }),
    ]);
    return { brands: brands.map(({ brand }) => brand), models: models.map(({ model }) => model), locationIds: places.map(({ locationId }) => locationId) };
  }

  private async search({ search, brand, model, locationId, groupId }: QueueFilter, after: string, limit: number): Promise<string[]> {
    const patterns = search.split(/\s+/u).filter(Boolean).map((word) => `%${word.replaceAll(/[\\%_]/gu, String.raw`\$&`)}%`);
    const rows = await this.prisma.$queryRaw<{ id: string }[]>`
      SELECT q.id FROM queue q JOIN location l ON l.id = q.location_id
      WHERE q.id > ${after} AND (${brand} = '' OR lower(q.brand) = lower(${brand})) AND (${model} = '' OR lower(q.model) = lower(${model}))
        AND (${groupId} = '' OR q.group_id = ${groupId})
        AND (${locationId} = '' OR EXISTS (SELECT FROM location place WHERE place.id = ${locationId} AND (l.path = place.path OR starts_with(l.path, place.path || '/'))))
        AND concat_ws(' ', q.id, q.name, q.brand, q.model, q.serial_number, l.path, q.geocode, array_to_string(q.tags, ' '), q.comment, q.printer_uri) ILIKE ALL (${patterns}::text[])
      ORDER BY q.id LIMIT ${limit}`;
    return rows.map(({ id }) => id);
  }

  async find(queueId: string): Promise<ShownQueue | undefined> {
    const [row, counts] = await Promise.all([this.prisma.queue.findUnique({ where: { queueId }, include: withPrinter }), this.countUnfinished(queueId)]);
    return row ? toShownQueue(row, counts) : undefined;
  }

  /** What documents are sent as by the queue's expert settings, or its group's; empty: what the printer says it takes. */
  async documentFormatOf(queueId: string): Promise<string> {
    const [row] = await this.prisma.$queryRaw<{ format: string | null }[]>`
      SELECT ${Prisma.raw(SET_FOR_QUEUE)} ->> 'documentFormat' AS format FROM queue q LEFT JOIN queue_group g ON g.id = q.group_id WHERE q.id = ${queueId}`;
    return row?.format ?? '';
  }

  /** Undefined: the identifier is taken. */
  async create(settings: QueueSettings): Promise<ShownQueue | undefined> {
    const data = { ...settings, expert: settings.expert as Prisma.InputJsonObject, tags: [...settings.tags], groupId: settings.groupId || null };
    const created = await this.rules.make(async (transaction) => {
      // Above all others: a queue that had this identifier and bears another now may be remembered by its version.
      const { _max: latest } = await transaction.queue.aggregate({ _max: { version: true } });
      await transaction.queue.create({ data: { ...data, version: (latest.version ?? 0) + 1 } });
      await transaction.printer.create({ data: { queueId: settings.queueId } });
      return transaction.queue.findUniqueOrThrow({ where: { queueId: settings.queueId }, include: withPrinter });
    }).catch(absentOn('P2002'));
    return created && toShownQueue(created, new Map());
  }

  /** Undefined: there is no such queue. Jobs that are held or released already stay as they are. */
  async update({ queueId, locationId, groupId, tags, expert, ...settings }: QueueSettings): Promise<ShownQueue | undefined> {
    const group = groupId === '' ? { disconnect: true } : { connect: { groupId } };
    const data = { ...settings, expert: expert as Prisma.InputJsonObject, tags: [...tags], location: { connect: { locationId } }, group, version: { increment: 1 }, printer: { update: notAskedYet } };
    const updated = await this.rules.make((transaction) => transaction.queue.update({ where: { queueId }, data, include: withPrinter })).catch(absentOn('P2025'));
    return updated && toShownQueue(updated, await this.countUnfinished(queueId));
  }

  /** The lock makes jobs that are being put on the queue either seen here or refused there. */
  async delete(queueId: string): Promise<Deletion> {
    return this.prisma.$transaction(async (transaction): Promise<Deletion> => {
      const locked = await transaction.$queryRaw<unknown[]>`SELECT 1 AS locked FROM queue WHERE id = ${queueId} FOR UPDATE`;
      if (locked.length === 0) return { kind: 'unknown' };
      const jobsUnfinished = await transaction.job.count({ where: { queueId, completedAt: null } });
      if (jobsUnfinished > 0) return { kind: 'in-use', by: `has ${jobsUnfinished} unfinished jobs: wait for them, or cancel them first` };
      const redirecting = await transaction.queueGroup.findFirst({ where: { redirectQueueId: queueId }, select: { groupId: true } });
      if (redirecting) return { kind: 'in-use', by: `takes the jobs of the group "${redirecting.groupId}": redirect them elsewhere first` };
      await transaction.queue.delete({ where: { queueId } });
      return { kind: 'deleted' };
    });
  }

  /** The first of what the settings name that is not there. */
  async findMissing({ locationId, groupId }: QueueSettings): Promise<'locationId' | 'groupId' | undefined> {
    if ((await this.prisma.location.count({ where: { locationId } })) === 0) return 'locationId';
    return groupId === '' || (await this.prisma.queueGroup.count({ where: { groupId, isTemplate: false } })) > 0 ? undefined : 'groupId';
  }

  private async countUnfinished(...queueIds: string[]): Promise<ReadonlyMap<string, number>> {
    const groups = await this.prisma.job.groupBy({ by: ['queueId', 'jobState'], where: { completedAt: null, queueId: { in: queueIds } }, _count: true });
    return new Map(groups.map((group) => [countKey(group.queueId, group.jobState), group._count]));
  }
}

function countKey(queueId: string, jobState: string): string {
  return `${queueId} ${jobState}`;
}

function toShownQueue({ printer, location, version: _version, ...row }: QueueRow, counts: ReadonlyMap<string, number>): ShownQueue {
  const count = (...states: readonly string[]): number => states.reduce((sum, state) => sum + (counts.get(countKey(row.queueId, state)) ?? 0), 0);
  return {
    ...row,
    groupId: row.groupId ?? '',
    expert: row.expert as OwnExpertSettings,
    printerState: printer?.state ?? 'unknown',
    problem: printer?.problem ?? '',
    locationPath: location.path,
    capabilities: (printer?.capabilities ?? undefined) as PrinterCapabilities | undefined,
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
