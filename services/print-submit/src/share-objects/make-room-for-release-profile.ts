import { ReleaseProfileSettingsSchema } from '@inkpost/contracts/admin/v1/release_profiles_pb.js';
import { type MakeRoom } from '@inkpost/shared-object/step-aside.js';
import { settingsOf } from '@inkpost/shared-object/wire-body.js';
import type { PrismaClient } from '../gen/prisma/client.js';
import { stepAside } from './step-aside.js';

/**
 * The master's profile keeps its identifier and holds where the master says. One of this server with the identifier gets another; one that holds at such a queue, place or network does so no
 * longer. One that came from the master gives it up too, without a word: its own order follows, since on the master it holds elsewhere by now.
 */
export function makeRoomForReleaseProfile(prisma: PrismaClient): MakeRoom {
  const byIdentifier = stepAside(prisma, 'release profile');
  return async (object, serverName, rehearses) => {
    const renamed = await byIdentifier(object, serverName, rehearses);
    const { queueIds, locationIds, networks } = settingsOf(ReleaseProfileSettingsSchema, object.body);
    return prisma.$transaction(async (transaction) => {
      const taken = await transaction.releaseAssignment.findMany({
        where: { OR: [{ queueId: { in: queueIds } }, { locationId: { in: locationIds } }, { network: { in: networks } }], ...(rehearses && object.isLocal ? {} : { NOT: { profileId: object.objectId } }) },
        include: { location: true, profile: true },
      });
      if (taken.length === 0) return renamed;
      const shared = await transaction.$queryRaw<{ id: string }[]>`SELECT object_id AS id FROM shared_object WHERE kind = 'release-profile'`;
      if (!rehearses) {
        await transaction.releaseAssignment.deleteMany({ where: { assignmentId: { in: taken.map(({ assignmentId }) => assignmentId) } } });
        await transaction.releaseProfile.updateMany({ where: { profileId: { in: taken.map(({ profileId }) => profileId) } }, data: { version: { increment: 1 } } });
      }
      const own = taken.filter(({ profileId }) => !shared.some(({ id }) => id === profileId));
      if (own.length === 0) return renamed;
      const places = own.map(({ profile, queueId, location, network }) => `${profile.name} no longer at ${queueId ? `the queue ${queueId}` : location ? `the place ${location.path}` : `the network ${network}`}`);
      return [...(renamed === undefined ? [] : [renamed]), ...places].join('; ');
    });
  };
}
