import { create } from '@bufbuild/protobuf';
import { DeleteTariffRequestSchema, ListTariffsRequestSchema, PutTariffRequestSchema, TariffSchema } from '@inkpost/contracts/admin/v1/charging_pb.js';
import type { SharedKind } from '@inkpost/shared-object/shared-kind.js';
import { bodyOf, orGone, settingsOf } from '@inkpost/shared-object/wire-body.js';
import type { PrismaClient } from '../gen/prisma/client.js';
import type { TariffRpc } from '../tariffs/tariff.rpc.js';
import { queueReferences } from './references.js';
import { makeRoomForTariff } from './make-room-for-tariff.js';

/** Tariffs (WD-012). The currency is each server's own. */
export function tariffKind(rpc: TariffRpc, prisma: PrismaClient): SharedKind {
  return {
    kind: 'tariff',
    list: () => prisma.$queryRaw`SELECT id AS "objectId", name FROM tariff ORDER BY id`,
    read: async (tariffId, context) => {
      const { tariffs } = await rpc.listTariffs(create(ListTariffsRequestSchema), context);
      const tariff = tariffs.find((each) => each.tariffId === tariffId);
      if (!tariff) return undefined;
      // Of one that came from the master, and rests since another of the master's came before its own: it differs from the master's until it is put again.
      const received = await prisma.$queryRaw<unknown[]>`SELECT 1 AS received FROM shared_object WHERE kind = 'tariff' AND object_id = ${tariffId} AND provenance = 'received'`;
      const resting = tariff.resting === true && received.length > 0;
      return { name: tariff.name ?? '', body: bodyOf(TariffSchema, { ...tariff, resting }), needs: queueReferences(tariff.queueId ?? '') };
    },
    apply: async ({ objectId: tariffId, body }, context) => {
      await rpc.putTariff(create(PutTariffRequestSchema, { tariff: { ...settingsOf(TariffSchema, body), tariffId } }), context);
    },
    delete: (tariffId, context) => orGone(rpc.deleteTariff(create(DeleteTariffRequestSchema, { tariffId }), context)),
    makeRoom: makeRoomForTariff(prisma),
  };
}
