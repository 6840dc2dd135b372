import { z } from 'zod';
import type { Role } from '@inkpost/contracts/admin/v1/rights_pb.js';
import { RIGHTS } from '@inkpost/service/rights.js';
import { identifier, present } from '../answer-route/fields.js';
import { provenance, toProvenance } from '../answer-route/provenance.schema.js';
import { route } from '../answer-route/route.js';
import { as, type Owners, patientlyAs } from '../call-owner/owners.js';
import { DIRECTORIES, RIGHTS_LIMITS, TEXT } from '../limits.js';
import { RIGHT_NAMES } from './right-names.js';

const right = z.object({
  right: z.string(), name: z.string().describe('As the manual writes it.'), frenchName: z.string(), description: z.string(),
  held: z.boolean().describe('You have it yourself, and may give it to others if you have `rights.manage` too.'),
}).meta({ id: 'Right' });

const role = z.object({
  roleId: z.string(), name: z.string(), description: z.string(), rights: z.array(z.string()),
  members: z.array(z.object({ directoryId: z.string(), login: z.string(), accountId: z.string().describe('The account itself: whoever gets the login later is no member.') })),
  version: z.int(), provenance,
}).meta({ id: 'AdministrationRole' });

const roleUpdate = z.strictObject({
  members: z.array(z.strictObject({ directoryId: identifier, login: z.string().min(1).max(TEXT.name).describe('As the directory knows it, which must answer now.') })).max(RIGHTS_LIMITS.roleMembersMax),
  version: z.int().min(1).max(DIRECTORIES.versionMax).optional().describe('Of the role as it was read; if somebody changed it since, the answer is 409. Left out: whatever it is.'),
}).meta({ id: 'AdministrationRoleUpdate' });

const params = z.strictObject({ roleId: identifier });

function toRole(wire: Role | undefined): z.input<typeof role> {
  const { roleId, name, description, rights, members, version, provenance: from } = present(wire, 'role');
  return { roleId, name, description, rights, members: members.map(({ directoryId, login, accountId }) => ({ directoryId, login, accountId })), version, provenance: toProvenance(from) };
}

/** The rights there are, and those that are given to single accounts (WD-014 to WD-016); guest-account owns the latter. */
export function roleRoutes({ rights: owner }: Owners) {
  return [
    route({
      method: 'GET', path: '/api/v0/rights', operation: 'listRights', right: 'signed-in', summary: 'All rights, what each is for, and which you have',
      status: 200, answer: z.object({ rights: z.array(right) }),
      handle: async ({ caller }) => ({ rights: RIGHTS.map((each) => ({ right: each, ...RIGHT_NAMES[each], held: caller.rights.includes(each) })) }),
    }),
    route({
      method: 'GET', path: '/api/v0/roles', operation: 'listRoles', right: 'rights.manage', summary: 'All administration roles with their members', // WD-014
      status: 200, answer: z.object({ roles: z.array(role) }),
      handle: async ({ caller }) => ({ roles: (await owner.listRoles({}, as(caller))).roles.map(toRole) }),
    }),
    route({
      method: 'GET', path: '/api/v0/roles/{roleId}', operation: 'getRole', right: 'rights.manage', summary: 'One administration role with its members',
      params, status: 200, answer: role, refusals: [404],
      handle: async ({ params: { roleId }, caller }) => toRole((await owner.getRole({ roleId }, as(caller))).role),
    }),
    route({
      method: 'PUT', path: '/api/v0/roles/{roleId}', operation: 'updateRole', right: 'rights.manage', summary: 'Choose the members of a role whose rights you have yourself', // WD-016
      params, body: roleUpdate, status: 200, answer: role, refusals: [404, 409],
      handle: async ({ params: { roleId }, body: { members, version = 0 }, caller }) => toRole((await owner.updateRole({ roleId, members, version }, patientlyAs(caller))).role),
    }),
  ];
}
