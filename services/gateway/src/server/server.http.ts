import { z } from 'zod';
import type { GetServerResponse } from '@inkpost/contracts/admin/v1/server_pb.js';
import { instant, orNull, toInstant } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { TEXT } from '../limits.js';

const server = z.object({
  serverId: z.string().describe('Stays for the life of the installation.'), // WD-030
  name: z.string(),
  version: z.string(),
  role: z.string().describe('single, master or slave.'),
  startedAt: instant.nullable(),
  uptimeSeconds: z.int(),
  load: z.number().describe('One-minute load average divided by the number of processors.'),
  diskFreeBytes: z.int(),
  diskSizeBytes: z.int(),
  domainId: z.string().nullable().describe('null: it is in no domain.'),
  domainName: z.string().nullable(),
  now: instant.nullable().describe('Its clock.'),
}).meta({ id: 'Server' });

function toServer({ serverId, name, version, role, startedAt, uptimeSeconds, load, diskFreeBytes, diskSizeBytes, domainId, domainName, now }: GetServerResponse): z.input<typeof server> {
  return { serverId, name, version, role, startedAt: toInstant(startedAt), uptimeSeconds, load, diskFreeBytes: Number(diskFreeBytes), diskSizeBytes: Number(diskSizeBytes), domainId: orNull(domainId), domainName: orNull(domainName), now: toInstant(now) };
}

/** This server; domain-sync owns its identity. */
export function serverRoutes({ server: owner }: Owners) {
  return [
    route({
      method: 'GET', path: '/api/v0/server', operation: 'getServer', right: 'configuration.read', summary: 'This server',
      status: 200, answer: server,
      handle: async ({ caller }) => toServer(await owner.getServer({}, as(caller))),
    }),
    route({
      method: 'PUT', path: '/api/v0/server', operation: 'updateServer', right: 'configuration.write', summary: 'Name this server',
      body: z.strictObject({ name: z.string().min(1).max(TEXT.name) }), status: 200, answer: z.object({ name: z.string() }),
      handle: async ({ body, caller }) => ({ name: (await owner.updateServer(body, as(caller))).name }),
    }),
    route({
      method: 'GET', path: '/api/v0/statistics', operation: 'getStatistics', right: 'configuration.read', summary: 'What this server printed in total',
      status: 200, answer: z.object({ jobs: z.int(), pages: z.int().describe('Impressions: pages of documents times their copies.') }),
      handle: async ({ caller }) => {
        const { jobs, pages } = await owner.getStatistics({}, as(caller));
        return { jobs, pages };
      },
    }),
  ];
}

/** The door between servers. */
export function dspRoutes({ server: owner }: Owners) {
  return [
    route({
      method: 'GET', path: '/watchdoc/server', operation: 'getServerInformation', summary: 'This server, as others see it', // WD-022
      right: { public: 'Other servers ask before they have joined; nothing in it is secret.' },
      status: 200, answer: server,
      handle: async ({ caller }) => toServer(await owner.getServer({}, as(caller))),
    }),
  ];
}
