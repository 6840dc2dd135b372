import { create } from '@bufbuild/protobuf';
import { DeleteFilterRequestSchema, FilterSchema, ListFiltersRequestSchema, PutFilterRequestSchema } from '@inkpost/contracts/admin/v1/charging_pb.js';
import type { SharedKind } from '@inkpost/shared-object/shared-kind.js';
import { bodyOf, orGone, settingsOf } from '@inkpost/shared-object/wire-body.js';
import type { FilterRpc } from '../filters/filter.rpc.js';
import { masterPosition } from '../filters/filter.store.js';
import type { PrismaClient } from '../gen/prisma/client.js';
import type { ChargingChange } from '../tariffs/charging-change.js';
import { queueReferences } from './references.js';
import { stepAside } from './step-aside.js';

/** Filters (WD-013), with their order: those of the master come before a slave's own. */
export function filterKind(rpc: FilterRpc, prisma: PrismaClient, changes: ChargingChange): SharedKind {
  return {
    kind: 'filter',
    list: () => prisma.$queryRaw`SELECT id AS "objectId", name FROM filter ORDER BY id`,
    read: async (filterId, context) => {
      const row = await prisma.filter.findUnique({ where: { filterId } });
      const { filters } = await rpc.listFilters(create(ListFiltersRequestSchema), context);
      const filter = filters.find((each) => each.filterId === filterId);
      if (!row || !filter) return undefined;
      const { name, when, action } = create(FilterSchema, filter);
      return {
        name, body: { filter: bodyOf(FilterSchema, filter), position: masterPosition.of(row.position) }, needs: queueReferences(...(when?.queueIds ?? []), action?.queueId ?? ''),
      };
    },
    apply: async ({ objectId: filterId, body }, context) => {
      const { filter: given, position } = body;
      const filter = { ...settingsOf(FilterSchema, typeof given === 'object' && given !== null && !Array.isArray(given) ? given : {}), filterId };
      await rpc.putFilter(create(PutFilterRequestSchema, { filter }), context);
      if (typeof position === 'number') await changes.make((transaction) => transaction.filter.update({ where: { filterId }, data: { position: masterPosition.here(position) } }));
    },
    delete: (filterId, context) => orGone(rpc.deleteFilter(create(DeleteFilterRequestSchema, { filterId }), context)),
    makeRoom: stepAside(prisma, 'filter'),
  };
}
