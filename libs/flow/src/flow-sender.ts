import { once } from 'node:events';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import type { Log } from '@inkpost/telemetry/log.js';
import { type Envelope, queueJobId, REDIS_PREFIX } from './flow-names.js';

export interface Delivery extends Omit<Envelope, 'sentAt'> {
  readonly subject: string;
  readonly consumer: string;
  readonly tries: number;
  readonly delayMs?: number;
}

/** Takes a message for a service of this process; false when it can't be handled within a moment. */
export type LocalHand = (subject: string, envelope: Envelope) => boolean;

/** Of the services that run in this process, by their names. */
export type LocalHands = Map<string, LocalHand>;

/**
 * Hands messages to their consumers: to one of this process that has a hand free soon directly, else to its BullMQ queue. Never the truth:
 * what fails here, the relay sends again from Postgres.
 */
export class FlowSender {
  private readonly connection: Redis;
  private readonly queues = new Map<string, Queue<Envelope>>();
  private readonly underWay = new Set<Promise<unknown>>();
  private reachable = true;

  constructor(
    redisUrl: string,
    private readonly log: Log,
    private readonly hands: LocalHands = new Map(),
  ) {
    // Fail at once while Redis is away instead of queueing in memory: the relay's turn comes.
    this.connection = new Redis(redisUrl, { enableOfflineQueue: false, maxRetriesPerRequest: 0, retryStrategy: (times) => Math.min(times * 100, 1_000) });
    this.connection.on('error', (error) => this.markUnreachable(error));
    this.connection.on('ready', () => {
      this.reachable = true;
    });
  }

  /** Waits until Redis answers, or for `timeoutMs`: a start goes on without it, the relay sends later. */
  async waitForRedis(timeoutMs: number): Promise<void> {
    if (this.connection.status === 'ready') return;
    await once(this.connection, 'ready', { signal: AbortSignal.timeout(timeoutMs) }).catch(() => this.log.warning('redis away at the start'));
  }

  /** Fire and forget, right after the commit; `stop` waits for what is under way. */
  handOver(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries) {
      if (!this.handsLocally(delivery)) this.passOn(delivery);
    }
  }

  /** As `handOver`, but by Redis, whoever runs in this process. */
  passOn(delivery: Delivery): void {
    const sending = this.send(delivery).catch((error: unknown) => this.markUnreachable(error)).finally(() => this.underWay.delete(sending));
    this.underWay.add(sending);
  }

  private handsLocally({ id, journeyId, payload, trace, subject, consumer, delayMs }: Delivery): boolean {
    return delayMs === undefined && this.hands.get(consumer)?.(subject, { id, journeyId, payload, trace, sentAt: Date.now() }) === true;
  }

  /** Throws when Redis doesn't take the message. */
  async send(delivery: Delivery): Promise<void> {
    const { id, journeyId, payload, trace } = delivery;
    // BullMQ would wait for the connection, for as long as it takes.
    if (this.connection.status !== 'ready') throw new Error('Redis is not connected');
    await this.queue(delivery.consumer).add(
      delivery.subject,
      { id, journeyId, payload, trace, sentAt: Date.now() + (delivery.delayMs ?? 0) },
      { jobId: queueJobId(id, delivery.tries), removeOnComplete: true, removeOnFail: true, ...(delivery.delayMs ? { delay: delivery.delayMs } : {}) },
    );
  }

  /** False when Redis was emptied since the last call: everything open has to be sent again. Throws when Redis is away. */
  async markEpoch(service: string): Promise<boolean> {
    const set = await this.connection.set(`${REDIS_PREFIX}:epoch:${service}`, String(Date.now()), 'NX');
    return set === null;
  }

  async stop(): Promise<void> {
    await Promise.allSettled(this.underWay);
    this.connection.disconnect();
    await Promise.allSettled([...this.queues.values()].map((queue) => queue.close()));
  }

  private queue(consumer: string): Queue<Envelope> {
    let queue = this.queues.get(consumer);
    if (!queue) {
      queue = new Queue<Envelope>(consumer, { connection: this.connection, prefix: REDIS_PREFIX, skipMetasUpdate: true });
      queue.on('error', (error) => this.markUnreachable(error));
      this.queues.set(consumer, queue);
    }
    return queue;
  }

  private markUnreachable(error: unknown): void {
    if (this.reachable) this.log.warning('redis away, the relay will send what is open', { error });
    this.reachable = false;
  }
}
