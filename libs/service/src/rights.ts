/** What a signed-in person or program may do. Security profiles (WSC-006) and roles (WD-014) grant sets of these. */
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
  /** What was printed, as figures, and by whom. */
  'statistics.read',
  'diagnostics',
  'audit.read',
  /** Security profiles, roles, API tokens, single sign-on: who may do what. */
  'rights.manage',
  /** Submitting documents in the place of others (WD-015). */
  'print-on-behalf',
] as const;

export type Right = (typeof RIGHTS)[number];

/** Who calls an owner through the gateway. */
export interface Caller {
  /** The account's name, `anonymous` at a release point. */
  readonly actor: string;
  readonly rights: readonly Right[];
}

/** Those of the texts that are rights, each once and in the order of `RIGHTS`: what another version knows besides grants nothing. */
export function knownRights(texts: readonly string[]): Right[] {
  return RIGHTS.filter((right) => texts.includes(right));
}
