import type { Prisma, PrismaClient } from '../gen/prisma/client.js';
import { chargingLimits } from '../limits.js';
import type { ChargingChange } from '../tariffs/charging-change.js';
import type { Filter, FilterAction, FilterConditions } from './filter.js';

export type FilterRefusal = 'taken' | 'queue-unknown' | 'too-many';

/** Positions of filters that come from a master lie before those of any filter of this server's own. */
const BEFORE_OWN = 1_000_000;

export const masterPosition = {
  /** As the master says it. */
  of: (position: number): number => (position < 0 ? position + BEFORE_OWN : position),
  here: (position: number): number => position - BEFORE_OWN,
} as const;

/** Filters in their order. */
export class FilterStore {
  constructor(
    private readonly prisma: PrismaClient,
    private readonly changes: ChargingChange,
  ) {}

  async list(): Promise<Filter[]> {
    const rows = await this.prisma.filter.findMany({ orderBy: [{ position: 'asc' }, { filterId: 'asc' }] });
    return rows.map(({ filterId, name, enabled, conditions, action }) => ({ filterId, name, enabled, when: conditions as FilterConditions, action: action as unknown as FilterAction }));
  }

  /** A new one comes last. `isNew`: only one that is not there yet. */
  async put(filter: Filter, isNew: boolean): Promise<'stored' | FilterRefusal> {
    const { filterId, name, enabled, when, action } = filter;
    return this.changes.make(async (transaction) => {
      if (action.kind === 'redirect' && !(await transaction.queue.findUnique({ where: { queueId: action.queueId } }))) return 'queue-unknown';
      const before = await transaction.filter.findUnique({ where: { filterId } });
      if (before && isNew) return 'taken';
      if (!before && (await transaction.filter.count()) >= chargingLimits.filtersMax) return 'too-many';
      const { _max: last } = await transaction.filter.aggregate({ _max: { position: true } });
      const row = { filterId, name, enabled, position: before?.position ?? Math.max(last.position ?? 0, 0) + 1, conditions: when as unknown as Prisma.InputJsonObject, action: { ...action } };
      await transaction.filter.upsert({ where: { filterId }, create: row, update: row });
      return 'stored';
    });
  }

  /** False: there is none. */
  async delete(filterId: string): Promise<boolean> {
    const { count } = await this.changes.make((transaction) => transaction.filter.deleteMany({ where: { filterId } }));
    return count > 0;
  }

  /** Those of the master keep their places, before all others. False: these are not all of them, each once. */
  async order(filterIds: readonly string[]): Promise<boolean> {
    return this.changes.make(async (transaction) => {
      const known = new Set((await transaction.filter.findMany({ select: { filterId: true } })).map(({ filterId }) => filterId));
      if (known.size !== filterIds.length || new Set(filterIds).size !== known.size || filterIds.some((filterId) => !known.has(filterId))) return false;
      const received = new Set((await transaction.sharedObject.findMany({ where: { kind: 'filter', provenance: 'received' } })).map(({ objectId }) => objectId));
      for (const [position, filterId] of filterIds.entries()) if (!received.has(filterId)) await transaction.filter.update({ where: { filterId }, data: { position } });
      return true;
    });
  }
}
