import { ConfigurationService } from '@inkpost/contracts/admin/v1/configuration_pb.js';
import { RepeatedRound } from '@inkpost/service/repeated-round.js';
import type { Log } from '@inkpost/telemetry/log.js';
import type { ApplyOrders } from '../apply-orders/apply-orders.js';
import type { TakenOrderStore } from '../apply-orders/taken-order.store.js';
import { OBJECT_OWNERS, type Owners } from '../call-owner/owners.js';
import type { ProgressStore } from '../deliver-orders/progress.store.js';
import type { PushOrders } from '../deliver-orders/push-orders.js';
import type { SlaveDesk } from '../deliver-orders/slave-desk.js';
import type { Domain } from '../domain/domain.js';
import type { AskMaster } from '../exchange-orders/ask-master.js';
import type { KeepWaiting } from '../exchange-orders/keep-waiting.js';
import type { KnownLog } from '../keep-log/known-log.js';
import { keyOf } from '../keep-log/log-entry.js';
import { DOMAIN_LOOK_MS, NOTE_PROGRESS_MS, REFUSED_AGAIN_MS } from '../limits.js';
import type { RecordChange } from '../record-change/record-change.js';
import { isScheduled } from '../record-change/scheduled-kinds.js';
import { unrecorded } from '../record-change/unrecorded.js';
import type { KnownDomain } from './known-domain.js';

const STOP_MS = 1_000;

export interface ReplicationParts {
  readonly known: KnownDomain;
  readonly knownLog: KnownLog;
  readonly desk: SlaveDesk;
  readonly push: PushOrders;
  readonly ask: AskMaster;
  readonly waiting: KeepWaiting;
  readonly apply: ApplyOrders;
  readonly taken: TakenOrderStore;
  readonly progress: ProgressStore;
  readonly changes: RecordChange;
  readonly owners: Owners;
  /** The place of the master is being handed over: its owners take no changes. */
  readonly isHolding: () => boolean;
  readonly stopping: AbortController;
  readonly log: Log;
}

/** Keeps this server's part in its domain going, whatever role it has at the moment: looks for what changed, wakes who waits for it, and notes what was heard. */
export class Replication {
  private readonly rounds: readonly RepeatedRound[];
  private readonly look: RepeatedRound;
  private readonly applyAgain: RepeatedRound;
  private role: 'master' | 'slave' | 'single' = 'single';
  /** Where log and domain stood when slaves were last told. */
  private toldAt = '';
  private isFirstLook = true;
  private mode: Domain['settings']['mode'] | undefined;
  /** Epoch in which the owners were looked through for changes that nobody recorded. */
  private lookedThrough = 0;

  constructor(private readonly parts: ReplicationParts) {
    const round = (everyMs: number, what: string, act: () => Promise<void>): RepeatedRound =>
      new RepeatedRound({ everyMs, act, onError: (error) => parts.log.warning(`${what}, tried again`, { error }) });
    this.look = round(DOMAIN_LOOK_MS, 'the domain could not be looked after', () => this.lookAgain());
    this.applyAgain = round(REFUSED_AGAIN_MS, 'orders could not be applied', async () => (this.role === 'slave' ? parts.apply.run(parts.stopping.signal) : undefined));
    this.rounds = [
      this.look,
      round(NOTE_PROGRESS_MS, 'progress of slaves could not be noted', () => this.note()),
      this.applyAgain,
    ];
  }

  /** Something changed: the log, the domain, its members. */
  now(): void {
    this.look.now();
  }

  /** An owner may have something that nobody recorded, or take no changes that it should take. */
  lookThroughAgain(): void {
    this.lookedThrough = 0;
    this.look.now();
  }

  onApplicationBootstrap(): void {
    for (const round of this.rounds) round.start();
    this.parts.push.start();
    this.parts.ask.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.parts.stopping.abort();
    await Promise.all([this.parts.push.stop(), this.parts.ask.stop(), ...this.rounds.map((round) => round.stop(STOP_MS))]);
    await this.note().catch(() => undefined);
  }

  private async lookAgain(): Promise<void> {
    const { known, knownLog, desk, taken, ask } = this.parts;
    await known.refresh();
    const domain = known.current;
    const role = domain?.role ?? 'single';
    if (role !== 'master') {
      knownLog.forget();
      desk.forgetAllBut(new Set());
      this.mode = undefined;
    }
    const isNewSlave = role === 'slave' && this.role !== 'slave';
    if (isNewSlave) await taken.becomeSlave();
    this.role = role;
    if (isNewSlave) {
      this.applyAgain.now();
      ask.now();
    }
    if (domain?.role === 'master') await this.lookAsMaster(domain);
    this.isFirstLook = false;
  }

  private async lookAsMaster(domain: Domain): Promise<void> {
    const { known, knownLog, desk, push, waiting } = this.parts;
    await knownLog.refresh(domain.epoch);
    // Orders wait in memory: those of before this process are none.
    if (this.isFirstLook && domain.settings.storage === 'memory') desk.startFrom(knownLog.state.head);
    desk.forgetAllBut(new Set(known.members.keys()));
    const isMailboxNow = this.mode === 'bidirectional' && domain.settings.mode === 'mailbox';
    this.mode = domain.settings.mode;
    if (isMailboxNow) void push.tellLast();
    // Whoever read the log: an administrator who wants to know where an object stands reads it too.
    const standsAt = `${domain.domainId} ${domain.epoch} ${knownLog.state.head} ${domain.revision}`;
    if (this.toldAt !== standsAt) {
      this.toldAt = standsAt;
      push.wake();
      waiting.wake();
    }
    if (this.lookedThrough !== domain.epoch && !this.parts.isHolding() && (await this.lookThrough())) this.lookedThrough = domain.epoch;
  }

  /** Whatever changed while this server was no master, or told nobody, is recorded. False: an owner did not answer. */
  private async lookThrough(): Promise<boolean> {
    const { owners, knownLog, changes, log } = this.parts;
    try {
      for (const owner of OBJECT_OWNERS) {
        const configuration = owners.client(ConfigurationService, owner);
        const objects = (await configuration.listSharedObjects({ kind: '', includeLocal: false })).objects;
        // A hand-over that this process, or the one before, could not end.
        if (objects.some(({ provenance }) => provenance === 'received')) await configuration.keepObjects({ as: 'shared' });
        const entries = [...knownLog.state.entries()].filter((entry) => entry.owner === owner && entry.change === 'put');
        const there = new Set(objects.map(keyOf));
        const unsaid = unrecorded(objects, entries).filter((object) => !isScheduled(object.kind) || !there.has(keyOf(object)));
        for (const object of unsaid) await changes.record(owner, object, 'change');
      }
      return true;
    } catch (error) {
      log.info('owners not looked through yet', { error });
      return false;
    }
  }

  private async note(): Promise<void> {
    const { known, desk, progress } = this.parts;
    if (known.isMaster) await progress.note(desk.takeUnnoted());
  }
}
