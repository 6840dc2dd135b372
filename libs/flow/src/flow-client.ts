import type { PoolClient, QueryResultRow } from 'pg';
import type { JourneyEntry } from '@inkpost/journey/journey-entry.js';
import { type Pool, query, queryOnce } from '@inkpost/postgres/pool.js';
import { transaction } from '@inkpost/postgres/transaction.js';
import { currentTraceparent } from '@inkpost/telemetry/telemetry.js';
import type { Subject } from './flow.js';
import type { Delivery, FlowSender } from './flow-sender.js';
import { LateClosings } from './late-closings.js';
import { encodePayload, type Payload, type PayloadInit } from './payload.js';
import { WITH_THE_NEXT } from './with-the-next.js';

/** A fact to publish: `{ subject, payload }`, typed by the flow table. */
export type Publication = { [S in Subject]: { readonly subject: S; readonly payload: PayloadInit<S> } }[Subject];

/** A message as its handler sees it. */
export interface FlowMessage<S extends Subject = Subject> {
  readonly id: string;
  readonly subject: S;
  readonly journeyId: string;
  readonly payload: Payload<S>;
}

export interface Outcome {
  readonly journeyId: string;
  readonly entries: readonly JourneyEntry[];
  readonly publish: readonly Publication[];
}

/**
 * What else the step's one statement does. `with` holds further CTEs that read `FROM step` (no row: handled before),
 * `select` further columns; parameters start at $6.
 */
export interface Effects {
  /** Name of the prepared statement, unique per text. */
  readonly name: string;
  readonly with?: string;
  readonly select?: string;
  readonly values: readonly unknown[];
  /** For a step whose effects all lie in the database, and that gives up nothing: durable with the next commit that waits for the disk (docs/decisions/0035). */
  readonly durable?: 'with-the-next';
}

interface Published {
  readonly index: number;
  readonly id: string;
  readonly consumer: string;
}

const HANDLED_BEFORE = Symbol('handled before');

/** Publishes and consumes messages of the flow, for one service. Its own role in Postgres says what it may. */
export class FlowClient {
  private readonly lateClosings: LateClosings;

  constructor(
    private readonly pool: Pool,
    private readonly sender: FlowSender,
  ) {
    this.lateClosings = new LateClosings(pool);
  }

  /** The same service's, over other sessions of its role. */
  over(pool: Pool): FlowClient {
    return new FlowClient(pool, this.sender);
  }

  /**
   * Handles a message in one round trip: consume, journey, publish and the effects, all or nothing. Gives the row of the
   * effects' `select`, or undefined when the message was handled before (then nothing was written).
   */
  async step<R extends QueryResultRow = QueryResultRow>(message: Pick<FlowMessage, 'id'>, outcome: Outcome, effects?: Effects): Promise<R | undefined> {
    const wire = toWire(outcome);
    const sql = `WITH called AS MATERIALIZED (SELECT flow.step($1, $2, $3, $4, $5) AS published), step AS MATERIALIZED (SELECT published FROM called WHERE published IS NOT NULL)${
      effects?.with ? `, ${effects.with}` : ''
    } SELECT step.published${effects?.select ? `, ${effects.select}` : ''}${effects?.durable ? `, ${WITH_THE_NEXT}` : ''} FROM step`;
    const [row] = await query<R & { published: Published[] }>(this.pool, `flow.step.${effects?.name ?? 'bare'}${effects?.durable ? '.later' : ''}`, sql, [message.id, ...wire.values, ...(effects?.values ?? [])]);
    if (!row) return undefined;
    this.sender.handOver(wire.deliveries(row.published));
    return row;
  }

  /** For a message that changes nothing here: it is closed in a moment, together with others. If that fails it comes again. */
  closeLater(message: Pick<FlowMessage, 'id'>): void {
    this.lateClosings.add(message.id);
  }

  /** Publishes facts that no message triggered (a mail came in, a person released a job), in one round trip with the effects. */
  async publish<R extends QueryResultRow = QueryResultRow>(outcome: Outcome, effects?: Effects): Promise<R> {
    const wire = toWire(outcome);
    const sql = `WITH step AS MATERIALIZED (SELECT flow.publish($2, $3, $4, $5) AS published WHERE $1::uuid IS NULL)${
      effects?.with ? `, ${effects.with}` : ''
    } SELECT step.published${effects?.select ? `, ${effects.select}` : ''} FROM step`;
    const [row] = await query<R & { published: Published[] }>(this.pool, `flow.publish.${effects?.name ?? 'bare'}`, sql, [null, ...wire.values, ...(effects?.values ?? [])]);
    if (!row) throw new Error('flow.publish gave no row');
    this.sender.handOver(wire.deliveries(row.published));
    return row;
  }

  /** For work that can't be one statement: a transaction whose messages are handed over once it is committed. */
  async transaction<T>(work: (transaction: FlowTransaction) => Promise<T>): Promise<T> {
    const { result, deliveries } = await transaction(this.pool, async (client) => {
      const own = new FlowTransaction(client);
      return { result: await work(own), deliveries: own.deliveries };
    });
    this.sender.handOver(deliveries);
    return result;
  }
}

/** A transaction of one service's own tables and the flow's functions. */
export class FlowTransaction {
  readonly deliveries: Delivery[] = [];

  constructor(private readonly client: PoolClient) {}

  async query<R extends QueryResultRow>(name: string, sql: string, values: readonly unknown[]): Promise<R[]> {
    return query<R>(this.client, name, sql, values);
  }

  /** Planned for these very values, as `queryOnce`. */
  async queryOnce<R extends QueryResultRow>(sql: string, values: readonly unknown[]): Promise<R[]> {
    return queryOnce<R>(this.client, sql, values);
  }

  /** False: the message was handled before; then the work should end without writing. */
  async step(message: Pick<FlowMessage, 'id'>, outcome: Outcome): Promise<boolean> {
    const published = await this.call('flow.step.call', 'SELECT flow.step($1, $2, $3, $4, $5) AS published', [message.id], outcome);
    return published !== HANDLED_BEFORE;
  }

  async publish(outcome: Outcome): Promise<void> {
    await this.call('flow.publish.call', 'SELECT flow.publish($1, $2, $3, $4) AS published', [], outcome);
  }

  private async call(name: string, sql: string, first: readonly unknown[], outcome: Outcome): Promise<typeof HANDLED_BEFORE | undefined> {
    const wire = toWire(outcome);
    const [row] = await this.query<{ published: Published[] | null }>(name, sql, [...first, ...wire.values]);
    if (!row?.published) return HANDLED_BEFORE;
    this.deliveries.push(...wire.deliveries(row.published));
    return undefined;
  }
}

function toWire(outcome: Outcome) {
  const trace = currentTraceparent();
  const messages = outcome.publish.map(({ subject, payload }) => ({ subject, payload: encodePayload(subject, payload) }));
  return {
    values: [outcome.journeyId, JSON.stringify(outcome.entries), JSON.stringify(messages), trace],
    deliveries: (published: readonly Published[]): Delivery[] =>
      published.flatMap(({ index, id, consumer }) => {
        const message = messages[index];
        return message ? [{ id, consumer: consumer.replaceAll('_', '-'), journeyId: outcome.journeyId, subject: message.subject, payload: message.payload, trace, tries: 0 }] : [];
      }),
  };
}
