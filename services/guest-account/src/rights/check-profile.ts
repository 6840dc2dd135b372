import type { ProfileSettings } from '@inkpost/contracts/admin/v1/rights_pb.js';
import { type Right, RIGHTS } from '@inkpost/service/rights.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import { checkLine } from '../check-line.js';
import { META } from '../directories/directory.js';
import { DESCRIPTION_LENGTH_MAX, GROUP_NAME_LENGTH_MAX, PROFILE_MEMBERS_MAX, PROFILE_NAME_LENGTH_MAX } from '../limits.js';
import { ANONYMOUS, ANONYMOUS_RIGHTS_MAX, nameKey, OPERATORS, type ProfileMember, SYSTEM_ADMINISTRATION } from './granted-rights.js';
import type { StoredProfile } from './rights.store.js';

/** A profile that may be written (WSC-007). */
export interface CheckedProfile {
  readonly name: string;
  readonly description: string;
  readonly rights: readonly Right[];
  readonly members: readonly ProfileMember[];
}

/** What is there before. */
export interface ProfilesBefore {
  readonly directoryIds: readonly string[];
  /** The one that is changed; undefined: a new one. */
  readonly changed: StoredProfile | undefined;
}

export function isBuiltIn(profileId: string): boolean {
  return [OPERATORS, SYSTEM_ADMINISTRATION, ANONYMOUS].includes(profileId);
}

/** Wire -> domain. Throws invalid-argument that names the field. */
export function checkProfile(wire: ProfileSettings | undefined, { directoryIds, changed }: ProfilesBefore): CheckedProfile {
  if (!wire) throw invalidField('settings', 'is missing');
  const name = checkLine('name', wire.name, PROFILE_NAME_LENGTH_MAX);
  if (name === '') throw invalidField('name', 'is missing');
  if (changed && isBuiltIn(changed.profileId) && name !== changed.name) throw invalidField('name', `must stay "${changed.name}": this profile is always there`);
  return {
    name, description: checkLine('description', wire.description, DESCRIPTION_LENGTH_MAX),
    rights: checkRights(wire.rights, changed?.profileId), members: checkMembers(wire.members, directoryIds, changed?.profileId),
  };
}

/** Throws invalid-argument that names the field. */
export function checkRightNames(field: string, texts: readonly string[]): readonly Right[] {
  const unknown = texts.find((text) => !RIGHTS.some((right) => right === text));
  if (unknown !== undefined) throw invalidField(field, `must be of ${RIGHTS.join(', ')}; there is no right "${unknown.slice(0, 64)}"`);
  return RIGHTS.filter((right) => texts.includes(right));
}

function checkRights(texts: readonly string[], profileId: string | undefined): readonly Right[] {
  const rights = checkRightNames('rights', texts);
  // Nobody can take the last right from those who give rights.
  if (profileId === SYSTEM_ADMINISTRATION) {
    if (rights.length > 0 && rights.length < RIGHTS.length) throw invalidField('rights', 'must be all or left out: System administration may do everything; make another profile for less');
    return RIGHTS;
  }
  const tooMuch = profileId === ANONYMOUS ? rights.filter((right) => !ANONYMOUS_RIGHTS_MAX.includes(right)) : [];
  if (tooMuch.length > 0) throw invalidField('rights', `must be of ${ANONYMOUS_RIGHTS_MAX.join(', ')}: nobody knows who it is that isn't signed in`);
  return rights;
}

function checkMembers(wire: ProfileSettings['members'], directoryIds: readonly string[], profileId: string | undefined): readonly ProfileMember[] {
  if (profileId === ANONYMOUS && wire.length > 0) throw invalidField('members', 'must be empty: everybody is a member who isn\'t signed in');
  if (wire.length > PROFILE_MEMBERS_MAX) throw invalidField('members', `must be at most ${PROFILE_MEMBERS_MAX}: name groups instead of users`);
  const members = wire.map(({ name, directoryId }, index) => checkMember(`members.${index}`, name, directoryId, directoryIds));
  if (new Set(members.map(({ name, directoryId }) => JSON.stringify([nameKey(name), directoryId]))).size < members.length) throw invalidField('members', 'must name each group and user once');
  return members;
}

function checkMember(field: string, text: string, directoryId: string, directoryIds: readonly string[]): ProfileMember {
  const name = checkLine(`${field}.name`, text, GROUP_NAME_LENGTH_MAX);
  if (name === '' || name === '@') throw invalidField(`${field}.name`, 'must be the name of a group, or @ and the login of a user');
  if (directoryId !== '' && (directoryId === META || !directoryIds.includes(directoryId))) throw invalidField(`${field}.directoryId`, 'must be the identifier of a directory, not of META; without it the member may be of any directory');
  return { name, directoryId: directoryId === '' ? null : directoryId };
}
