import { create, type JsonObject } from '@bufbuild/protobuf';
import { DeleteLocationRequestSchema, LocationSchema, ListLocationsRequestSchema, UpdateLocationRequestSchema } from '@inkpost/contracts/admin/v1/locations_pb.js';
import type { SharedKind } from '@inkpost/shared-object/shared-kind.js';
import { freeName, nameAside } from '@inkpost/shared-object/step-aside.js';
import { bodyOf, orGone, settingsOf } from '@inkpost/shared-object/wire-body.js';
import type { PrismaClient } from '../gen/prisma/client.js';
import { locationLimits } from '../limits.js';
import type { LocationRpc } from '../locations/location.rpc.js';
import { type LocationStore, ROOT_LOCATION } from '../locations/location.store.js';
import { placeReference } from './references.js';

/** Places (WD-003): shared with the queues that stand there. Their paths follow from their names. */
export function locationKind(rpc: LocationRpc, store: LocationStore, prisma: PrismaClient): SharedKind {
  const body = ({ locationId, parentId, name }: { readonly locationId: string; readonly parentId: string | null; readonly name: string }): JsonObject =>
    bodyOf(LocationSchema, { locationId, parentId: parentId ?? '', name });
  return {
    kind: 'location',
    list: async (context) => (await rpc.listLocations(create(ListLocationsRequestSchema), context)).locations.map(({ locationId = '', path = '' }) => ({ objectId: locationId, name: path })),
    read: async (locationId) => {
      const location = await prisma.location.findUnique({ where: { locationId } });
      return location ? { name: location.path, body: body(location), needs: placeReference(location.parentId ?? '') } : undefined;
    },
    apply: async ({ objectId: locationId, body: given, isThere }, context) => {
      const { parentId, name } = settingsOf(LocationSchema, given);
      await (isThere ? rpc.updateLocation(create(UpdateLocationRequestSchema, { locationId, parentId, name }), context) : rpc.create(locationId, parentId, name, context));
    },
    delete: (locationId, context) => orGone(rpc.deleteLocation(create(DeleteLocationRequestSchema, { locationId }), context)),
    makeRoom: async ({ objectId, body: given }, serverName, rehearses) => {
      const { parentId, name } = settingsOf(LocationSchema, given);
      if (objectId === ROOT_LOCATION) return undefined;
      const inTheWay = await prisma.location.findFirst({ where: { parentId: parentId || ROOT_LOCATION, name, locationId: { not: objectId } } });
      if (!inTheWay) return undefined;
      // A / would stand between places.
      const wanted = (number: string) => nameAside(name, serverName.replaceAll('/', '-') + number, locationLimits.nameLengthMax);
      const free = await freeName(wanted, async (taken) => (await prisma.location.count({ where: { parentId: inTheWay.parentId, name: taken } })) > 0);
      if (!rehearses) await store.update(inTheWay.locationId, inTheWay.parentId ?? '', free);
      return free;
    },
  };
}
