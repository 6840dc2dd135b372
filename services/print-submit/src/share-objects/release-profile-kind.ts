import { create } from '@bufbuild/protobuf';
import {
  CreateReleaseProfileRequestSchema, DeleteReleaseProfileRequestSchema, GetReleaseProfileRequestSchema, ReleaseProfileSettingsSchema, UpdateReleaseProfileRequestSchema,
} from '@inkpost/contracts/admin/v1/release_profiles_pb.js';
import type { HandlerContext } from '@connectrpc/connect';
import { PermanentFailure } from '@inkpost/failure/failure.js';
import type { SharedKind } from '@inkpost/shared-object/shared-kind.js';
import { bodyOf, orAbsent, orGone, settingsOf } from '@inkpost/shared-object/wire-body.js';
import type { PrismaClient } from '../gen/prisma/client.js';
import type { ReleaseProfileRpc } from '../release-profiles/release-profile.rpc.js';
import { placeReference, queueReferences } from './references.js';
import { makeRoomForReleaseProfile } from './make-room-for-release-profile.js';

/** The identifier of the only object of its kind. */
const DEFAULT = 'default';

async function settingsIn(rpc: ReleaseProfileRpc, profileId: string, context: HandlerContext) {
  const answer = await orAbsent(rpc.getReleaseProfile(create(GetReleaseProfileRequestSchema, { profileId }), context));
  return answer && create(ReleaseProfileSettingsSchema, answer.profile.settings);
}

/** Release profiles and where they hold (WSC-014); not which one is the default. */
export function releaseProfileKind(rpc: ReleaseProfileRpc, prisma: PrismaClient): SharedKind {
  return {
    kind: 'release-profile',
    list: () => prisma.$queryRaw`SELECT id AS "objectId", name FROM release_profile ORDER BY id`,
    read: async (profileId, context) => {
      const settings = await settingsIn(rpc, profileId, context);
      if (!settings) return undefined;
      const { name, queueIds, locationIds } = settings;
      return { name, body: bodyOf(ReleaseProfileSettingsSchema, { ...settings, default: false }), needs: [...queueReferences(...queueIds), ...locationIds.flatMap(placeReference)] };
    },
    apply: async ({ objectId: profileId, body, isThere }, context) => {
      const isDefault = (await settingsIn(rpc, profileId, context))?.default ?? false;
      const settings = { ...settingsOf(ReleaseProfileSettingsSchema, body), profileId, default: isDefault };
      await (isThere
        ? rpc.updateReleaseProfile(create(UpdateReleaseProfileRequestSchema, { profileId, settings }), context)
        : rpc.createReleaseProfile(create(CreateReleaseProfileRequestSchema, { settings }), context));
    },
    delete: (profileId, context) => orGone(rpc.deleteReleaseProfile(create(DeleteReleaseProfileRequestSchema, { profileId }), context)),
    makeRoom: makeRoomForReleaseProfile(prisma),
  };
}

/** Which release profile is the default (WSC-015): one object, always there. */
export function defaultReleaseProfileKind(rpc: ReleaseProfileRpc, prisma: PrismaClient): SharedKind {
  const current = async () => prisma.releaseProfile.findFirst({ where: { isDefault: true } });
  return {
    kind: 'default-release-profile',
    list: async () => [{ objectId: DEFAULT, name: (await current())?.name ?? '' }],
    read: async (objectId) => {
      const profile = objectId === DEFAULT ? await current() : undefined;
      return profile ? { name: profile.name, body: { profileId: profile.profileId }, needs: [{ kind: 'release-profile', objectId: profile.profileId }] } : undefined;
    },
    apply: async ({ body: { profileId } }, context) => {
      const wanted = typeof profileId === 'string' ? profileId : '';
      const settings = await settingsIn(rpc, wanted, context);
      if (!settings) throw new PermanentFailure('print.release-profile-unknown', `There is no release profile "${wanted}" to be the default.`);
      await rpc.updateReleaseProfile(create(UpdateReleaseProfileRequestSchema, { profileId: settings.profileId, settings: { ...settings, default: true } }), context);
    },
    delete: async () => {
      throw new PermanentFailure('print.release-profile-default', 'One release profile is always the default.');
    },
  };
}
