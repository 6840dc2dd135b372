import { PrismaPg } from '@prisma/adapter-pg';
import { type Pool, sqlName } from '@inkpost/postgres/pool.js';
import type { SharedKind } from '@inkpost/shared-object/shared-kind.js';
import { FilterRpc } from '../filters/filter.rpc.js';
import { FilterStore } from '../filters/filter.store.js';
import { PrismaClient } from '../gen/prisma/client.js';
import { LocationRpc } from '../locations/location.rpc.js';
import { LocationStore } from '../locations/location.store.js';
import { QueueGroupRpc } from '../queue-groups/group.rpc.js';
import { GroupStore } from '../queue-groups/group.store.js';
import { QueueRpc } from '../queues/queue.rpc.js';
import { QueueStore } from '../queues/queue.store.js';
import { ReleaseProfileRpc } from '../release-profiles/release-profile.rpc.js';
import { ReleaseProfileStore } from '../release-profiles/release-profile.store.js';
import { ChargingChange } from '../tariffs/charging-change.js';
import type { KnownCharging } from '../tariffs/known-charging.js';
import { TariffRpc } from '../tariffs/tariff.rpc.js';
import { TariffStore } from '../tariffs/tariff.store.js';
import { filterKind } from './filter-kind.js';
import { locationKind } from './location-kind.js';
import { queueGroupKind } from './queue-group-kind.js';
import { queueKind } from './queue-kind.js';
import { defaultReleaseProfileKind, releaseProfileKind } from './release-profile-kind.js';
import { tariffKind } from './tariff-kind.js';

/** What print-submit shares with its domain. `onQueueChanged`: as of queues that administrators change. */
export function printKinds(pool: Pool, charging: KnownCharging, onQueueChanged: (queueId: string) => void): readonly SharedKind[] {
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool, { schema: sqlName('print-submit') }) });
  const changes = new ChargingChange(prisma, charging);
  const locations = new LocationStore(prisma);
  const profiles = new ReleaseProfileRpc(new ReleaseProfileStore(prisma, pool));
  return [
    locationKind(new LocationRpc(locations), locations, prisma),
    queueKind(new QueueRpc(new QueueStore(prisma, changes), onQueueChanged), prisma),
    queueGroupKind(new QueueGroupRpc(new GroupStore(prisma, changes)), prisma),
    tariffKind(new TariffRpc(new TariffStore(prisma, changes), charging), prisma),
    filterKind(new FilterRpc(new FilterStore(prisma, changes), charging), prisma, changes),
    releaseProfileKind(profiles, prisma),
    defaultReleaseProfileKind(profiles, prisma),
  ];
}
