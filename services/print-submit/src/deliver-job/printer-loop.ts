import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Tracer } from '@opentelemetry/api';
import type { Log } from '@inkpost/telemetry/log.js';
import { inSpan } from '@inkpost/telemetry/telemetry.js';
import { deliveryLimits } from '../limits.js';
import type { OpenPrinter } from '../queues/open-printer.js';
import type { PrinterStore } from '../queues/printer.store.js';
import { Backoff } from './backoff.js';
import { Bell } from './bell.js';
import type { DeliveryResults } from './delivery-results.js';
import type { Delivery } from './delivery.js';
import { ASKED_BY_ANOTHER, type DocumentDelivery, type Standing } from './document-delivery.js';
import type { Look } from './follow-job.js';
import { FollowedJobs } from './followed-jobs.js';
import { judgeSilence, type WaitReason } from './judge-failure.js';
import { PrinterConnections } from './printer-connections.js';
import { SendWindow } from './send-window.js';

export interface LoopParts {
  readonly delivery: DocumentDelivery;
  readonly results: DeliveryResults;
  readonly printers: PrinterStore;
  readonly log: Log;
  readonly tracer: Tracer;
  readonly sendsMax: number;
  readonly openPrinter: OpenPrinter;
}

/** Why nothing is sent for a while. */
interface Trouble {
  readonly reason: WaitReason;
  readonly problem: string;
}

/** Waits for an answer to "what became of it?". */
type Unanswered = Pick<Extract<Standing, { kind: 'unanswered' }>, 'delivery' | 'asked'>;

/**
 * Delivers to one printer while it holds the printer's lease: sends what was released in its order, never two of one owner side by
 * side, and follows what the printer has. Printers know nothing of each other, so a stuck one blocks no other.
 */
export class PrinterLoop {
  /** A new one for each loop, so that what an earlier loop of this very process left behind is fenced off too. */
  readonly leaseToken = randomUUID();
  private readonly bell = new Bell();
  private readonly window: SendWindow;
  private readonly looks = new Backoff(deliveryLimits.lookMsFirst, deliveryLimits.lookMsMax);
  private readonly busy = new Backoff(deliveryLimits.busyMsFirst, deliveryLimits.busyMsMax);
  private readonly trouble = new Backoff(deliveryLimits.troubleMsFirst, deliveryLimits.troubleMsMax);
  private readonly tasks = new Set<Promise<void>>();
  /** Accounts by the job that is being sent for them. */
  private readonly sending = new Map<string, string>();
  private readonly following: FollowedJobs;
  /** Claimed in one round trip with others and not begun yet, in their order. */
  private ready: Delivery[] = [];
  private unanswered: Unanswered[] = [];
  private readonly connections: PrinterConnections;
  private waitsFor: Trouble | undefined;
  /** When to send or to look for work next, and since when there is none; in milliseconds of performance.now(). */
  private sendAtMs = 0;
  private idleSinceMs = performance.now();
  private woken = false;
  private readonly stopping = new AbortController();
  private failure: unknown;

  constructor(
    private readonly queueId: string,
    private readonly parts: LoopParts,
  ) {
    this.window = new SendWindow(parts.sendsMax);
    this.connections = new PrinterConnections(parts.openPrinter, queueId);
    this.following = new FollowedJobs({ results: parts.results, connections: this.connections, tracer: parts.tracer, leaseToken: this.leaseToken });
  }

  /** Something was released: look now. `afresh`: the queue's settings changed, so that an earlier trouble may be over. */
  wake(afresh = false): void {
    this.woken = true;
    if (afresh || this.waitsFor === undefined) this.sendAtMs = 0;
    this.looks.reset();
    this.bell.ring();
  }

  /** Something was released since it last looked. */
  get isWoken(): boolean {
    return this.woken;
  }

  /** Takes nothing more; `run` ends once what leaves has left, or after the time to drain. */
  stop(): void {
    this.stopping.abort();
    this.bell.ring();
  }

