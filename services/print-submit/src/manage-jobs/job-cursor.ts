import type { JobPlace } from './job.store.js';

/** A place in the list of jobs as text for the next question; opaque to whoever carries it. */
export function toCursor({ createdAt, jobId }: JobPlace): string {
  return Buffer.from(`${createdAt.toISOString()} ${jobId}`).toString('base64url');
}

/** Undefined: it is no cursor of ours. */
export function fromCursor(cursor: string): JobPlace | undefined {
  const { at = '', jobId } = /^(?<at>\S+) (?<jobId>[0-9a-f-]{36})$/u.exec(Buffer.from(cursor, 'base64url').toString('utf8'))?.groups ?? {};
  const createdAt = new Date(at);
  return jobId === undefined || Number.isNaN(createdAt.getTime()) ? undefined : { createdAt, jobId };
}
