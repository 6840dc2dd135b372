import { setTimeout as pause } from 'node:timers/promises';
import { fromBinary } from '@bufbuild/protobuf';
import { MembershipSchema, MembershipService } from '@inkpost/contracts/domain/v1/admission_pb.js';
import { type MasterMessage, ReplicationService, type SlaveMessage } from '@inkpost/contracts/domain/v1/replication_pb.js';
import { DEFAULT_SETTINGS, type DomainSettings } from '@inkpost/domain-sync/domain/domain.js';
import { failedPauseMs, holdMs, pauseMs } from '@inkpost/domain-sync/exchange-orders/waits.js';
import { DOMAIN_LOOK_MS, DSP_CALL_MS, REPORT_AGAIN_MS, REPORT_EVERY_MS, REPORT_JITTER_MS, SILENCE_MS } from '@inkpost/domain-sync/limits.js';
import { spreadMs } from '@inkpost/domain-sync/report-figures/spread.js';
import type { DspCaller } from './dsp-caller.js';
import type { SimulatedSlave } from './simulated-slave.js';

/** The loops of one slave: its report now and then in both modes, and its requests in mailbox mode or after a long silence, with the pauses that the product itself computes. */
export class SlaveLife {
  failures = 0;
  private readonly over = new AbortController();
  private cut = new AbortController();
  private deaf = false;
  private isReporting = false;
  private later: { readonly at: number; readonly timer: NodeJS.Timeout } | undefined;
  private heardAt = Date.now();

  constructor(
    private readonly slave: SimulatedSlave,
    private readonly caller: DspCaller,
    private readonly members: number,
  ) {}

  get isDeaf(): boolean {
    return this.deaf;
  }

  start(): void {
    void this.reportForEver();
    void this.askForEver();
  }

  stop(): void {
    this.over.abort();
    clearTimeout(this.later?.timer);
    this.caller.hangUp();
  }

  setDeaf(deaf: boolean): void {
    this.deaf = deaf;
    if (!deaf) this.cut = new AbortController();
    else {
      this.cut.abort();
      this.caller.hangUp();
    }
  }

  /** What the master says in its own call. */
  obey(message: MasterMessage): SlaveMessage {
    this.heardAt = Date.now();
    const { reply, isBehind } = this.slave.obey(message);
    if (isBehind) this.reportIn(spreadMs(this.members, Math.random()));
    return reply;
  }

  private reportIn(ms: number): void {
    const at = Date.now() + ms;
    if (this.isReporting || this.over.signal.aborted || (this.later && this.later.at <= at)) return;
    clearTimeout(this.later?.timer);
    this.later = { at, timer: setTimeout(() => void this.reportNow(), ms) };
  }

  private async reportNow(): Promise<void> {
    this.later = undefined;
    this.isReporting = true;
    const isDone = await this.report().then(() => true, () => false);
    this.isReporting = false;
    if (isDone) return;
    this.fail();
    this.reportIn(REPORT_AGAIN_MS * (1 + Math.random()));
  }

  private async report(): Promise<void> {
    if (this.deaf) return;
    const { slave, caller } = this;
    const { membership } = await caller.call(MembershipService.method.report, { figures: { name: 'Simulated', version: '0', load: 0.1, uptimeSeconds: 1n, diskFreeBytes: 1n, diskSizeBytes: 2n }, revision: BigInt(slave.revision), hasAuthorityKey: false }, DSP_CALL_MS, this.cut.signal);
    if (membership.length === 0) return;
    const { revision, settings } = fromBinary(MembershipSchema, membership);
    slave.revision = Number(revision);
    slave.settings = { ...DEFAULT_SETTINGS, ...(JSON.parse(settings) as Partial<DomainSettings>) };
  }

  private async reportForEver(): Promise<void> {
    const everyMs = REPORT_EVERY_MS + Math.random() * REPORT_JITTER_MS;
    // Servers were started at any time.
    await this.wait(Math.random() * everyMs);
    while (!this.over.signal.aborted) {
      this.reportIn(0);
      await this.wait(everyMs);
    }
  }

  private async askForEver(): Promise<void> {
    let reply: SlaveMessage | undefined;
    for (let failures = 0; !this.over.signal.aborted; ) {
      const isCalled = this.slave.settings.mode === 'bidirectional' && Date.now() - this.heardAt <= SILENCE_MS;
      if (isCalled || this.deaf) {
        reply = undefined;
        await this.wait(DOMAIN_LOOK_MS * Math.random());
        continue;
      }
      try {
        const began = Date.now();
        const answer = await this.ask(reply ?? this.slave.report());
        failures = 0;
        const wasGivenSomething = answer.batch !== undefined || answer.inventoryWanted;
        const next = this.obey(answer);
        reply = wasGivenSomething ? next : undefined;
        await this.wait(pauseMs(this.slave.settings, { beganMs: began, now: Date.now(), wasGivenSomething }, Math.random()));
      } catch {
        reply = undefined;
        failures += 1;
        this.fail();
        await this.wait(failedPauseMs(this.slave.settings, failures, Math.random()));
      }
    }
  }

  private async ask(message: SlaveMessage): Promise<MasterMessage> {
    const { slave, caller } = this;
    const hold = slave.settings.mode === 'mailbox' ? holdMs(slave.settings, Math.random()) : 0;
    if (Number(message.position) === slave.state.position) slave.acknowledgedAt ||= Date.now();
    const answer = await caller.call(ReplicationService.method.exchange, { message, holdMs: hold }, hold + DSP_CALL_MS, this.cut.signal);
    if (!answer.message) throw new Error('The answer bears no message.');
    return answer.message;
  }

  private fail(): void {
    if (!this.over.signal.aborted && !this.deaf) this.failures += 1;
  }

  private async wait(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.over.signal }).catch(() => undefined);
  }
}
