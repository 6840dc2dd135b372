import type { Pool } from '@inkpost/postgres/pool.js';
import type { MasterKey } from '@inkpost/secrets/master-key.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { applyingPool } from './applying-pool.js';
import { ConfigurationRpc } from './configuration.rpc.js';
import type { SharedKind } from './shared-kind.js';
import { SharedObjectStore } from './shared-object.store.js';

export interface OwnerConfigurationParts {
  readonly pool: Pool;
  readonly masterKey: MasterKey;
  readonly log: Log;
  /** The owner's kinds, written over the sessions of this pool: its own, or those that apply what comes from a master. */
  readonly kindsOver: (pool: Pool) => readonly SharedKind[];
}

/** What an owner shares with its domain. What it is given of the master's is written by the very code that its administrators use, over sessions of its own. */
export class OwnerConfiguration {
  readonly rpc: ConfigurationRpc;
  /** For `withProvenance`. */
  readonly store: SharedObjectStore;
  private readonly pools: readonly Pool[];

  constructor({ pool, masterKey, log, kindsOver }: OwnerConfigurationParts) {
    const [applying, rehearsing] = [applyingPool(pool, 'on', log), applyingPool(pool, 'rehearsal', log)];
    this.pools = [applying, rehearsing];
    this.store = new SharedObjectStore(pool);
    this.rpc = new ConfigurationRpc({ store: this.store, kinds: { own: kindsOver(pool), applying: kindsOver(applying), rehearsing: kindsOver(rehearsing) }, masterKey, log });
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all(this.pools.map((pool) => pool.end()));
  }
}
