import { z } from 'zod';
import type { DomainAnswer, MemberEntry } from '@inkpost/contracts/domain/v1/admission_pb.js';
import { identifier, instant, orNull, present, toInstant } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners, patientlyAs } from '../call-owner/owners.js';
import { DOMAIN_LIMITS, TEXT } from '../limits.js';

const member = z.object({
  serverId: z.string(),
  name: z.string(),
  tags: z.array(z.string()),
  version: z.string(),
  role: z.string().describe('Master (Primary) or Slave.'),
  lastSeenAt: instant.nullable(),
  dns: z.string(),
  dnsAlias: z.string(),
  ipAddress: z.string(),
  uri: z.string().describe('https://host:5753/watchdoc/server'),
  startedAt: instant.nullable(),
  uptimeSeconds: z.int().nullable(),
  load: z.number().describe('One-minute load average divided by the number of processors.'),
  diskFreeBytes: z.int(),
  diskSizeBytes: z.int(),
  joinedAt: instant.nullable(),
  certificateEndsAt: instant.nullable(),
  mayBePromoted: z.boolean().describe('It is given the key of the domain\'s authority, so that it can become the master when this one is lost. A server that had the key once can\'t be made to forget it.'),
}).meta({ id: 'DomainServer' });

const domain = z.object({
  role: z.string().describe('Of this server: single, master or slave.'),
  serverId: z.string(),
  serverName: z.string(),
  version: z.string(),
  problem: z.string().nullable().describe('Of a slave: why its master did not answer the last time; null: it did.'),
  domain: z.object({
    domainId: z.string(),
    name: z.string(),
    description: z.string(),
    identifier: z.string().describe('The master\'s address.'),
    epoch: z.int().describe('Grows with each change of the master.'),
    masterId: z.string(),
    servers: z.array(member).describe('The master first. A slave knows the others as the master last told it.'),
  }).nullable().describe('null: this server stands for itself.'),
}).meta({ id: 'Domain' });

const description = {
  name: z.string().max(TEXT.serverName).default('').describe('Empty: WATCHDOCDOM.'),
  description: z.string().max(TEXT.comment).default(''),
  identifier: z.string().min(1).max(DOMAIN_LIMITS.address).describe('The master\'s address, by which the others reach it: an IP address, a name, or a URI such as https://printserver1:5753/watchdoc/server.'),
};

const port = z.int().min(0).max(65_535).default(0).describe('0: 5753, or the one in the address.');
const password = z.string().min(1).max(TEXT.password).describe('The maintenance password, which is the same on all servers. The other server is not told it.');
const params = z.strictObject({ serverId: identifier });

function toServer({ serverId, name, tags, version, role, lastSeenAt, dns, dnsAlias, ip, uri, startedAt, load, diskFreeBytes, diskSizeBytes, joinedAt, certificateEndsAt, mayBePromoted }: MemberEntry): z.input<typeof member> {
  const uptimeSeconds = startedAt && lastSeenAt ? Number(lastSeenAt.seconds - startedAt.seconds) : undefined;
  return {
    serverId, name, tags, version, role: role === 'master' ? 'Master (Primary)' : 'Slave', lastSeenAt: toInstant(lastSeenAt), dns, dnsAlias, ipAddress: ip, uri, startedAt: toInstant(startedAt),
    uptimeSeconds: uptimeSeconds === undefined ? null : Math.max(0, uptimeSeconds), load, diskFreeBytes: Number(diskFreeBytes), diskSizeBytes: Number(diskSizeBytes), joinedAt: toInstant(joinedAt),
    certificateEndsAt: toInstant(certificateEndsAt), mayBePromoted,
  };
}

function toDomain(answer: DomainAnswer | undefined): z.input<typeof domain> {
  const { role, serverId, serverName, version, membership, problem: why } = present(answer, 'domain');
  const problem = orNull(why);
  if (!membership) return { role, serverId, serverName, version, problem, domain: null };
  const { domainId, name, description: text, identifier: address, epoch, masterId, members } = membership;
  return { role, serverId, serverName, version, problem, domain: { domainId, name, description: text, identifier: address, epoch: Number(epoch), masterId, servers: members.map(toServer) } };
}