  /** Until there is nothing to do for a while, `stop`, or a failure of ours, which it rejects with. */
  async run(): Promise<void> {
    try {
      for (const delivery of await this.parts.results.store.takeOver(this.queueId, this.leaseToken)) this.takeUp(delivery);
      while (this.goesOn) {
        this.lookAtFollowed();
        await this.sendMore();
        if (this.idleMs() > deliveryLimits.lingerMs) break;
        await this.bell.wait(this.nextWaitMs());
      }
      if (this.failure === undefined) await this.putBackReady();
    } finally {
      await this.drain();
    }
    if (this.failure !== undefined) throw this.failure;
  }

  private takeUp(delivery: Delivery): void {
    if (delivery.phase === 'following') this.following.add(delivery, delivery.job.acceptedAt ?? new Date());
    else this.unanswered.push({ delivery, asked: ASKED_BY_ANOTHER });
  }

  private get goesOn(): boolean {
    return !this.stopping.signal.aborted && this.failure === undefined;
  }

  private get hasRoom(): boolean {
    return this.sending.size < this.window.size && this.sending.size + this.following.size < deliveryLimits.aheadMax;
  }

  private idleMs(): number {
    const isIdle = this.tasks.size + this.ready.length + this.following.size + this.unanswered.length === 0 && this.waitsFor === undefined;
    if (!isIdle) this.idleSinceMs = performance.now();
    return performance.now() - this.idleSinceMs;
  }

  /** What ends before rings the bell. */
  private nextWaitMs(): number {
    const canSend = this.unanswered.length > 0 ? this.tasks.size === 0 : this.hasRoom && this.ready.length === 0;
    const waitMs = Math.min(canSend ? this.sendAtMs : Number.POSITIVE_INFINITY, this.following.dueAtMs) - performance.now();
    return Math.min(Math.max(waitMs, 1), deliveryLimits.lookMsMax);
  }

  /** Work beside the loop; its failure ends the loop, and the next one finds everything in the database. */
  private start(work: () => Promise<void>): void {
    const task = work()
      .catch((error: unknown) => {
        this.failure ??= error;
      })
      .finally(() => {
        this.tasks.delete(task);
        this.bell.ring();
      });
    this.tasks.add(task);
  }

  private async sendMore(): Promise<void> {
    if (performance.now() < this.sendAtMs) return this.tellNewcomers();
    if (this.unanswered.length > 0) return this.askUnanswered();
    while (this.goesOn && this.hasRoom) {
      if (this.ready.length === 0 && !(await this.claim())) return;
      const accounts = new Set(this.sending.values());
      const next = this.ready.findIndex(({ job }) => !accounts.has(job.accountId));
      const [delivery] = next < 0 ? [] : this.ready.splice(next, 1);
      if (!delivery) return;
      this.send(delivery);
      // While a printer is in trouble one job tries it, and the others wait for how that goes.
      if (this.waitsFor) return;
    }
  }

  /** False: there is nothing to send now. */
  private async claim(): Promise<boolean> {
    for (;;) {
      this.woken = false;
      const limit = this.waitsFor ? 1 : this.window.size;
      this.ready = await this.parts.results.store.claim(this.queueId, this.leaseToken, [...this.sending.values()], limit);
      if (this.ready.length > 0) {
        this.looks.reset();
        return true;
      }
      // Woken while it looked: what woke it may have come too late to be seen.
      if (this.woken) continue;
      if (this.sending.size === 0) this.waitsFor = undefined;
      this.sendAtMs = performance.now() + this.looks.next();
      return false;
    }
  }

  /** What was released while the printer is in trouble says so at once, not only at the next try. */
  private async tellNewcomers(): Promise<void> {
    if (!this.woken || !this.waitsFor) return;
    this.woken = false;
    await this.parts.results.store.markWaiting(this.queueId, this.waitsFor.reason, this.waitsFor.problem);
  }

  private send(delivery: Delivery): void {
    const { job, attempt, expert } = delivery;
    this.window.limitTo(expert.documentsAtOnce);
    this.sending.set(job.jobId, job.accountId);
    const span = { ...(job.trace ? { traceparent: job.trace } : {}), attributes: { 'inkpost.job': job.jobId, 'inkpost.queue': job.queueId, attempt } };
    this.start(() =>
      inSpan(this.parts.tracer, 'deliver-job', span, async () => {
        const standing = await this.parts.delivery.deliver(this.connections.to(delivery), delivery, this.leaseToken, this.stopping.signal).finally(() => this.sending.delete(job.jobId));
        await this.settle(standing);
      }),
    );
  }

