/** What a signed-in person or program may do. Security profiles (WSC-006) grant sets of these. */
export const RIGHTS = [
  'configuration.read',
  'configuration.write',
  'guests.read',
  'guests.add',
  'guests.edit',
  'guests.delete',
  'jobs.read',
  'jobs.manage',
  'journey.read',
  'diagnostics',
] as const;

export type Right = (typeof RIGHTS)[number];

/** Who calls an owner through the gateway. */
export interface Caller {
  /** The account's name, `anonymous` at a release point. */
  readonly actor: string;
  readonly rights: readonly Right[];
}
