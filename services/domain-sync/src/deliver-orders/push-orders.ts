import { ReplicationService } from '@inkpost/contracts/domain/v1/replication_pb.js';
import { RepeatedRound } from '@inkpost/service/repeated-round.js';
import type { Log } from '@inkpost/telemetry/log.js';
import type { Domain, Member } from '../domain/domain.js';
import { APPLY_WAIT_MS, DSP_CALL_MS, HEARTBEAT_MS, PUSHES_AT_ONCE } from '../limits.js';
import type { DspClients } from '../reach-server/dsp-clients.js';
import type { KnownDomain } from '../watch-domain/known-domain.js';
import { isCalled } from './is-called.js';
import { pushAgainMs } from './push-pauses.js';
import type { SlaveDesk } from './slave-desk.js';

/** How often it is looked whose heartbeat or next try is due: nothing but a look at the clock. */
const LOOK_MS = 1_000;
const STOP_MS = 1_000;
const LAST_WORD_MS = 5_000;

interface Pushed {
  busy: boolean;
  /** Something may be new since the last look. */
  wanted: boolean;
  /** It is to be spoken to even if there is nothing to say. */
  asked: boolean;
  failures: number;
  /** The next heartbeat, or the next try after a failure. */
  dueAt: number;
  failing: boolean;
  problem: string;
}

export interface PushOrdersParts {
  readonly known: KnownDomain;
  readonly desk: SlaveDesk;
  readonly clients: Pick<DspClients, 'clientFor'>;
  readonly log: Log;
}

/** The master's calls, mostly in bidirectional mode (DOM-023): at once when something is new, and a heartbeat else. One slave that doesn't answer holds up no other. */
export class PushOrders {
  private readonly slaves = new Map<string, Pushed>();
  private readonly queue: string[] = [];
  private underWay = 0;
  private readonly stopped = new AbortController();
  private readonly round: RepeatedRound;
  /** The epoch in which this server is the master, and since when in this process's time. */
  private reign = { epoch: 0, since: 0 };

  constructor(private readonly parts: PushOrdersParts) {
    const onError = (error: unknown): void => parts.log.warning('slaves not looked after, tried again', { error });
    this.round = new RepeatedRound({ everyMs: LOOK_MS, act: async () => this.look(), onError });
  }

  start(): void {
    this.round.start();
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.round.stop(STOP_MS);
  }

  /** The log grew, or an administrator wants something said: to all, or to one, who is called even if the last calls failed. */
  wake(serverId?: string): void {
    const called = this.called();
    for (const member of serverId === undefined ? called : called.filter((slave) => slave.serverId === serverId)) {
      const slave = this.slave(member.serverId);
      slave.wanted = true;
      if (serverId !== undefined) Object.assign(slave, { failing: false, asked: true });
      this.call(member.serverId, slave);
    }
  }

  /** Slaves call by themselves from now on (DOM-024): each is told once. Who isn't reached finds out when it has heard nothing for long, or when it asks what changed. */
  async tellLast(): Promise<void> {
    const { known, desk, clients } = this.parts;
    const { current, slaves } = known;
    if (!current) return;
    const message = desk.greeting(current);
    for (let at = 0; at < slaves.length && !this.stopped.signal.aborted; at += PUSHES_AT_ONCE) {
      await Promise.allSettled(slaves.slice(at, at + PUSHES_AT_ONCE).map(async (member) => clients.clientFor(ReplicationService, member).deliver({ message }, { timeoutMs: LAST_WORD_MS, signal: this.stopped.signal })));
    }
  }

  /** Why the last call failed; empty: it did not. */
  problemOf(serverId: string): string {
    return this.slaves.get(serverId)?.problem ?? '';
  }

  /** Whether this server is the master and calls this one. */
  private calls(member: Member): boolean {
    const { known: { current }, desk } = this.parts;
    if (this.stopped.signal.aborted || !current || !desk.isOpen()) return false;
    if (this.reign.epoch !== current.epoch) this.reign = { epoch: current.epoch, since: performance.now() };
    return isCalled(member, { mode: current.settings.mode, sinceMs: performance.now() - this.reign.since, hasHeard: (serverId) => desk.heardOf(serverId).heard !== undefined });
  }

