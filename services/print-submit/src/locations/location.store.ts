import { Prisma, type PrismaClient } from '../gen/prisma/client.js';
import { locationLimits } from '../limits.js';

/** The root of all places. It is always there, and only its name changes. */
export const ROOT_LOCATION = 'world';

/** A place where printers stand (WD-003). */
export interface Location {
  readonly locationId: string;
  /** null: the root. */
  readonly parentId: string | null;
  readonly name: string;
  /** The names from the root on with / between. */
  readonly path: string;
}

/** Why a place can't be as it is wanted. */
export type LocationRefusal = 'unknown' | 'parent-unknown' | 'parent-below' | 'too-deep' | 'too-many' | 'taken';

export type LocationDeletion = { readonly kind: 'deleted' | 'unknown' } | { readonly kind: 'in-use'; readonly by: string };

type Transaction = Prisma.TransactionClient;

/** The places in Postgres. Changes come one after the other, so that no path is ever made of a name that is changing. */
export class LocationStore {
  constructor(private readonly prisma: PrismaClient) {}

  /** In the order of their paths. */
  async list(): Promise<Location[]> {
    return this.prisma.location.findMany({ orderBy: { path: 'asc' } });
  }

  async create(locationId: string, parentId: string, name: string): Promise<Location | LocationRefusal> {
    return this.changing(async (transaction) => {
      const parent = await transaction.location.findUnique({ where: { locationId: parentId } });
      if (!parent) return 'parent-unknown';
      if ((await transaction.location.count()) >= locationLimits.max) return 'too-many';
      const path = pathOf(parent, name);
      return fits(path) ? transaction.location.create({ data: { locationId, parentId, name, path } }) : 'too-deep';
    });
  }

  /** The paths of all below go with it. `parentId` of the root: empty. */
  async update(locationId: string, parentId: string, name: string): Promise<Location | LocationRefusal> {
    return this.changing(async (transaction) => {
      const before = await transaction.location.findUnique({ where: { locationId } });
      if (!before) return 'unknown';
      const parent = parentId === '' ? null : await transaction.location.findUnique({ where: { locationId: parentId } });
      if ((parent === null) !== (before.parentId === null)) return 'parent-unknown';
      if (parent && isWithin(parent.path, before.path)) return 'parent-below';
      const path = pathOf(parent, name);
      const below = await transaction.location.findMany({ where: { path: { startsWith: `${before.path}/` } } });
      const moved = below.map((each) => ({ ...each, path: `${path}${each.path.slice(before.path.length)}` }));
      if (![path, ...moved.map((each) => each.path)].every(fits)) return 'too-deep';
      const changed = await transaction.location.update({ where: { locationId }, data: { parentId: parent?.locationId ?? null, name, path } });
      await transaction.$executeRaw`UPDATE location SET path = ${path} || substr(path, ${before.path.length} + 1) WHERE starts_with(path, ${`${before.path}/`})`;
      return changed;
    });
  }

  async delete(locationId: string): Promise<LocationDeletion> {
    return this.prisma.$transaction(async (transaction): Promise<LocationDeletion> => {
      await lock(transaction);
      const found = await transaction.location.findUnique({ where: { locationId }, include: { _count: { select: { below: true, queues: true, servers: true } } } });
      if (!found) return { kind: 'unknown' };
      const { below, queues, servers } = found._count;
      const uses = [[below, 'places below it'], [queues, 'queues'], [servers, 'this server']] as const;
      const [use] = uses.filter(([count]) => count > 0);
      if (use) return { kind: 'in-use', by: use[1] };
      await transaction.location.delete({ where: { locationId } });
      return { kind: 'deleted' };
    });
  }

  /** Where this server stands (SKY-030); undefined: nobody said. */
  async ofServer(): Promise<Location | undefined> {
    return (await this.prisma.serverLocation.findFirst({ include: { location: true } }))?.location ?? undefined;
  }

  /** `locationId` null: nowhere. `unknown`: there is no such place. */
  async placeServer(locationId: string | null): Promise<'placed' | 'unknown'> {
    try {
      await this.prisma.serverLocation.updateMany({ data: { locationId } });
      return 'placed';
    } catch (error) {
      if (isKnown(error, 'P2003')) return 'unknown';
      throw error;
    }
  }

  private async changing(change: (transaction: Transaction) => Promise<Location | LocationRefusal>): Promise<Location | LocationRefusal> {
    try {
      return await this.prisma.$transaction(async (transaction) => {
        await lock(transaction);
        return change(transaction);
      });
    } catch (error) {
      if (isKnown(error, 'P2002')) return 'taken';
      throw error;
    }
  }
}

async function lock(transaction: Transaction): Promise<void> {
  await transaction.$executeRaw`LOCK TABLE location IN SHARE ROW EXCLUSIVE MODE`;
}

function pathOf(parent: Location | null, name: string): string {
  return parent ? `${parent.path}/${name}` : name;
}

function isWithin(path: string, above: string): boolean {
  return path === above || path.startsWith(`${above}/`);
}

function fits(path: string): boolean {
  return path.split('/').length <= locationLimits.depthMax;
}

function isKnown(error: unknown, code: string): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === code;
}
