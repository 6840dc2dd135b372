import { create } from '@bufbuild/protobuf';
import { DeleteTariffRequestSchema, ListTariffsRequestSchema, PutTariffRequestSchema, TariffSchema } from '@inkpost/contracts/admin/v1/charging_pb.js';
import type { SharedKind } from '@inkpost/shared-object/shared-kind.js';
import { bodyOf, orGone, settingsOf } from '@inkpost/shared-object/wire-body.js';
import type { PrismaClient } from '../gen/prisma/client.js';
import type { TariffRpc } from '../tariffs/tariff.rpc.js';
import { queueReferences } from './references.js';
import { stepAside } from './step-aside.js';

/** Tariffs (WD-012). The currency is each server's own. */
export function tariffKind(rpc: TariffRpc, prisma: PrismaClient): SharedKind {
  return {
    kind: 'tariff',
    list: () => prisma.$queryRaw`SELECT id AS "objectId", name FROM tariff ORDER BY id`,
    read: async (tariffId, context) => {
      const { tariffs } = await rpc.listTariffs(create(ListTariffsRequestSchema), context);
      const tariff = tariffs.find((each) => each.tariffId === tariffId);
      return tariff && { name: tariff.name ?? '', body: bodyOf(TariffSchema, tariff), needs: queueReferences(tariff.queueId ?? '') };
    },
    apply: async ({ objectId: tariffId, body }, context) => {
      await rpc.putTariff(create(PutTariffRequestSchema, { tariff: { ...settingsOf(TariffSchema, body), tariffId } }), context);
    },
    delete: (tariffId, context) => orGone(rpc.deleteTariff(create(DeleteTariffRequestSchema, { tariffId }), context)),
    makeRoom: stepAside(prisma, 'tariff'),
  };
}
