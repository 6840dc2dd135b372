import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type {
  CreateProfileRequest, DeleteProfileRequest, GetAnonymousRightsRequest, GetProfileRequest, GetRoleRequest, ListProfilesRequest, ListRolesRequest, ProfileSettings, RightsService, UpdateProfileRequest, UpdateRoleRequest,
} from '@inkpost/contracts/admin/v1/rights_pb.js';
import { authorize, callerOf } from '@inkpost/service/control-listener.js';
import { notFound } from '@inkpost/service/rpc-errors.js';
import type { Log } from '@inkpost/telemetry/log.js';
import type { DirectoryStore } from '../directories/directory.store.js';
import { PROFILES_MAX } from '../limits.js';
import { checkProfile, isBuiltIn } from './check-profile.js';
import { ANONYMOUS, ROLES, rightsOfProfile } from './granted-rights.js';
import { ensureHolds } from './may-grant.js';
import type { FindRoleMembers } from './role-members.js';
import type { RightsStore, StoredProfile, StoredRole } from './rights.store.js';

/** As the manuals write it (WD-015), and what it is good for. */
const ROLE_TEXTS = {
  'print-on-behalf': { name: 'Print on behalf', description: 'Its members may submit documents to the Print API in the place of others, who need not sign in for that.' },
} as const;

/** Security profiles and administration roles, for administrators (WSC-006 to WSC-009, WD-014 to WD-016, V-13). */
export class RightsRpc implements ServiceImpl<typeof RightsService> {
  constructor(
    private readonly store: RightsStore,
    private readonly directories: DirectoryStore,
    private readonly roleMembers: FindRoleMembers,
    private readonly log: Log,
  ) {}

  async listProfiles(_request: ListProfilesRequest, context: HandlerContext) {
    authorize(context, 'rights.manage');
    return { profiles: (await this.store.profiles()).map(toWire) };
  }

  async getProfile({ profileId }: GetProfileRequest, context: HandlerContext) {
    authorize(context, 'rights.manage');
    return { profile: toWire(await this.existing(profileId)) };
  }

  async createProfile({ settings }: CreateProfileRequest, context: HandlerContext) {
    return this.create(undefined, settings, context);
  }

  /** `wantedId`: another server's perhaps; undefined: a new one. */
  async create(wantedId: string | undefined, settings: ProfileSettings | undefined, context: HandlerContext) {
    const caller = authorize(context, 'rights.manage');
    const checked = checkProfile(settings, { directoryIds: await this.directoryIds(), changed: undefined });
    ensureHolds(caller, checked.rights, 'Giving rights');
    if ((await this.store.profiles()).length >= PROFILES_MAX) throw new ConnectError(`There are ${PROFILES_MAX} security profiles already, the most there can be: delete one that nobody needs.`, Code.FailedPrecondition);
    const profileId = await this.store.create(checked, wantedId);
    if (profileId === undefined) throw taken();
    this.log.info('security profile created', { profileId, name: checked.name, rights: checked.rights, members: checked.members.length, actor: caller.actor });
    return { profile: toWire(await this.existing(profileId)) };
  }

  async updateProfile({ profileId, settings, version }: UpdateProfileRequest, context: HandlerContext) {
    const caller = authorize(context, 'rights.manage');
    const before = await this.existing(profileId);
    const checked = checkProfile(settings, { directoryIds: await this.directoryIds(), changed: before });
    // Whoever has fewer rights than a profile gives may neither choose its members nor take its rights from them.
    ensureHolds(caller, [...rightsOfProfile(before), ...checked.rights], 'Changing this profile');
    switch (await this.store.update(profileId, checked, version === 0 ? before.version : version)) {
      case 'written':
        break;
      case 'missing':
        throw notFound('security profile', profileId);
      case 'changed':
        throw changed('security profile');
      case 'taken':
        throw taken();
    }
    this.log.info('security profile changed', { profileId, name: checked.name, rights: checked.rights, members: checked.members.length, actor: caller.actor });
    return { profile: toWire(await this.existing(profileId)) };
  }

  async deleteProfile({ profileId }: DeleteProfileRequest, context: HandlerContext) {
    const caller = authorize(context, 'rights.manage');
    const before = await this.existing(profileId);
    if (isBuiltIn(profileId)) throw new ConnectError(`The security profile ${before.name} is always there.`, Code.FailedPrecondition);
    ensureHolds(caller, rightsOfProfile(before), 'Deleting this profile');
    if (!(await this.store.remove(profileId, before.version))) throw changed('security profile');
    this.log.info('security profile deleted', { profileId, name: before.name, actor: caller.actor });
    return {};
  }

  async listRoles(_request: ListRolesRequest, context: HandlerContext) {
    authorize(context, 'rights.manage');
    return { roles: (await this.store.roles()).map(toRole) };
  }

  async getRole({ roleId }: GetRoleRequest, context: HandlerContext) {
    authorize(context, 'rights.manage');
    return { role: toRole(await this.existingRole(roleId)) };
  }

  async updateRole({ roleId, members, version }: UpdateRoleRequest, context: HandlerContext) {
    const caller = authorize(context, 'rights.manage');
    const before = await this.existingRole(roleId);
    ensureHolds(caller, ROLES[before.roleId], 'Choosing the members of this role');
    const found = await this.roleMembers(members, before.members);
    if (!(await this.store.setRoleMembers(before.roleId, found, version === 0 ? before.version : version))) throw changed('role');
    this.log.info('role changed', { roleId, members: found.length, actor: caller.actor });
    return { role: toRole(await this.existingRole(roleId)) };
  }

  async getAnonymousRights(_request: GetAnonymousRightsRequest, context: HandlerContext) {
    callerOf(context);
    return { rights: [...(await this.existing(ANONYMOUS)).rights] };
  }

  private async directoryIds(): Promise<readonly string[]> {
    return (await this.directories.load()).directories.map(({ directoryId }) => directoryId);
  }

  private async existing(profileId: string): Promise<StoredProfile> {
    const profile = (await this.store.profiles()).find((each) => each.profileId === profileId);
    if (!profile) throw notFound('security profile', profileId.slice(0, 64));
    return profile;
  }

  private async existingRole(roleId: string): Promise<StoredRole> {
    const role = (await this.store.roles()).find((each) => each.roleId === roleId);
    if (!role) throw notFound('role', roleId.slice(0, 64));
    return role;
  }
}

function toWire(profile: StoredProfile) {
  const { profileId, name, description, members, createdAt, version } = profile;
  return {
    profileId, version, builtIn: isBuiltIn(profileId), createdAt: timestampFromDate(createdAt),
    settings: { name, description, rights: [...rightsOfProfile(profile)], members: members.map((member) => ({ name: member.name, directoryId: member.directoryId ?? '' })) },
  };
}

function toRole({ roleId, members, version }: StoredRole) {
  return { roleId, ...ROLE_TEXTS[roleId], rights: [...ROLES[roleId]], members: [...members], version };
}

function taken(): ConnectError {
  return new ConnectError('There is a security profile with this name already.', Code.AlreadyExists);
}

function changed(what: string): ConnectError {
  return new ConnectError(`Somebody changed this ${what} meanwhile: read it again and repeat the change.`, Code.Aborted);
}