  private async askUnanswered(): Promise<void> {
    const [next, ...others] = this.unanswered;
    if (!next || this.tasks.size > 0) return;
    this.unanswered = others;
    const { delivery, asked } = next;
    await this.settle(await this.parts.delivery.ask(this.connections.to(delivery), delivery, this.leaseToken, asked));
  }

  /** What a delivery's end means for the next ones. */
  private async settle(standing: Standing): Promise<void> {
    switch (standing.kind) {
      case 'followed':
        await this.noteGood();
        this.window.noteAccepted({ kept: this.following.size + this.sending.size, finished: false });
        this.following.add(standing.delivery, standing.acceptedAt);
        return;
      case 'ended':
        await this.noteGood();
        if (standing.printed) this.window.noteAccepted({ kept: this.following.size + this.sending.size, finished: true });
        return;
      case 'back':
        return this.noteGood();
      case 'waits':
        return this.noteTrouble(standing);
      case 'unanswered':
        this.unanswered.push(standing);
        return this.noteTrouble(judgeSilence(standing.failure));
      case 'overtaken':
        this.parts.log.warning('delivery overtaken by another instance', { queueId: this.queueId });
        return;
      case 'left':
        return;
    }
  }

  private async noteGood(): Promise<void> {
    this.sendAtMs = 0;
    this.busy.reset();
    this.trouble.reset();
    if (this.waitsFor === undefined) return;
    const hadTrouble = this.waitsFor.reason !== 'printer-busy';
    this.waitsFor = undefined;
    await this.parts.results.store.clearWaiting(this.queueId);
    if (!hadTrouble) return;
    this.parts.log.info('printer works again', { queueId: this.queueId });
    await this.parts.printers.noteWorking(this.queueId);
  }

  /** Nothing is sent for a while: a busy printer is asked again soon, at once when it finished a job of ours. */
  private async noteTrouble({ reason, problem }: Trouble): Promise<void> {
    const isNew = this.waitsFor?.reason !== reason;
    this.waitsFor = { reason, problem };
    this.window.noteBusy();
    // Several that failed together make one pause, not one each.
    if (isNew || performance.now() >= this.sendAtMs) this.sendAtMs = performance.now() + (reason === 'printer-busy' ? this.busy : this.trouble).next();
    await this.putBackReady();
    await this.parts.results.store.markWaiting(this.queueId, reason, problem);
    if (reason === 'printer-busy' || !isNew) return;
    this.parts.log.warning('printer cannot be used, tried again', { queueId: this.queueId, reason, problem });
    await this.parts.printers.noteState(this.queueId, reason === 'printer-unreachable' ? 'unreachable' : 'stopped', problem);
  }

  private async putBackReady(): Promise<void> {
    const jobIds = this.ready.map(({ job }) => job.jobId);
    this.ready = [];
    if (jobIds.length > 0) await this.parts.results.store.putBack(jobIds, this.leaseToken);
  }

  private lookAtFollowed(): void {
    if (this.following.dueAtMs <= performance.now()) this.start(() => this.following.lookAtDue(() => this.goesOn, (look) => this.noteLook(look)));
  }

  private async noteLook(look: Look): Promise<void> {
    switch (look.kind) {
      case 'goes-on':
        // It answers again. Whatever else is wrong shows only when something is sent.
        if (this.waitsFor?.reason === 'printer-unreachable') await this.noteGood();
        return;
      case 'silent':
        return this.noteTrouble(judgeSilence(look.failure));
      case 'ended':
      case 'overtaken':
        // A printer that takes one job at a time is free now.
        if (this.waitsFor?.reason === 'printer-busy') this.sendAtMs = 0;
    }
  }

  /** What still leaves gets a moment; what is cut then is asked for by whoever delivers next. */
  private async drain(): Promise<void> {
    await this.settled(deliveryLimits.drainMs);
    this.connections.close();
    await this.settled(deliveryLimits.drainMs / 2);
  }

  private async settled(timeoutMs: number): Promise<void> {
    const over = new AbortController();
    const tooLate = pause(timeoutMs, undefined, { signal: over.signal }).catch(() => undefined);
    await Promise.race([Promise.allSettled(this.tasks), tooLate]);
    over.abort();
  }
}
