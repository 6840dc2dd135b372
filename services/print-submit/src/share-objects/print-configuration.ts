import { PrismaPg } from '@prisma/adapter-pg';
import { type Pool, sqlName } from '@inkpost/postgres/pool.js';
import type { MasterKey } from '@inkpost/secrets/master-key.js';
import { applyingPool } from '@inkpost/shared-object/applying-pool.js';
import { ConfigurationRpc } from '@inkpost/shared-object/configuration.rpc.js';
import type { SharedKind } from '@inkpost/shared-object/shared-kind.js';
import { SharedObjectStore } from '@inkpost/shared-object/shared-object.store.js';
import type { Log } from '@inkpost/telemetry/log.js';
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

export interface PrintConfigurationParts {
  readonly pool: Pool;
  readonly masterKey: MasterKey;
  readonly charging: KnownCharging;
  readonly log: Log;
  /** As of queues that administrators change. */
  readonly onQueueChanged: (queueId: string) => void;
}

/** What print-submit shares with its domain; what it is given of the master's is written by the very code that administrators use, over sessions of its own. */
export class PrintConfiguration {
  readonly rpc: ConfigurationRpc;
  private readonly prismas: PrismaClient[] = [];
  private readonly pools: Pool[];

  constructor(private readonly parts: PrintConfigurationParts) {
    const { pool, masterKey, log } = parts;
    const [applying, rehearsing] = [applyingPool(pool, 'on', log), applyingPool(pool, 'rehearsal', log)];
    this.pools = [applying, rehearsing];
    const kinds = { own: this.kinds(pool), applying: this.kinds(applying), rehearsing: this.kinds(rehearsing) };
    this.rpc = new ConfigurationRpc({ store: new SharedObjectStore(pool), kinds, masterKey, log });
  }

  async stop(): Promise<void> {
    await Promise.all(this.prismas.map((prisma) => prisma.$disconnect()));
    await Promise.all(this.pools.map((pool) => pool.end()));
  }

  private kinds(pool: Pool): SharedKind[] {
    const { charging, onQueueChanged } = this.parts;
    const prisma = new PrismaClient({ adapter: new PrismaPg(pool, { schema: sqlName('print-submit') }) });
    this.prismas.push(prisma);
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
}