/** The domain that this server is in (DOM-008 to DOM-022); domain-sync owns it. `doorCertificateSha256`: of the certificate that 5753 shows. */
export function domainRoutes({ domain: owner }: Owners, doorCertificateSha256: () => Promise<string>) {
  return [
    route({
      method: 'GET', path: '/api/v0/domain', operation: 'getDomain', right: 'configuration.read', summary: 'This server\'s domain, and the servers in it',
      status: 200, answer: domain,
      handle: async ({ caller }) => toDomain((await owner.getDomain({}, as(caller))).domain),
    }),
    route({
      method: 'POST', path: '/api/v0/domain', operation: 'createDomain', right: 'configuration.write', summary: 'Create a domain, with this server as its master', // DOM-009
      body: z.strictObject(description).meta({ id: 'NewDomain' }), status: 201, answer: domain, refusals: [409], location: () => '/api/v0/domain', objectId: ({ body }) => body.name,
      handle: async ({ body, caller }) => toDomain((await owner.createDomain(body, as(caller))).domain),
    }),
    route({
      method: 'PUT', path: '/api/v0/domain', operation: 'updateDomain', right: 'configuration.write', summary: 'Describe the domain anew, on its master', // DOM-021
      body: z.strictObject(description).meta({ id: 'DomainDescription' }), status: 200, answer: domain, refusals: [409],
      handle: async ({ body, caller }) => toDomain((await owner.updateDomain(body, as(caller))).domain),
    }),
    route({
      method: 'POST', path: '/api/v0/domain/servers', operation: 'addDomainServer', right: 'configuration.write', summary: 'Add a slave, from the master', // DOM-018
      body: z.strictObject({ address: z.string().min(1).max(DOMAIN_LIMITS.address).describe('An IP address, a name or a URI.'), port, password }).meta({ id: 'NewDomainServer' }),
      status: 201, answer: domain, refusals: [409], location: () => '/api/v0/domain', objectId: ({ body }) => body.address,
      handle: async ({ body, caller, source }) => toDomain((await owner.addServer({ ...body, source, doorCertificateSha256: await doorCertificateSha256() }, patientlyAs(caller))).domain),
    }),
    route({
      method: 'POST', path: '/api/v0/domain/join', operation: 'joinDomain', right: 'configuration.write', summary: 'Join a domain as a slave, from the slave', // DOM-019
      body: z.strictObject({
        master: z.string().min(1).max(DOMAIN_LIMITS.address).describe('The master: an IP address, a name or a URI.'), port, password,
        ownAddress: z.string().max(DOMAIN_LIMITS.address).default('').describe('By which the other servers reach this one; empty: by its host name.'),
      }).meta({ id: 'DomainToJoin' }), status: 201, answer: domain, refusals: [409], location: () => '/api/v0/domain', objectId: ({ body }) => body.master,
      handle: async ({ body, caller, source }) => toDomain((await owner.joinDomain({ ...body, source }, patientlyAs(caller))).domain),
    }),
    route({
      method: 'PUT', path: '/api/v0/domain/servers/{serverId}', operation: 'updateDomainServer', right: 'configuration.write', summary: 'Change what the domain knows of a server, on the master',
      params, body: z.strictObject({
        tags: z.array(z.string().min(1).max(TEXT.tag)).max(DOMAIN_LIMITS.tagsMax).default([]), dnsAlias: z.string().max(TEXT.host).default(''),
        uri: z.string().min(1).max(DOMAIN_LIMITS.address).describe('Where the others reach it.'), mayBePromoted: z.boolean(),
      }).meta({ id: 'DomainServerSettings' }), status: 200, answer: domain, refusals: [404, 409],
      handle: async ({ params: { serverId }, body, caller }) => toDomain((await owner.updateMember({ serverId, ...body }, as(caller))).domain),
    }),
    route({
      method: 'DELETE', path: '/api/v0/domain/servers/{serverId}', operation: 'removeDomainServer', right: 'configuration.write', summary: 'Remove a slave, on the master: its certificate holds no longer',
      params, status: 200, refusals: [404, 409],
      answer: z.object({ problem: z.string().nullable().describe('null: the server has heard it and stands for itself. Else why not: it will be refused, and has to leave by itself.') }).meta({ id: 'RemovedDomainServer' }),
      handle: async ({ params: { serverId }, caller }) => ({ problem: orNull((await owner.removeMember({ serverId }, as(caller))).problem) }),
    }),
    route({
      method: 'POST', path: '/api/v0/domain/leave', operation: 'leaveDomain', right: 'configuration.write', summary: 'Leave the domain; a master only as its last server',
      body: z.strictObject({ withoutMaster: z.boolean().default(false).describe('Also where the master is not reached, and goes on listing this server.') }).meta({ id: 'DomainToLeave' }), status: 204, refusals: [409],
      handle: async ({ body, caller }) => {
        await owner.leaveDomain(body, as(caller));
      },
    }),
    route({
      method: 'POST', path: '/api/v0/domain/servers/{serverId}/promotion', operation: 'promoteDomainServer', right: 'configuration.write', summary: 'Make a server the master: on the master one of its slaves; on a slave itself, where the master is lost',
      params, status: 200, answer: domain, refusals: [409],
      handle: async ({ params: { serverId }, caller }) => toDomain((await owner.promoteMember({ serverId }, patientlyAs(caller))).domain),
    }),
  ];
}
