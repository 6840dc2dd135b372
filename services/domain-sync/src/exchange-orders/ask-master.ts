import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError } from '@connectrpc/connect';
import { type MasterMessage, ReplicationService, type SlaveMessage } from '@inkpost/contracts/domain/v1/replication_pb.js';
import type { Log } from '@inkpost/telemetry/log.js';
import type { FollowMaster } from '../apply-orders/follow-master.js';
import type { Domain, Member } from '../domain/domain.js';
import { APPLY_WAIT_MS, DOMAIN_LOOK_MS, DSP_CALL_MS, SILENCE_MS } from '../limits.js';
import type { DspClients } from '../reach-server/dsp-clients.js';
import type { KnownDomain } from '../watch-domain/known-domain.js';
import { failedPauseMs, holdMs, nextPatience, pauseMs } from './waits.js';

const STOP_MS = 1_000;

export interface AskMasterParts {
  readonly known: KnownDomain;
  readonly follow: FollowMaster;
  readonly clients: Pick<DspClients, 'clientFor'>;
  /** The clock. */
  readonly now: () => Date;
  /** The master doesn't answer. */
  readonly onUnreached: () => void;
  readonly log: Log;
}

/**
 * The slave's calls in mailbox mode (DOM-024): one at a time, open until the master has something to say. In bidirectional mode only after a long silence: the master
 * may not reach this server, or have set another mode meanwhile.
 */
export class AskMaster {
  private readonly stopped = new AbortController();
  private asking: Promise<void> = Promise.resolve();
  private failures = 0;
  /** How many times the usual time a call has, besides what the master keeps it: how large its answer is, and how slow the line, shows when it doesn't come. */
  private patience = 1;
  private lastProblem = '';
  /** What the last answer of the master came to: told with the next call. */
  private reply: SlaveMessage | undefined;
  private readonly startedAt = performance.now();
  private endPause: () => void = () => undefined;

  constructor(private readonly parts: AskMasterParts) {}

  /** Why the last call failed; empty: it did not. */
  get problem(): string {
    return this.lastProblem;
  }

  start(): void {
    this.asking = this.run();
  }

  /** Something is otherwise: the pause that is under way ends. */
  now(): void {
    this.endPause();
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    this.endPause();
    // An owner that doesn't answer holds nobody up; what it was given is applied after the next start.
    await Promise.race([this.asking, new Promise((resolve) => setTimeout(resolve, STOP_MS).unref())]);
  }

  private async pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.endPause = resolve;
    if (this.stopped.signal.aborted) resolve();
    await promise;
    clearTimeout(timer);
  }

  private async run(): Promise<void> {
    while (!this.stopped.signal.aborted) {
      const waitMs = await this.turn();
      await this.pause(waitMs);
    }
  }

  /** Gives the pause until the next one. Never throws. */
  private async turn(): Promise<number> {
    const { known } = this.parts;
    const [domain, master] = [known.current, known.members.get(known.current?.masterId ?? '')];
    if (!domain || !master || known.isMaster || !this.mayAsk(domain)) {
      this.reply = undefined;
      return DOMAIN_LOOK_MS;
    }
    try {
      const waitMs = await this.ask(domain, master);
      this.failures = 0;
      this.lastProblem = '';
      return waitMs;
    } catch (error) {
      this.reply = undefined;
      this.failures += 1;
      this.patience = nextPatience(this.patience, ConnectError.from(error).code === Code.DeadlineExceeded ? 'too-late' : 'failed');
      const problem = error instanceof Error ? error.message : String(error);
      if (problem !== this.lastProblem && !this.stopped.signal.aborted) this.parts.log.warning('master not reached', { problem });
      this.lastProblem = problem;
      // Perhaps another server is the master by now: others are asked.
      this.parts.onUnreached();
      return failedPauseMs(domain.settings, this.failures, Math.random());
    }
  }

  private mayAsk({ settings }: Domain): boolean {
    return settings.mode === 'mailbox' || performance.now() - Math.max(this.parts.follow.lastHeardElapsedMs, this.startedAt) > SILENCE_MS;
  }

  private async ask(domain: Domain, master: Member): Promise<number> {
    const { follow, clients } = this.parts;
    const began = performance.now();
    const hold = domain.settings.mode === 'mailbox' ? holdMs(domain.settings, Math.random()) : 0;
    const message = this.reply ?? (await follow.report());
    // What was made of the last answer waited meanwhile.
    if (message.figures) message.figures.now = timestampFromDate(this.parts.now());
    const answer = await clients.clientFor(ReplicationService, master).exchange({ message, holdMs: hold }, { timeoutMs: hold + DSP_CALL_MS * this.patience + APPLY_WAIT_MS, signal: this.stopped.signal });
    if (!answer.message) throw new Error('The answer bears no message.');
    const wasGivenSomething = saysSomething(answer.message);
    this.patience = nextPatience(this.patience, wasGivenSomething ? 'given' : 'at-rest');
    const reply = await follow.obey(answer.message, this.stopped.signal);
    // What it stands at is told at once; at rest it is asked for again when it is needed.
    this.reply = wasGivenSomething ? reply : undefined;
    return pauseMs(domain.settings, { beganMs: began, now: performance.now(), wasGivenSomething }, Math.random());
  }
}

function saysSomething({ batch, inventoryWanted, rehearsal }: MasterMessage): boolean {
  return batch !== undefined || inventoryWanted || rehearsal !== undefined;
}
