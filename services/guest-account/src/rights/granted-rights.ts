import { knownRights, type Right, RIGHTS } from '@inkpost/service/rights.js';

/** The profiles that are always there (V-13). */
export const OPERATORS = 'operators';
export const SYSTEM_ADMINISTRATION = 'system-administration';
export const ANONYMOUS = 'anonymous';

/** What somebody may at most who isn't signed in: to look, and never at who did what. */
export const ANONYMOUS_RIGHTS_MAX: readonly Right[] = ['configuration.read', 'guests.read', 'jobs.read', 'journey.read'];

/** WD-015; the manual's Skyprint. */
export const ROLES = { 'print-on-behalf': ['print-on-behalf'] } as const satisfies Readonly<Record<string, readonly Right[]>>;
export type RoleId = keyof typeof ROLES;

/** A group of people, or one user as `@login` (WSC-007). */
export interface ProfileMember {
  readonly name: string;
  /** Null: of any directory. */
  readonly directoryId: string | null;
}

export interface RoleMember {
  readonly directoryId: string;
  readonly accountId: string;
  readonly login: string;
}

/** All that gives rights, as it was at one moment. */
export interface Grants {
  readonly profiles: readonly { readonly profileId: string; readonly rights: readonly Right[]; readonly members: readonly ProfileMember[] }[];
  readonly roles: readonly { readonly roleId: RoleId; readonly members: readonly RoleMember[] }[];
}

/** Somebody of a directory, as rights are given. */
export interface RightsSubject {
  readonly directoryId: string;
  /** Undefined: of an account that is about to be made. */
  readonly accountId: string | undefined;
  readonly login: string;
  readonly groups: readonly string[];
}

/** What somebody may do: by every profile that names them or a group of theirs, and every role that is given to the account. */
export function rightsOf(subject: RightsSubject, { profiles, roles }: Grants): Right[] {
  const names = new Set(nameKeysOf(subject));
  const isMember = ({ name, directoryId }: ProfileMember) => names.has(nameKey(name)) && (directoryId === null || directoryId === subject.directoryId);
  const byProfiles = profiles.filter(({ profileId, members }) => profileId !== ANONYMOUS && members.some(isMember)).flatMap(rightsOfProfile);
  const byRoles = roles.filter(({ members }) => members.some((member) => member.directoryId === subject.directoryId && member.accountId === subject.accountId)).flatMap(({ roleId }) => ROLES[roleId]);
  return knownRights([...byProfiles, ...byRoles]);
}

/** All the names that a profile may call somebody by, as they are compared. A group that is called like a user is none of them. */
export function nameKeysOf({ login, groups }: Pick<RightsSubject, 'login' | 'groups'>): string[] {
  return [`@${login}`, ...groups.filter((group) => !group.startsWith('@'))].map(nameKey);
}

/**
 * What somebody might come to do who is in command of a directory: to name people and groups there is to choose who are members. For a
 * directory that is new its identifier is one that no member has.
 */
export function rightsReachableThrough(directoryId: string, { profiles, roles }: Grants): Right[] {
  const byProfiles = profiles.filter(({ members }) => members.some((member) => member.directoryId === null || member.directoryId === directoryId)).flatMap(rightsOfProfile);
  const byRoles = roles.filter(({ members }) => members.some((member) => member.directoryId === directoryId)).flatMap(({ roleId }) => ROLES[roleId]);
  return knownRights([...byProfiles, ...byRoles]);
}

/** System administration has all rights, those too that a later version brings. */
export function rightsOfProfile({ profileId, rights }: { readonly profileId: string; readonly rights: readonly Right[] }): readonly Right[] {
  return profileId === SYSTEM_ADMINISTRATION ? RIGHTS : rights;
}

/** Directories tell names apart without regard to case (RFC 4517, 4.2.11); letters composed or not are the same. */
export function nameKey(name: string): string {
  return name.normalize('NFC').toLowerCase();
}
