import { type Timestamp, timestampFromMs } from '@bufbuild/protobuf/wkt';
import { z } from 'zod';
import { OWNERS } from '../limits.js';
import { fromInstant, instant, orNull, present, toInstant } from './fields.js';

/** A conversation with a mail server or a printer that is written down for a while, as owners tell of it. */
interface WireTrace {
  readonly active: boolean;
  readonly startedAt?: Timestamp | undefined;
  readonly until?: Timestamp | undefined;
  readonly startedBy: string;
  readonly sizeBytes: number;
}

const MINUTE_MS = 60_000;

/** For how long it is to be written down. */
export const traceWish = z.strictObject({
  minutes: z.int().min(1).max(OWNERS.traceMinutesMax).optional().describe('From now; 30 where neither is given.'),
  until: instant.optional().describe('At most 24 hours from now.'),
}).refine(({ minutes, until }) => minutes === undefined || until === undefined, { error: 'must name minutes or until, not both' });

/** Each kind gives it a name of its own: `trace.meta({ id })`. */
export const trace = z.object({
  active: z.boolean(),
  startedAt: instant.nullable().describe('Null: it was not traced, or its log is gone.'),
  until: instant.nullable(),
  startedBy: z.string().nullable(),
  sizeBytes: z.int().describe('Of the log. The oldest lines go beyond 4 MB; the log goes 7 days after its end.'),
});

export function toTrace(wire: WireTrace | undefined): z.input<typeof trace> {
  const { active, startedAt, until, startedBy, sizeBytes } = present(wire, 'trace');
  return { active, startedAt: toInstant(startedAt), until: toInstant(until), startedBy: orNull(startedBy), sizeBytes };
}

/** The end that is wished; undefined: the owner's usual one. */
export function traceEnd({ minutes, until }: z.output<typeof traceWish>): Timestamp | undefined {
  return minutes === undefined ? fromInstant(until) : timestampFromMs(Date.now() + minutes * MINUTE_MS);
}
