import type { DecidedFinishing } from '../finishing/finishing.js';
import type { FinishingStore } from '../finishing/finishing.store.js';
import type { KnownQueue, KnownQueues } from '../queues/known-queues.js';

/** By what the jobs of a message are made. */
interface JobSettings {
  /** Undefined: there is no such queue. */
  readonly queue: KnownQueue | undefined;
  readonly finishing: DecidedFinishing;
}

/**
 * Queues and finishing options, kept in memory so that a step needs no question of its own. The statement that makes jobs of them
 * names what it relies on and is refused when that is old: a change holds for the very next job.
 */
export class KnownSettings {
  private readonly finishing = new Map<string, DecidedFinishing>();

  constructor(
    private readonly queues: KnownQueues,
    private readonly options: FinishingStore,
  ) {}

  async find(queueId: string, mailboxId: string): Promise<JobSettings> {
    return { queue: await this.queues.find(queueId), finishing: await this.findFinishing(mailboxId) };
  }

  /** The copies turned out to be old. */
  forget(queueId: string, mailboxId: string): void {
    this.queues.forget(queueId);
    this.finishing.delete(mailboxId);
  }

  private async findFinishing(mailboxId: string): Promise<DecidedFinishing> {
    const known = this.finishing.get(mailboxId) ?? (await this.options.decide(mailboxId));
    this.finishing.set(mailboxId, known);
    return known;
  }
}
