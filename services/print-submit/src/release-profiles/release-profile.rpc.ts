import type { MessageInitShape } from '@bufbuild/protobuf';
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type {
  CreateReleaseProfileRequest, DeleteReleaseProfileRequest, DescribeReleasePointRequest, GetReleaseProfileRequest, ListReleaseProfilesRequest, ReleaseProfileSchema, ReleaseProfileService,
  ReleaseProfileSettings as WireSettings, UpdateReleaseProfileRequest,
} from '@inkpost/contracts/admin/v1/release_profiles_pb.js';
import { PermanentFailure } from '@inkpost/failure/failure.js';
import { authorize, callerOf } from '@inkpost/service/control-listener.js';
import { invalidField, notFound } from '@inkpost/service/rpc-errors.js';
import { printLimits, releaseProfileLimits } from '../limits.js';
import { checkReleasePoint } from '../release-job/given-code.js';
import { checkReleaseProfile, type ReleaseProfileSettings } from './release-profile-settings.js';
import type { ProfileRefusal, ReleaseProfile, ReleaseProfileStore } from './release-profile.store.js';

/** Release profiles as administrators set them, and what a release point asks for. */
export class ReleaseProfileRpc implements ServiceImpl<typeof ReleaseProfileService> {
  constructor(private readonly profiles: ReleaseProfileStore) {}

  listReleaseProfiles = async (_request: ListReleaseProfilesRequest, context: HandlerContext) => {
    authorize(context, 'configuration.read');
    return { profiles: (await this.profiles.list()).map(toWire) };
  };

  getReleaseProfile = async ({ profileId }: GetReleaseProfileRequest, context: HandlerContext) => {
    authorize(context, 'configuration.read');
    const profile = await this.profiles.find(profileId);
    if (!profile) throw notFound('release profile', profileId);
    return { profile: toWire(profile) };
  };

  createReleaseProfile = async ({ settings }: CreateReleaseProfileRequest, context: HandlerContext) => {
    authorize(context, 'configuration.write');
    if ((await this.profiles.count()) >= releaseProfileLimits.max) throw new PermanentFailure('print.release-profiles-max', `There are ${releaseProfileLimits.max} release profiles, which is the limit: remove some first.`);
    const wanted = checked(settings);
    return { profile: toWire(accepted(await this.profiles.create(wanted), wanted.profileId)) };
  };

  updateReleaseProfile = async ({ profileId, settings, version }: UpdateReleaseProfileRequest, context: HandlerContext) => {
    authorize(context, 'configuration.write');
    if (settings && settings.profileId !== '' && settings.profileId !== profileId) throw invalidField('profileId', 'cannot be changed: make a new profile');
    return { profile: toWire(accepted(await this.profiles.update(checked(settings && { ...settings, profileId }), version), profileId)) };
  };

  deleteReleaseProfile = async ({ profileId }: DeleteReleaseProfileRequest, context: HandlerContext) => {
    authorize(context, 'configuration.write');
    const deletion = await this.profiles.delete(profileId);
    if (deletion === 'unknown') throw notFound('release profile', profileId);
    if (deletion === 'default') throw new PermanentFailure('print.release-profile-default', 'The default profile stays: make another one the default first.');
    if (deletion === 'assigned') throw new PermanentFailure('print.release-profile-assigned', `The profile "${profileId}" holds for queues, places or networks: take them away first.`);
    return {};
  };

  describeReleasePoint = async ({ queueId, releasePoint }: DescribeReleasePointRequest, context: HandlerContext) => {
    callerOf(context);
    if (queueId.length > printLimits.queueIdLengthMax) throw invalidField('queueId', `must have at most ${printLimits.queueIdLengthMax} characters`);
    const { queueName, means, idleSeconds } = await this.profiles.describe(queueId, checkReleasePoint(releasePoint));
    return { queueName, means: [...means], idleSeconds };
  };
}

function checked(wire: WireSettings | undefined): ReleaseProfileSettings {
  if (!wire) throw invalidField('settings', 'are missing');
  const { profileId, name, means, idleSeconds, default: isDefault, queueIds, locationIds, networks } = wire;
  const settings = checkReleaseProfile({ profileId, name, means, idleSeconds, isDefault, queueIds, locationIds, networks });
  if ('field' in settings) throw invalidField(settings.field, settings.reason);
  return settings;
}

const REFUSED_FIELDS = {
  'must-stay-default': ['default', 'cannot be taken away: make another profile the default instead'],
  'queue-taken': ['queueIds', 'names a queue for which another profile holds: take it away there first'],
  'location-taken': ['locationIds', 'names a place for which another profile holds: take it away there first'],
  'network-taken': ['networks', 'names a network for which another profile holds: take it away there first'],
  'queue-unknown': ['queueIds', 'names no queue: make it first, or choose another'],
  'location-unknown': ['locationIds', 'names no place: make it first, or choose another'],
} as const satisfies Partial<Record<ProfileRefusal, readonly [field: string, reason: string]>>;

function accepted(outcome: ReleaseProfile | ProfileRefusal, profileId: string): ReleaseProfile {
  switch (outcome) {
    case 'taken':
      throw new ConnectError(`There is a release profile "${profileId}" already.`, Code.AlreadyExists);
    case 'unknown':
      throw notFound('release profile', profileId);
    case 'changed':
      throw new ConnectError('Somebody changed the profile since it was read: read it again.', Code.Aborted);
    case 'must-stay-default':
    case 'queue-taken':
    case 'location-taken':
    case 'network-taken':
    case 'queue-unknown':
    case 'location-unknown': {
      const [field, reason] = REFUSED_FIELDS[outcome];
      throw invalidField(field, reason);
    }
    default:
      return outcome;
  }
}

function toWire({ isDefault, means, queueIds, locationIds, networks, version, ...settings }: ReleaseProfile): MessageInitShape<typeof ReleaseProfileSchema> {
  return { settings: { ...settings, default: isDefault, means: [...means], queueIds: [...queueIds], locationIds: [...locationIds], networks: [...networks] }, version };
}
