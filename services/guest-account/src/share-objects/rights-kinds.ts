import { create, type JsonObject } from '@bufbuild/protobuf';
import {
  DeleteProfileRequestSchema, GetProfileRequestSchema, ListProfilesRequestSchema, ProfileSettingsSchema, RoleSchema, UpdateProfileRequestSchema, UpdateRoleRequestSchema,
} from '@inkpost/contracts/admin/v1/rights_pb.js';
import { PermanentFailure } from '@inkpost/failure/failure.js';
import type { SharedKind } from '@inkpost/shared-object/shared-kind.js';
import { freeName, nameAside } from '@inkpost/shared-object/step-aside.js';
import { bodyOf, orAbsent, orGone, settingsOf } from '@inkpost/shared-object/wire-body.js';
import type { DirectoryStore } from '../directories/directory.store.js';
import { PROFILE_NAME_LENGTH_MAX } from '../limits.js';
import { isBuiltIn } from '../rights/check-profile.js';
import { nameKey, type RoleMember } from '../rights/granted-rights.js';
import type { RightsRpc } from '../rights/rights.rpc.js';
import type { RightsStore } from '../rights/rights.store.js';
import { directoryReference } from './directory-kind.js';

/** Security profiles (WSC-012), those that are always there too. */
export function securityProfileKind(rpc: RightsRpc, store: RightsStore): SharedKind {
  return {
    kind: 'security-profile',
    list: async (context) => (await rpc.listProfiles(create(ListProfilesRequestSchema), context)).profiles.map(({ profileId, settings: { name } }) => ({ objectId: profileId, name })),
    read: async (profileId, context) => {
      const answer = await orAbsent(rpc.getProfile(create(GetProfileRequestSchema, { profileId }), context));
      if (!answer) return undefined;
      const { settings } = answer.profile;
      return { name: settings.name, body: bodyOf(ProfileSettingsSchema, settings), needs: [...new Set(settings.members.map(({ directoryId }) => directoryId))].flatMap(directoryReference) };
    },
    apply: async ({ objectId: profileId, body, isThere }, context) => {
      const settings = settingsOf(ProfileSettingsSchema, body);
      if (isThere) await rpc.updateProfile(create(UpdateProfileRequestSchema, { profileId, settings }), context);
      else await rpc.create(profileId, settings, context);
    },
    delete: (profileId, context) => orGone(rpc.deleteProfile(create(DeleteProfileRequestSchema, { profileId }), context)),
    makeRoom: async ({ objectId, body }, serverName, rehearses) => {
      const { name } = settingsOf(ProfileSettingsSchema, body);
      const profiles = await store.profiles();
      const inTheWay = profiles.find((each) => each.profileId !== objectId && nameKey(each.name) === nameKey(name) && !isBuiltIn(each.profileId));
      if (!inTheWay) return undefined;
      const renamed = await freeName((number) => nameAside(inTheWay.name, serverName + number, PROFILE_NAME_LENGTH_MAX), async (free) => profiles.some((each) => nameKey(each.name) === nameKey(free)));
      if (!rehearses) await store.update(inTheWay.profileId, { ...inTheWay, name: renamed }, inTheWay.version);
      return renamed;
    },
  };
}

/**
 * Administration roles (WD-014): whom a role is given to in directories that the domain shares. Guests and people of local directories are each
 * server's own, and so are their roles.
 */
export function roleKind(rpc: RightsRpc, store: RightsStore, directories: DirectoryStore): SharedKind {
  const isOwn = async (): Promise<(member: Pick<RoleMember, 'directoryId'>) => boolean> => {
    const kinds = new Map((await directories.load()).directories.map(({ directoryId, settings }) => [directoryId, settings.kind]));
    return ({ directoryId }) => ['guests', 'local'].includes(kinds.get(directoryId) ?? '');
  };
  return {
    kind: 'role',
    list: async () => (await store.roles()).map(({ roleId }) => ({ objectId: roleId, name: roleId })),
    read: async (roleId) => {
      const role = (await store.roles()).find((each) => each.roleId === roleId);
      if (!role) return undefined;
      const own = await isOwn();
      const members = role.members.filter((member) => !own(member)).map(({ directoryId, login }) => ({ directoryId, login }));
      return { name: roleId, body: bodyOf(RoleSchema, { roleId, members }), needs: [...new Set(members.map(({ directoryId }) => directoryId))].flatMap(directoryReference) };
    },
    apply: async ({ objectId: roleId, body }, context) => {
      const own = await isOwn();
      const kept = (await store.roles()).find((each) => each.roleId === roleId)?.members.filter(own) ?? [];
      const { members } = settingsOf(RoleSchema, body satisfies JsonObject);
      await rpc.updateRole(create(UpdateRoleRequestSchema, { roleId, members: [...members, ...kept.map(({ directoryId, login }) => ({ directoryId, login }))] }), context);
    },
    delete: async () => {
      throw new PermanentFailure('account.role-stays', 'Roles are always there.');
    },
  };
}