  private called(): Member[] {
    return this.parts.known.slaves.filter((member) => this.calls(member));
  }

  private look(): void {
    const called = this.called();
    const ids = new Set(called.map(({ serverId }) => serverId));
    for (const serverId of this.slaves.keys()) if (!ids.has(serverId)) this.slaves.delete(serverId);
    const now = performance.now();
    for (const { serverId } of called) {
      const slave = this.slave(serverId);
      if (slave.dueAt > now) continue;
      slave.failing = false;
      this.call(serverId, slave);
    }
  }

  private call(serverId: string, slave: Pushed): void {
    if (slave.busy || slave.failing) return;
    slave.busy = true;
    this.queue.push(serverId);
    this.callNext();
  }

  private callNext(): void {
    while (this.underWay < PUSHES_AT_ONCE) {
      const serverId = this.queue.shift();
      if (serverId === undefined) return;
      this.underWay += 1;
      void this.serve(serverId).finally(() => {
        this.underWay -= 1;
        this.callNext();
      });
    }
  }

  /** Says what there is to say until there is nothing more. Never throws. */
  private async serve(serverId: string): Promise<void> {
    const slave = this.slave(serverId);
    try {
      do {
        slave.wanted = false;
        const [domain, member] = [this.parts.known.current, this.parts.known.members.get(serverId)];
        if (!domain || !member || !this.calls(member)) return;
        if (!(await this.sayOnce(domain, member, slave))) break;
      } while (!this.stopped.signal.aborted);
    } catch (error) {
      slave.failures += 1;
      slave.failing = true;
      slave.dueAt = performance.now() + pushAgainMs(slave.failures, Math.random());
      const problem = error instanceof Error ? error.message : String(error);
      if (slave.problem !== problem && !this.stopped.signal.aborted) this.parts.log.warning('slave not reached', { serverId, problem });
      slave.problem = problem;
    } finally {
      slave.busy = false;
      if (slave.wanted) this.call(serverId, slave);
    }
  }

  /** Gives whether there may be more to say. */
  private async sayOnce(domain: Domain, member: Member, slave: Pushed): Promise<boolean> {
    const { desk, clients } = this.parts;
    const { serverId } = member;
    const { message, againInMs } = await desk.say(domain, member);
    const isHeartbeat = !message && (slave.asked || slave.dueAt <= performance.now());
    if (againInMs !== undefined && !isHeartbeat) {
      slave.dueAt = Math.min(slave.dueAt, performance.now() + againInMs);
      return false;
    }
    if (!message && !isHeartbeat) return false;
    slave.asked = false;
    const before = desk.heardOf(serverId).heard;
    const answer = await clients.clientFor(ReplicationService, member).deliver({ message: message ?? desk.greeting(domain) }, { timeoutMs: APPLY_WAIT_MS + DSP_CALL_MS, signal: this.stopped.signal });
    if (!answer.message) throw new Error('The answer bears no message.');
    desk.hear(serverId, answer.message);
    Object.assign(slave, { failures: 0, problem: '', dueAt: performance.now() + HEARTBEAT_MS * (0.9 + 0.1 * Math.random()) });
    const after = desk.heardOf(serverId).heard;
    const isStuck = message?.batch !== undefined && !message.batch.snapshot && before?.position === after?.position;
    // It answered, and did not take what was sent: no reason to send it again at once.
    if (isStuck) throw new Error('The server did not take what it was sent.');
    return !isHeartbeat || againInMs === undefined;
  }

  private slave(serverId: string): Pushed {
    let slave = this.slaves.get(serverId);
    if (!slave) {
      // A new one is called at once.
      slave = { busy: false, wanted: false, asked: false, failures: 0, dueAt: 0, failing: false, problem: '' };
      this.slaves.set(serverId, slave);
    }
    return slave;
  }
}
