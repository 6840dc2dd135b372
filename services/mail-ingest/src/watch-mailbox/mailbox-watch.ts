import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { context, type Meter, ROOT_CONTEXT } from '@opentelemetry/api';
import { WATCH_POLL_MS, WATCH_ROUNDS_APART_MS } from '../limits.js';
import { WATCH_STATES } from '../mailboxes/mailbox.js';
import { MailboxWatcher, type WatchState } from './mailbox-watcher.js';
import type { OpenableMailbox, OpenMailbox } from './open-mailbox.js';
import type { IntakeServices } from './source-intake.js';
import type { LeasedMailbox, WatchStore } from './watch.store.js';

interface Watched {
  readonly version: number;
  readonly traced: boolean;
  readonly watcher: MailboxWatcher;
  /** As last written. */
  reported: WatchState | undefined;
}

/** Runs a watcher for each mailbox that this replica holds the lease of, and follows what changes. */
export class MailboxWatch implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly holder = randomUUID();
  private readonly watched = new Map<string, Watched>();
  /** Of a mailbox, the watchers that are being stopped: the next one must not start beside them. */
  private readonly stopping = new Map<string, Promise<void>>();
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> = Promise.resolve();
  /** performance.now() */
  private nextRoundFrom = 0;
  private wanted = false;
  private stopped = false;
  private databaseAway = false;

  constructor(
    private readonly store: WatchStore,
    private readonly openMailbox: OpenMailbox,
    private readonly services: IntakeServices,
    meter: Meter,
  ) {
    meter.createObservableGauge('mailbox_watches', { description: 'Mailboxes that this replica watches, by state' }).addCallback((result) => {
      for (const state of WATCH_STATES) {
        result.observe([...this.watched.values()].filter(({ watcher }) => watcher.state.state === state).length, { state });
      }
    });
  }

  onApplicationBootstrap(): void {
    this.refresh();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.round;
    for (const id of this.watched.keys()) this.stopOne(id);
    await Promise.all(this.stopping.values());
    await this.store.release(this.holder).catch((error: unknown) => this.services.log.warning('leases not released, they run out by themselves', { error }));
  }

  /** Looks at once for what changed: a mailbox, or a watcher's state. */
  refresh(): void {
    if (this.stopped || this.wanted) return;
    this.wanted = true;
    clearTimeout(this.timer);
    // Not within the call that changed a mailbox: its trace ends with it.
    this.round = context.with(ROOT_CONTEXT, () => this.nextRound(this.round));
  }

  private async nextRound(roundBefore: Promise<void>): Promise<void> {
    await roundBefore;
    // When a server comes back, hundreds of its mailboxes change within a second: one round tells of all of them.
    const early = this.nextRoundFrom - performance.now();
    if (early > 0) await pause(early);
    this.wanted = false;
    await this.follow();
    this.nextRoundFrom = performance.now() + WATCH_ROUNDS_APART_MS;
    if (!this.wanted && !this.stopped) this.timer = setTimeout(() => this.refresh(), WATCH_POLL_MS);
  }

  private async follow(): Promise<void> {
    try {
      const leased = await this.store.lease(this.holder);
      this.stopAllBut(leased);
      const missing = leased.filter(({ id }) => !this.watched.has(id)).map(({ id }) => id);
      if (missing.length > 0) for (const mailbox of await this.store.load(missing)) this.start(mailbox);
      await this.report();
      this.databaseAway = false;
    } catch (error) {
      // The watchers go on: whatever comes in can't be recorded twice, whoever watches.
      if (!this.databaseAway) this.services.log.warning('mailboxes not followed, tried again', { error });
      this.databaseAway = true;
    }
  }

  private stopAllBut(leased: readonly LeasedMailbox[]): void {
    const wanted = new Map(leased.map((mailbox) => [mailbox.id, mailbox]));
    for (const [id, { version, traced }] of this.watched) {
      const next = wanted.get(id);
      // A trace begins with the greeting: it is begun, and ended, with a new connection.
      if (next?.version !== version || next.traced !== traced) this.stopOne(id);
    }
  }

  private stopOne(id: string): void {
    const watched = this.watched.get(id);
    if (!watched) return;
    this.watched.delete(id);
    this.stopping.set(id, this.stopAfter(id, watched.watcher, this.stopping.get(id)));
  }

  private async stopAfter(id: string, watcher: MailboxWatcher, before: Promise<void> | undefined): Promise<void> {
    await Promise.all([before, watcher.stop()]);
    this.stopping.delete(id);
    this.refresh();
  }

  private start(mailbox: OpenableMailbox & LeasedMailbox): void {
    // Its end calls for another round, which starts the next one.
    if (this.stopping.has(mailbox.id)) return;
    const watcher = new MailboxWatcher(mailbox, this.openMailbox, this.services, () => this.refresh());
    this.watched.set(mailbox.id, { version: mailbox.version, traced: mailbox.traced, watcher, reported: undefined });
  }

  private async report(): Promise<void> {
    const changed = new Map([...this.watched].filter(([, { watcher, reported }]) => watcher.state !== reported).map(([id, { watcher }]) => [id, watcher.state]));
    if (changed.size === 0) return;
    await this.store.report(this.holder, changed);
    for (const [id, state] of changed) {
      const watched = this.watched.get(id);
      if (watched) watched.reported = state;
    }
  }
}
