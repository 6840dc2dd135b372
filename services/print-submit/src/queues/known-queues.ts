import { type Pool, query } from '@inkpost/postgres/pool.js';

/** What holding a job needs of its queue. */
export interface KnownQueue {
  readonly queueId: string;
  readonly name: string;
  readonly validation: boolean;
  readonly holdHours: number;
  /** Grows with each change: the statement that relies on this copy names it, and is refused when it is old. */
  readonly version: number;
}

/** Queues by their identifier, kept in memory so that a step needs no question of its own. */
export class KnownQueues {
  private readonly queues = new Map<string, KnownQueue>();

  constructor(private readonly pool: Pool) {}

  /** Undefined: there is no such queue. That is never remembered, so a queue made now is found at once. */
  async find(queueId: string): Promise<KnownQueue | undefined> {
    const known = this.queues.get(queueId);
    if (known) return known;
    const [queue] = await query<KnownQueue & Record<string, unknown>>(
      this.pool, 'queue.find', 'SELECT id AS "queueId", name, validation, hold_hours AS "holdHours", version FROM queue WHERE id = $1', [queueId],
    );
    if (queue) this.queues.set(queueId, queue);
    return queue;
  }

  /** The copy turned out to be old. */
  forget(queueId: string): void {
    this.queues.delete(queueId);
  }
}
