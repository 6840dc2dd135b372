import { type Pool, query } from '@inkpost/postgres/pool.js';

/** What holding a job needs of its queue. */
export interface KnownQueue {
  readonly queueId: string;
  readonly name: string;
  readonly validation: boolean;
  readonly holdHours: number;
  /** Grows with each change, also of its group: the statement that relies on this copy names it, and is refused when it is old. */
  readonly version: number;
  /** The queue that was asked for: another one where its group always redirects its jobs. */
  readonly askedId: string;
  readonly askedName: string;
  readonly askedVersion: number;
}

const FIND = `
  SELECT q.id AS "queueId", q.name, coalesce(g.validation, q.validation) AS validation, coalesce(g.hold_hours, q.hold_hours) AS "holdHours", q.version,
    asked.id AS "askedId", asked.name AS "askedName", asked.version AS "askedVersion"
  FROM queue asked LEFT JOIN queue_group away ON away.id = asked.group_id AND away.redirect_when = 'always'
    JOIN queue q ON q.id = coalesce(away.redirect_queue_id, asked.id) LEFT JOIN queue_group g ON g.id = q.group_id
  WHERE asked.id = $1`;

/** Queues by their identifier, kept in memory so that a step needs no question of its own. */
export class KnownQueues {
  private readonly queues = new Map<string, KnownQueue>();

  constructor(private readonly pool: Pool) {}

  /** Undefined: there is no such queue. That is never remembered, so a queue made now is found at once. */
  async find(queueId: string): Promise<KnownQueue | undefined> {
    const known = this.queues.get(queueId);
    if (known) return known;
    const [queue] = await query<KnownQueue & Record<string, unknown>>(this.pool, 'queue.find', FIND, [queueId]);
    if (queue) this.queues.set(queueId, queue);
    return queue;
  }

  /** The copy turned out to be old. */
  forget(queueId: string): void {
    this.queues.delete(queueId);
  }
}
