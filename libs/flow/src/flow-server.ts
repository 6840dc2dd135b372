import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import type { JsonValue } from '@bufbuild/protobuf';
import { Catch, type RpcExceptionFilter } from '@nestjs/common';
import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import { context, type Meter, ROOT_CONTEXT, SpanKind, type Tracer } from '@opentelemetry/api';
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { lastValueFrom, type Observable, throwError } from 'rxjs';
import { asFailure, CauseDown, Defect, type Failure, PermanentFailure } from '@inkpost/failure/failure.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { inSpan } from '@inkpost/telemetry/telemetry.js';
import type { FlowMessage } from './flow-client.js';
import { subjectsOf } from './flow-handlers.js';
import { type Envelope, REDIS_PREFIX } from './flow-names.js';
import type { FlowSender } from './flow-sender.js';
import { FLOW, type FlowService, type Subject } from './flow.js';
import { decodePayload } from './payload.js';
import { WaitingLine } from './waiting-line.js';

export interface FlowServerOptions {
  readonly service: FlowService;
  readonly redisUrl: string;
  readonly pool: Pool;
  readonly sender: FlowSender;
  readonly log: Log;
  readonly tracer: Tracer;
  readonly meter: Meter;
  /** Messages handled side by side. */
  readonly concurrency: number;
}

/** What flow.fail and flow.wait say about a message that was not handled. */
interface Retry {
  readonly outcome: 'retry' | 'dead' | 'closed';
  readonly delaySeconds: number;
  readonly tries: number;
  /** As it is in the database by now: what it holds sealed may have been sealed anew. */
  readonly payload?: JsonValue;
}

/** A killed worker's messages are taken up again after this time; handling a message is far shorter or renews the lock. */
const LOCK_MS = 5_000;

/** A stop waits this long for messages under way: a mail server or an examination may take a minute. */
const DRAIN_MS = 5_000;

/** Nest's transport for the data plane: one BullMQ queue per service, bound by the flow table. */
export class FlowServer extends Server implements CustomTransportStrategy {
  override readonly propagatesEventHandlerErrors = true;
  private worker: Worker<Envelope> | undefined;
  private connection: Redis | undefined;
  private readonly inHand = new Set<Promise<void>>();
  private readonly line: WaitingLine;
  private closing = false;
  private readonly duration;

  constructor(private readonly options: FlowServerOptions) {
    super();
    this.setTransportId(Symbol.for('inkpost.flow'));
    this.line = new WaitingLine(({ subject, envelope }) => options.sender.passOn({ ...envelope, subject, consumer: options.service, tries: 0 }));
    this.duration = options.meter.createHistogram('flow_step_duration', { unit: 's', description: 'Time to handle a message, by subject and outcome' });
  }

  /** Starts taking messages; refuses to start with a handler missing or double. */
  listen(callback: (error?: unknown) => void): void {
    try {
      this.checkHandlers();
      const { service, redisUrl, concurrency, log } = this.options;
      // The gateway consumes nothing: it needs no queue and no connection that waits on it.
      if (this.idle) return callback();
      // Blocking commands wait for as long as Redis is away.
      this.connection = new Redis(redisUrl, { maxRetriesPerRequest: null, retryStrategy: (times) => Math.min(times * 100, 1_000) });
      this.connection.on('error', (error) => log.debug('redis away', { error }));
      this.worker = new Worker<Envelope>(service, (job) => this.process(job.name, job.data), {
        connection: this.connection, prefix: REDIS_PREFIX, concurrency,
        lockDuration: LOCK_MS, stalledInterval: LOCK_MS, maxStalledCount: Number.MAX_SAFE_INTEGER, drainDelay: 5,
      });
      this.worker.on('error', (error) => log.debug('queue error, BullMQ goes on', { error }));
      callback();
    } catch (error) {
      callback(error);
    }
  }

  /**
   * Handles a message that a service of this process hands over itself, without the way through Redis, perhaps after a moment in line;
   * false when too many wait. What this process doesn't finish, the relay of its producer sends again.
   */
  take(subject: string, envelope: Envelope): boolean {
    if (!this.worker || this.closing) return false;
    if (this.inHand.size >= this.options.concurrency) return this.line.add({ subject, envelope });
    // Not within the producer's call: its span ends, and its caller waits.
    const handling: Promise<void> = nextTurn().then(() => context.with(ROOT_CONTEXT, () => this.process(subject, envelope))).finally(() => {
      this.inHand.delete(handling);
      const next = this.line.next();
      if (next) this.take(next.subject, next.envelope);
    });
    this.inHand.add(handling);
    return true;
  }

