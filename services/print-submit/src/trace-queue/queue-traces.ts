import { ConversationLog, type WriteLine } from '@inkpost/service/conversation-log.js';
import { RepeatedRound } from '@inkpost/service/repeated-round.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { traceLimits } from '../limits.js';
import type { QueueTraceStore } from './queue-trace.store.js';

const STOP_MS = 500;

/** Which queues' conversations with their printers are written down. Of any other nothing is kept, nor looked at. */
export class QueueTraces {
  private traced: ReadonlySet<string> = new Set();
  private forgotAtMs = -Infinity;
  private readonly lines: ConversationLog;
  private readonly rounds: RepeatedRound;

  constructor(
    private readonly store: QueueTraceStore,
    log: Log,
  ) {
    const { flushMs, waitingBytesMax } = traceLimits;
    this.lines = new ConversationLog({ append: (queueId, lines) => store.append(queueId, lines), mask: oneLine, flushMs, waitingBytesMax, log });
    const onError = (error: unknown): void => log.warning('traces not followed, tried again', { error });
    this.rounds = new RepeatedRound({ everyMs: traceLimits.roundMs, act: () => this.round(), onError });
  }

  /** Who writes down what is said with this queue's printer just now, if anybody does. */
  of(queueId: string): WriteLine | undefined {
    return this.traced.has(queueId) ? this.lines.of(queueId) : undefined;
  }

  start(): void {
    this.rounds.start();
  }

  async stop(): Promise<void> {
    await this.rounds.stop(STOP_MS);
    await this.lines.stop();
  }

  /** At once: a trace was started or stopped here. Other instances follow within a round. */
  async refresh(): Promise<void> {
    this.traced = new Set(await this.store.findTraced());
  }

  private async round(): Promise<void> {
    await this.refresh();
    if (performance.now() - this.forgotAtMs < traceLimits.forgottenEveryMs) return;
    await this.store.forgetOld();
    this.forgotAtMs = performance.now();
  }
}

/** A printer may say anything, at any length. */
function oneLine(line: string): string {
  const shown = line.slice(0, traceLimits.lineLengthMax).toWellFormed().replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ');
  return line.length <= traceLimits.lineLengthMax ? shown : `${shown}… (${line.length} characters)`;
}
