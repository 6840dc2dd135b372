import { type Timestamp, timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
import { z } from 'zod';
import { LIMITS, TEXT } from '../limits.js';

/** A moment in requests and answers: ISO 8601 in UTC. */
export const instant = z.iso.datetime();

/** An identifier in a path or a body; its owner says whether it is a good one. */
export const identifier = z.string().min(1).max(TEXT.id);

export const pageLimit = z.coerce.number().int().min(1).max(LIMITS.pageMax).default(LIMITS.pageDefault).describe('Entries at most.');

export const cursor = z.string().max(TEXT.cursor).default('').describe('`nextCursor` of the page before; empty: the first page.');

export const nextCursor = z.string().nullable().describe('For the next page; null: this was the last one.');

export const pem = z.string().max(TEXT.pem).default('').describe('PEM of a certificate authority to trust besides those of the system; empty: none.');

export const tls = z.enum(['implicit', 'starttls', 'none']).default('implicit').describe('implicit: TLS from the first byte; none: only by explicit choice.');

export function toInstant(timestamp: Timestamp | undefined): string | null {
  return timestamp ? timestampDate(timestamp).toISOString() : null;
}

export function fromInstant(text: string | null | undefined): Timestamp | undefined {
  return text ? timestampFromDate(new Date(text)) : undefined;
}

/** protobuf says "none" with an empty text, JSON with null. */
export function orNull(text: string): string | null {
  return text === '' ? null : text;
}

/** An owner's answer bears what it promises, or that is its mistake. */
export function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`The owner's answer bears no ${what}.`);
  return value;
}
