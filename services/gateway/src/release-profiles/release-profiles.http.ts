import { z } from 'zod';
import type { ReleaseProfile } from '@inkpost/contracts/admin/v1/release_profiles_pb.js';
import { identifier, present } from '../answer-route/fields.js';
import { Problem } from '../answer-route/problem.js';
import { provenance, toProvenance } from '../answer-route/provenance.schema.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { RELEASE_PROFILES, TEXT } from '../limits.js';

const { idleSecondsMin, idleSecondsMax, assignmentsMax, versionMax } = RELEASE_PROFILES;

const places = (what: string) => z.array(z.string().min(1).max(TEXT.id)).max(assignmentsMax).default([]).describe(what);

const settings = {
  name: z.string().min(1).max(TEXT.queueName),
  means: z.array(z.enum(['puk', 'login-pin', 'card-pin'])).min(1).max(3).describe('By which people say who they are: the code from the mail; login or card with the own PIN.'),
  idleSeconds: z.int().min(idleSecondsMin).max(idleSecondsMax).default(idleSecondsMin).describe('The page /release signs out by itself after so many seconds without use; it asks first.'),
  default: z.boolean().default(false).describe('Holds wherever none is assigned. One profile always is the default: another one that becomes it takes its place.'),
  queueIds: places('For documents on these queues, wherever they are released.'),
  locationIds: places('For documents on queues at these places and below them; the nearest one holds.'),
  networks: z.array(z.string().min(1).max(TEXT.network)).max(assignmentsMax).default([]).describe('For release points in these networks, such as 192.0.2.0/24 or 2001:db8::/32, where neither queue nor place has a profile; the smallest one holds.'),
};

const profileSettings = z.strictObject({ profileId: identifier.describe('Chosen once: letters, digits, - and _.'), ...settings }).meta({ id: 'ReleaseProfileSettings' });
const profileUpdate = z.strictObject({
  profileId: identifier.optional().describe('That of the path, or left out: it never changes.'),
  ...settings,
  version: z.int().min(1).max(versionMax).optional().describe('Of the profile as it was read; if somebody changed it since, the answer is 409. Left out: whatever it is.'),
}).meta({ id: 'ReleaseProfileUpdate' });

const profile = z.object({
  profileId: z.string(), name: z.string(), means: z.array(z.string()), idleSeconds: z.int(), default: z.boolean(),
  queueIds: z.array(z.string()), locationIds: z.array(z.string()), networks: z.array(z.string()), version: z.int(), provenance,
}).meta({ id: 'ReleaseProfile' });

function toProfile(wire: ReleaseProfile | undefined): z.input<typeof profile> {
  const { settings: own, version, provenance: from } = present(wire, 'profile');
  const { profileId, name, means, idleSeconds, default: isDefault, queueIds, locationIds, networks } = present(own, 'settings');
  return { profileId, name, means, idleSeconds, default: isDefault, queueIds, locationIds, networks, version, provenance: toProvenance(from) };
}

const params = z.strictObject({ profileId: identifier });

/** By which means people say who they are at release points, and where (WD-027); print-submit owns them. */
export function releaseProfileRoutes({ releaseProfiles }: Owners) {
  const path = '/api/v0/release-profiles';
  const one = `${path}/{profileId}` as const;
  return [
    route({
      method: 'GET', path, operation: 'listReleaseProfiles', right: 'configuration.read', summary: 'All release profiles',
      status: 200, answer: z.object({ profiles: z.array(profile) }),
      handle: async ({ caller }) => ({ profiles: (await releaseProfiles.listReleaseProfiles({}, as(caller))).profiles.map(toProfile) }),
    }),
    route({
      method: 'POST', path, operation: 'createReleaseProfile', right: 'configuration.write', summary: 'Add a release profile',
      body: profileSettings, status: 201, answer: profile, refusals: [409], location: ({ profileId }) => `${path}/${encodeURIComponent(profileId)}`, objectId: ({ body }) => body.profileId,
      handle: async ({ body, caller }) => toProfile((await releaseProfiles.createReleaseProfile({ settings: body }, as(caller))).profile),
    }),
    route({
      method: 'GET', path: one, operation: 'getReleaseProfile', right: 'configuration.read', summary: 'One release profile',
      params, status: 200, answer: profile, refusals: [404],
      handle: async ({ params: { profileId }, caller }) => toProfile((await releaseProfiles.getReleaseProfile({ profileId }, as(caller))).profile),
    }),
    route({
      method: 'PUT', path: one, operation: 'updateReleaseProfile', right: 'configuration.write', summary: 'Change a release profile; it holds for the very next release',
      params, body: profileUpdate, status: 200, answer: profile, refusals: [404, 409],
      handle: async ({ params: { profileId }, body: { version = 0, ...body }, caller }) => {
        if (body.profileId !== undefined && body.profileId !== profileId) {
          throw new Problem('invalid-request', 'A release profile keeps its identifier.', { errors: [{ field: 'profileId', reason: `must be ${profileId}, as in the path` }] });
        }
        return toProfile((await releaseProfiles.updateReleaseProfile({ profileId, settings: { ...body, profileId }, version }, as(caller))).profile);
      },
    }),
    route({
      method: 'DELETE', path: one, operation: 'deleteReleaseProfile', right: 'configuration.write', summary: 'Remove a release profile that holds nowhere',
      params, status: 204, refusals: [404, 409],
      handle: async ({ params: { profileId }, caller }) => {
        await releaseProfiles.deleteReleaseProfile({ profileId }, as(caller));
      },
    }),
  ];
}
