import { type Pool, query } from '@inkpost/postgres/pool.js';
import { Prisma, type PrismaClient } from '../gen/prisma/client.js';
import { type Means, toNetwork } from './identification.js';
import type { ReleaseProfileSettings } from './release-profile-settings.js';

export interface ReleaseProfile extends ReleaseProfileSettings {
  readonly version: number;
}

/**
 * Why a profile can't be written. `must-stay-default`: make another one the default instead. `queue-taken`, …: another profile holds there;
 * `unknown-place`: a queue or a place that is not there.
 */
export type ProfileRefusal = 'taken' | 'unknown' | 'changed' | 'must-stay-default' | 'queue-taken' | 'location-taken' | 'network-taken' | 'queue-unknown' | 'location-unknown';

/** What a release point asks for. */
export interface ReleasePoint {
  /** Empty: no queue was named, or none that is there. */
  readonly queueName: string;
  readonly means: readonly Means[];
  readonly idleSeconds: number;
}

type ProfileRow = Prisma.ReleaseProfileGetPayload<{ include: { assignments: true } }>;
type Transaction = Prisma.TransactionClient;

const withAssignments = { assignments: { orderBy: [{ queueId: 'asc' }, { locationId: 'asc' }, { network: 'asc' }] } } as const satisfies Prisma.ReleaseProfileInclude;

const DESCRIBE = `
  SELECT coalesce(q.name, '') AS "queueName", p.means, p.idle_seconds AS "idleSeconds"
  FROM release_profile p LEFT JOIN queue q ON q.id = $1 WHERE p.id = release_profile_of($1, $2::inet)`;

/** Ends a transaction with what refuses it. */
class Refused extends Error {
  constructor(readonly refusal: ProfileRefusal) {
    super(refusal);
  }
}

/** Release profiles in Postgres. Each release asks anew which one holds: a change holds for the very next one. */
export class ReleaseProfileStore {
  constructor(
    private readonly prisma: PrismaClient,
    private readonly pool: Pool,
  ) {}

  async list(): Promise<ReleaseProfile[]> {
    return (await this.prisma.releaseProfile.findMany({ include: withAssignments, orderBy: { profileId: 'asc' } })).map(toProfile);
  }

  async count(): Promise<number> {
    return this.prisma.releaseProfile.count();
  }

  async find(profileId: string): Promise<ReleaseProfile | undefined> {
    const row = await this.prisma.releaseProfile.findUnique({ where: { profileId }, include: withAssignments });
    return row ? toProfile(row) : undefined;
  }

  async create(settings: ReleaseProfileSettings): Promise<ReleaseProfile | ProfileRefusal> {
    return this.write(settings, async (transaction) => {
      if (await transaction.releaseProfile.findUnique({ where: { profileId: settings.profileId } })) throw new Refused('taken');
      await transaction.releaseProfile.create({ data: columns(settings) });
    });
  }

  /** `version`: of the profile as it was read; 0: whatever it is. */
  async update(settings: ReleaseProfileSettings, version: number): Promise<ReleaseProfile | ProfileRefusal> {
    const { profileId } = settings;
    return this.write(settings, async (transaction) => {
      const before = await transaction.releaseProfile.findUnique({ where: { profileId } });
      if (!before) throw new Refused('unknown');
      if (version !== 0 && before.version !== version) throw new Refused('changed');
      if (before.isDefault && !settings.isDefault) throw new Refused('must-stay-default');
      await transaction.releaseProfile.update({ where: { profileId }, data: { ...columns(settings), version: { increment: 1 } } });
      await transaction.releaseAssignment.deleteMany({ where: { profileId } });
    });
  }

  /** Only one that holds nowhere goes. */
  async delete(profileId: string): Promise<'deleted' | 'unknown' | 'default' | 'assigned'> {
    return this.prisma.$transaction(async (transaction) => {
      await lock(transaction);
      const before = await transaction.releaseProfile.findUnique({ where: { profileId }, include: withAssignments });
      if (!before) return 'unknown';
      if (before.isDefault) return 'default';
      if (before.assignments.length > 0) return 'assigned';
      await transaction.releaseProfile.delete({ where: { profileId } });
      return 'deleted';
    });
  }

  async describe(queueId: string, releasePoint: string): Promise<ReleasePoint> {
    const [point] = await query<ReleasePoint & Record<string, unknown>>(this.pool, 'release-point.describe', DESCRIBE, [queueId, toNetwork(releasePoint) ?? null]);
    if (!point) throw new Error('no release profile is the default');
    return point;
  }

  /** The profile's own row, then what it takes from others: who is the default, and where it holds. */
  private async write(settings: ReleaseProfileSettings, writeOwn: (transaction: Transaction) => Promise<void>): Promise<ReleaseProfile | ProfileRefusal> {
    const { profileId, isDefault } = settings;
    try {
      return await this.prisma.$transaction(async (transaction) => {
        await lock(transaction);
        if (isDefault) await transaction.releaseProfile.updateMany({ where: { isDefault: true, NOT: { profileId } }, data: { isDefault: false, version: { increment: 1 } } });
        await writeOwn(transaction);
        await this.assign(transaction, settings);
        return toProfile(await transaction.releaseProfile.findUniqueOrThrow({ where: { profileId }, include: withAssignments }));
      });
    } catch (error) {
      if (error instanceof Refused) return error.refusal;
      throw error;
    }
  }

  private async assign(transaction: Transaction, { profileId, queueIds, locationIds, networks }: ReleaseProfileSettings): Promise<void> {
    const taken = await transaction.releaseAssignment.findFirst({ where: { OR: [{ queueId: { in: [...queueIds] } }, { locationId: { in: [...locationIds] } }, { network: { in: [...networks] } }] } });
    if (taken) throw new Refused(taken.queueId !== null ? 'queue-taken' : taken.locationId !== null ? 'location-taken' : 'network-taken');
    if ((await transaction.queue.count({ where: { queueId: { in: [...queueIds] } } })) < queueIds.length) throw new Refused('queue-unknown');
    if ((await transaction.location.count({ where: { locationId: { in: [...locationIds] } } })) < locationIds.length) throw new Refused('location-unknown');
    await transaction.releaseAssignment.createMany({
      data: [...queueIds.map((queueId) => ({ profileId, queueId })), ...locationIds.map((locationId) => ({ profileId, locationId })), ...networks.map((network) => ({ profileId, network }))],
    });
  }
}

/** One change of profiles at a time: they take places from each other. */
async function lock(transaction: Transaction): Promise<void> {
  await transaction.$queryRaw`SELECT 1 AS locked FROM release_profile WHERE is_default FOR UPDATE`;
}

function columns({ profileId, name, means, idleSeconds, isDefault }: ReleaseProfileSettings) {
  return { profileId, name, means: [...means], idleSeconds, isDefault };
}

function toProfile({ assignments, means, createdAt: _createdAt, ...row }: ProfileRow): ReleaseProfile {
  const named = <K extends 'queueId' | 'locationId' | 'network'>(column: K) => assignments.flatMap((assignment) => assignment[column] ?? []);
  return { ...row, means: means as Means[], queueIds: named('queueId'), locationIds: named('locationId'), networks: named('network') };
}
