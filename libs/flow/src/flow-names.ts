import type { JsonValue } from '@bufbuild/protobuf';

/** All of Inkpost's keys in Redis start with this; several installations may share a Redis by giving each its own database. */
export const REDIS_PREFIX = 'inkpost';

/** What BullMQ carries: ids, facts and hashes, never a document or a password. */
export interface Envelope {
  readonly id: string;
  readonly journeyId: string;
  readonly payload: JsonValue;
  /** W3C traceparent of the step that published the message. */
  readonly trace: string;
  /** When the message was handed over, ms since the epoch: for the queue-time metric. */
  readonly sentAt: number;
}

/**
 * BullMQ's job id of a message. A further try needs another id, since the first may still be active; the relay and the
 * consumer compute the same one, so that a message never waits twice in a queue. Once-only rests on the row in Postgres alone.
 */
export function queueJobId(messageId: string, tries: number): string {
  return tries === 0 ? messageId : `${messageId}.${tries}`;
}