  /** Takes nothing more and waits for what is being handled, for a time: what takes longer is handled again elsewhere or later. */
  async close(): Promise<void> {
    this.closing = true;
    this.line.clear();
    const drained = Promise.all([this.worker?.close(), ...this.inHand]).then(() => true);
    const inTime = await Promise.race([drained, pause(DRAIN_MS, false, { ref: false })]);
    if (!inTime) this.options.log.warning('messages under way left behind, they are handled again');
    this.connection?.disconnect();
  }

  get running(): boolean {
    return this.idle || (this.worker?.isRunning() ?? false);
  }

  on(): never {
    throw new Error('The flow server emits no events of its own; read its log and metrics.');
  }

  unwrap(): never {
    throw new Error('The BullMQ worker is the flow server\'s own.');
  }

  private get idle(): boolean {
    return subjectsOf(this.options.service).length === 0;
  }

  private checkHandlers(): void {
    const wanted = subjectsOf(this.options.service);
    const bound = [...this.messageHandlers.keys()];
    const missing = wanted.filter((subject) => !bound.includes(subject));
    const foreign = bound.filter((subject) => !wanted.some((name) => name === subject));
    const double = bound.filter((subject) => this.messageHandlers.get(subject)?.next !== undefined);
    if (missing.length + foreign.length + double.length > 0) {
      throw new Error(`${this.options.service}: missing handlers [${missing.join()}], foreign [${foreign.join()}], double [${double.join()}]`);
    }
  }

  private async process(subject: string, envelope: Envelope): Promise<void> {
    const startedAt = performance.now();
    const { id, trace, journeyId } = envelope;
    const attributes = { 'messaging.system': 'bullmq', 'messaging.destination.name': this.options.service, 'messaging.message.id': id, 'inkpost.message': journeyId };
    const span = { kind: SpanKind.CONSUMER, attributes, ...(trace ? { traceparent: trace } : {}) };
    await inSpan(this.options.tracer, subject, span, async () => {
      const outcome = await this.handle(subject, envelope).then(
        () => 'done',
        (error: unknown) => this.recordFailure(subject, envelope, asFailure(error)),
      );
      const durationMs = performance.now() - startedAt;
      this.duration.record(durationMs / 1_000, { subject, outcome });
      if (outcome === 'done') this.options.log.info('message handled', { subject, journeyId, durationMs: Math.round(durationMs) });
    });
  }

  private async handle(name: string, envelope: Envelope): Promise<void> {
    const handler = this.messageHandlers.get(name);
    if (!handler || !(name in FLOW)) throw new Defect('flow.subject-unknown', `No handler for "${name}".`, { fields: { subject: name } });
    const subject = name as Subject;
    const message: FlowMessage = { id: envelope.id, subject, journeyId: envelope.journeyId, payload: decodePayload(subject, envelope.payload) };
    const result: unknown = await handler(message, undefined);
    await lastValueFrom(this.transformToObservable(result), { defaultValue: undefined });
  }

  /** Postgres counts; BullMQ only carries. When Postgres is away too, the relay finds the row still open. */
  private async recordFailure(subject: string, envelope: Envelope, failure: Failure): Promise<string> {
    const { log, pool, sender, service } = this.options;
    const facts = { subject, messageId: envelope.id, journeyId: envelope.journeyId, error: failure };
    const waits = failure instanceof CauseDown;
    const final = failure instanceof PermanentFailure || failure instanceof Defect;
    if (failure instanceof Defect) log.error('message not handled: our mistake', facts);
    // What is expected needs no stack: the journey and the troubled messages show it too.
    else if (waits) log.info('message waits for a cause outside', { ...facts, error: undefined, code: failure.code, reason: failure.message });
    else log.warning('message not handled', facts);
    try {
      const reason = `${failure.code}: ${failure.message}`;
      const [row] = waits
        ? await query<{ result: Retry }>(pool, 'flow.wait', 'SELECT flow.wait($1, $2) AS result', [envelope.id, reason])
        : await query<{ result: Retry }>(pool, 'flow.fail', 'SELECT flow.fail($1, $2, $3) AS result', [envelope.id, reason, final]);
      if (row?.result.outcome === 'dead') log.error('message given up, an administrator may send it again', facts);
      if (row?.result.outcome === 'retry') {
        const { id, journeyId, trace } = envelope;
        const payload = row.result.payload ?? envelope.payload;
        sender.handOver([{ id, journeyId, payload, trace, subject, consumer: service, tries: row.result.tries, delayMs: row.result.delaySeconds * 1_000 }]);
      }
      return row?.result.outcome ?? 'closed';
    } catch (error) {
      log.warning('failure not recorded, the relay sends the message again', { ...facts, recordError: error });
      return 'unrecorded';
    }
  }
}

/** Lets a handler's own failure reach the flow server; Nest's default filter would turn it into "Internal server error". */
@Catch()
export class FlowFailureFilter implements RpcExceptionFilter {
  catch(exception: unknown): Observable<never> {
    return throwError(() => exception);
  }
}
