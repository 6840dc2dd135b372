import { TariffSchema } from '@inkpost/contracts/admin/v1/charging_pb.js';
import { type MakeRoom, nameAside } from '@inkpost/shared-object/step-aside.js';
import { settingsOf } from '@inkpost/shared-object/wire-body.js';
import type { PrismaClient } from '../gen/prisma/client.js';
import { printLimits } from '../limits.js';
import { stepAside } from './step-aside.js';

/**
 * The master's tariff keeps its identifier and its conditions. One of this server with the identifier gets another; one with the very same conditions rests, with another name: nobody could say
 * which holds. One that came from the master rests too, without a word: its own order follows, since on the master it is for other prints by now.
 */
export function makeRoomForTariff(prisma: PrismaClient): MakeRoom {
  const byIdentifier = stepAside(prisma, 'tariff');
  return async (object, serverName, rehearses) => {
    const renamed = await byIdentifier(object, serverName, rehearses);
    const { media, colorMode, sides, queueId, userGroup } = settingsOf(TariffSchema, object.body);
    return prisma.$transaction(async (transaction) => {
      const inTheWay = await transaction.tariff.findFirst({ where: { media, colorMode, sides, queueId, userGroup, resting: false } });
      // In a rehearsal it still has the identifier that it would lose.
      if (!inTheWay || (inTheWay.tariffId === object.objectId && !(rehearses && object.isLocal))) return renamed;
      const { tariffId } = inTheWay;
      const [noted] = await transaction.$queryRaw<unknown[]>`SELECT 1 AS noted FROM shared_object WHERE kind = 'tariff' AND object_id = ${tariffId}`;
      const isLocal = noted === undefined;
      const name = isLocal && renamed === undefined ? nameAside(inTheWay.name, serverName, printLimits.queueNameLengthMax) : inTheWay.name;
      if (!rehearses) {
        await transaction.tariff.update({ where: { tariffId }, data: { name, resting: true } });
        await transaction.$executeRaw`UPDATE charging SET version = version + 1`;
      }
      return isLocal ? `${renamed ?? name}: rests, it is for the very same prints` : renamed;
    });
  };
}
