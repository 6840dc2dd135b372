/** Behind what was shown last of one source: its moment as Postgres writes it, since a Date holds fewer digits, and its id there. */
export interface Place {
  readonly at: string;
  readonly id: string;
}

/** A place in the list of pending documents: one in each of its sources; undefined: at the beginning. */
export interface PendingPlace {
  readonly underWay: Place | undefined;
  readonly standing: Place | undefined;
  /** print-submit's own cursor. */
  readonly jobs: string | undefined;
}

export const BEGINNING: PendingPlace = { underWay: undefined, standing: undefined, jobs: undefined };

const AT = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?[+-]\d\d(?::\d\d)?`;
const FORM = new RegExp(`^(?:(?<wayAt>${AT})/(?<wayId>[0-9a-f-]{36}))?;(?:(?<standAt>${AT})/(?<standId>\\d{1,18}))?;(?<jobs>[\\w-]{0,200})$`, 'u');

/** As text for the next question; opaque to whoever carries it. */
export function toPendingCursor({ underWay, standing, jobs = '' }: PendingPlace): string {
  const text = (place: Place | undefined): string => (place ? `${place.at}/${place.id}` : '');
  return Buffer.from(`${text(underWay)};${text(standing)};${jobs}`).toString('base64url');
}

/** The beginning for an empty one; undefined: it is no cursor of ours. */
export function fromPendingCursor(cursor: string): PendingPlace | undefined {
  if (cursor === '') return BEGINNING;
  const { groups } = FORM.exec(Buffer.from(cursor, 'base64url').toString('utf8')) ?? {};
  if (!groups) return undefined;
  const place = (at: string | undefined, id: string | undefined): Place | undefined => (at === undefined || id === undefined ? undefined : { at, id });
  return { underWay: place(groups['wayAt'], groups['wayId']), standing: place(groups['standAt'], groups['standId']), jobs: groups['jobs'] || undefined };
}
