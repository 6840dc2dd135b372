import type { ErasurePlace } from './erasure.store.js';

const FORM = /^(?<at>\d{1,15}) (?<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/u;

/** A place in the list of erasures as an opaque text. */
export function writeErasurePlace({ requestedAt, erasureId }: ErasurePlace): string {
  return Buffer.from(`${requestedAt.getTime()} ${erasureId}`).toString('base64url');
}

/** Undefined: it is none of ours. */
export function readErasurePlace(cursor: string): ErasurePlace | undefined {
  const { at, id } = FORM.exec(Buffer.from(cursor.slice(0, 200), 'base64url').toString())?.groups ?? {};
  if (at === undefined || id === undefined) return undefined;
  const requestedAt = new Date(Number(at));
  return Number.isNaN(requestedAt.getTime()) ? undefined : { requestedAt, erasureId: id };
}
