/** A place in a list that is ordered by a time and an id: behind this entry. */
export interface PagePlace {
  readonly at: Date;
  /** UUID. */
  readonly id: string;
}

/** The place as text for the next question; opaque to whoever carries it. */
export function toCursor({ at, id }: PagePlace): string {
  return Buffer.from(`${at.toISOString()} ${id}`).toString('base64url');
}

const CURSOR_LENGTH_MAX = 200;

/** Undefined: it is no cursor of ours. */
export function fromCursor(cursor: string): PagePlace | undefined {
  const { time = '', id } = /^(?<time>\S+) (?<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/u.exec(Buffer.from(cursor.slice(0, CURSOR_LENGTH_MAX), 'base64url').toString('utf8'))?.groups ?? {};
  const at = new Date(time);
  return id === undefined || Number.isNaN(at.getTime()) ? undefined : { at, id };
}
