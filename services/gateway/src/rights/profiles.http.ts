import { z } from 'zod';
import type { Profile } from '@inkpost/contracts/admin/v1/rights_pb.js';
import { RIGHTS } from '@inkpost/service/rights.js';
import { identifier, instant, orNull, present, toInstant } from '../answer-route/fields.js';
import { provenance, toProvenance } from '../answer-route/provenance.schema.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { DIRECTORIES, RIGHTS_LIMITS, TEXT } from '../limits.js';
import type { AnonymousRights } from './anonymous-rights.js';

const member = z.strictObject({
  name: z.string().min(1).max(TEXT.name).describe('The name of a group of users; or of one user, as `@login`.'),
  directoryId: identifier.nullable().default(null).describe('Whose group or user; null: any directory\'s. Name one wherever you can: else whoever may name people in any directory chooses who is meant.'),
}).meta({ id: 'ProfileMember' });

const settings = {
  name: z.string().max(RIGHTS_LIMITS.profileName).describe('Unique, in any case.'),
  description: z.string().max(TEXT.description).default(''),
  rights: z.array(z.enum(RIGHTS)).max(RIGHTS.length).default([]).describe('GET /api/v0/rights says what each is for.'),
  members: z.array(member).max(RIGHTS_LIMITS.membersMax).default([]),
};

const profileSettings = z.strictObject(settings).meta({ id: 'SecurityProfileSettings' });
const profileUpdate = z.strictObject({
  ...settings,
  version: z.int().min(1).max(DIRECTORIES.versionMax).optional().describe('Of the profile as it was read; if somebody changed it since, the answer is 409. Left out: whatever it is.'),
}).meta({ id: 'SecurityProfileUpdate' });

const profile = z.object({
  profileId: z.string().describe('`operators`, `system-administration` and `anonymous` are always there.'),
  name: z.string(),
  description: z.string(),
  rights: z.array(z.string()),
  members: z.array(z.object({ name: z.string(), directoryId: z.string().nullable() })),
  builtIn: z.boolean(),
  createdAt: instant.nullable(),
  version: z.int(),
  provenance,
}).meta({ id: 'SecurityProfile' });

const params = z.strictObject({ profileId: identifier });

function toProfile(wire: Profile | undefined): z.input<typeof profile> {
  const { profileId, settings: wireSettings, builtIn, createdAt, version, provenance: from } = present(wire, 'profile');
  const { name, description, rights, members } = present(wireSettings, 'settings');
  return { profileId, name, description, rights, members: members.map((each) => ({ name: each.name, directoryId: orNull(each.directoryId) })), builtIn, createdAt: toInstant(createdAt), version, provenance: toProvenance(from) };
}

function fromSettings({ members, ...fields }: z.output<typeof profileSettings>) {
  return { ...fields, members: members.map(({ name, directoryId }) => ({ name, directoryId: directoryId ?? '' })) };
}

/** Who may do what by groups and names (WSC-006 to WSC-009); guest-account owns it. */
export function profileRoutes({ rights: owner }: Owners, anonymous: AnonymousRights) {
  return [
    route({
      method: 'GET', path: '/api/v0/security-profiles', operation: 'listSecurityProfiles', right: 'rights.manage', summary: 'All security profiles', // WSC-006
      status: 200, answer: z.object({ profiles: z.array(profile) }),
      handle: async ({ caller }) => ({ profiles: (await owner.listProfiles({}, as(caller))).profiles.map(toProfile) }),
    }),
    route({
      method: 'POST', path: '/api/v0/security-profiles', operation: 'createSecurityProfile', right: 'rights.manage', summary: 'Add a security profile with rights that you have yourself', // WSC-007
      body: profileSettings, status: 201, answer: profile, refusals: [409], location: ({ profileId }) => `/api/v0/security-profiles/${profileId}`, objectId: ({ body }) => body.name,
      handle: async ({ body, caller }) => toProfile((await owner.createProfile({ settings: fromSettings(body) }, as(caller))).profile),
    }),
    route({
      method: 'GET', path: '/api/v0/security-profiles/{profileId}', operation: 'getSecurityProfile', right: 'rights.manage', summary: 'One security profile',
      params, status: 200, answer: profile, refusals: [404],
      handle: async ({ params: { profileId }, caller }) => toProfile((await owner.getProfile({ profileId }, as(caller))).profile),
    }),
    route({
      method: 'PUT', path: '/api/v0/security-profiles/{profileId}', operation: 'updateSecurityProfile', right: 'rights.manage', summary: 'Change a security profile whose rights you have yourself',
      description: 'What it gives comes with a member\'s next sign-in; what it takes is gone from open sessions within a minute of use. Of System administration only description and members can be changed, of Anonymous only description and rights.',
      params, body: profileUpdate, status: 200, answer: profile, refusals: [404, 409],
      handle: async ({ params: { profileId }, body: { version = 0, ...body }, caller }) => {
        const { profile: changed } = await owner.updateProfile({ profileId, settings: fromSettings(body), version }, as(caller));
        anonymous.forget();
        return toProfile(changed);
      },
    }),
    route({
      method: 'DELETE', path: '/api/v0/security-profiles/{profileId}', operation: 'deleteSecurityProfile', right: 'rights.manage', summary: 'Delete a security profile whose rights you have yourself',
      params, status: 204, refusals: [404, 409],
      handle: async ({ params: { profileId }, caller }) => {
        await owner.deleteProfile({ profileId }, as(caller));
      },
    }),
  ];
}
