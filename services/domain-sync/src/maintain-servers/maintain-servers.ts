import { ConfigurationService } from '@inkpost/contracts/admin/v1/configuration_pb.js';
import { RepeatedRound } from '@inkpost/service/repeated-round.js';
import type { Log } from '@inkpost/telemetry/log.js';
import type { ObjectOwner, Owners } from '../call-owner/owners.js';
import type { KnownLog } from '../keep-log/known-log.js';
import { keyOf } from '../keep-log/log-entry.js';
import { MAINTENANCE_LOOK_MS } from '../limits.js';
import { ownerOfKind } from '../record-change/kind-owners.js';
import type { RecordChange } from '../record-change/record-change.js';
import { MAINTENANCE_ITEMS, type MaintenanceItem } from '../record-change/scheduled-kinds.js';
import type { KnownDomain } from '../watch-domain/known-domain.js';
import type { Maintenance, MaintenanceStore } from './maintenance.store.js';

const STOP_MS = 1_000;

export interface MaintainServersParts {
  readonly store: MaintenanceStore;
  readonly known: KnownDomain;
  readonly knownLog: KnownLog;
  readonly changes: RecordChange;
  readonly owners: Owners;
  readonly log: Log;
}

/** Replicates what goes by a schedule or on demand (WSC-016): all objects of a kind, as they are at that time. */
export class MaintainServers {
  private readonly round: RepeatedRound;
  /** Of the run that is planned next: how much later it begins. */
  private delay: { readonly planned: number; readonly ms: number } | undefined;

  constructor(private readonly parts: MaintainServersParts) {
    this.round = new RepeatedRound({ everyMs: MAINTENANCE_LOOK_MS, act: () => this.look(), onError: (error) => parts.log.warning('server maintenance not looked after, tried again', { error }) });
  }

  onApplicationBootstrap(): void {
    this.round.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.round.stop(STOP_MS);
  }

  /** The plan is otherwise, or the clock is. */
  now(): void {
    this.round.now();
  }

  /** `items` empty: those of the schedule. What went wrong is noted, not thrown. */
  async run(items: readonly MaintenanceItem[] = []): Promise<Maintenance> {
    const { store, log } = this.parts;
    const wanted = items.length > 0 ? items : (await store.get()).items;
    let [orders, problem] = [0, ''];
    try {
      for (const item of wanted) for (const kind of MAINTENANCE_ITEMS[item]) orders += await this.replicate(kind);
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
      log.warning('server maintenance did not end', { problem, orders });
    }
    await store.note(orders, problem);
    return store.get();
  }

  private async look(): Promise<void> {
    const { known, store } = this.parts;
    if (!known.isMaster) return;
    const { enabled, nextAt, everyMinutes } = await store.get();
    if (!enabled || !nextAt) return;
    const planned = nextAt.getTime();
    // Planned by a clock that was wrong: nothing is due so late.
    const isBeyond = planned > Date.now() + (everyMinutes + 1) * 60_000;
    // Sites whose schedules agree do not begin in the same second.
    if (this.delay?.planned !== planned) this.delay = { planned, ms: (known.current?.settings.transferDelaySeconds ?? 0) * 1_000 * Math.random() };
    if ((!isBeyond && Date.now() < planned + this.delay.ms) || !(await store.claim(nextAt))) return;
    await this.run();
  }

  /** Gives how many orders it made. */
  private async replicate(kind: string): Promise<number> {
    const owner = ownerOfKind(kind);
    if (!owner) return 0;
    const { owners, knownLog } = this.parts;
    const configuration = owners.client(ConfigurationService, owner);
    const { objects } = await configuration.listSharedObjects({ kind, includeLocal: true });
    const there = new Set(objects.map(keyOf));
    const gone = [...knownLog.state.entries()].filter((entry) => entry.kind === kind && entry.change === 'put' && !there.has(keyOf(entry)));
    for (const { objectId, provenance } of objects) if (provenance === 'local') await configuration.setShared({ kind, objectId, shared: true });
    return this.record(owner, [...objects, ...gone]);
  }

  private async record(owner: ObjectOwner, objects: readonly { readonly kind: string; readonly objectId: string }[]): Promise<number> {
    let orders = 0;
    for (const { kind, objectId } of objects) orders += Number(await this.parts.changes.record(owner, { kind, objectId }, 'maintenance'));
    return orders;
  }
}
