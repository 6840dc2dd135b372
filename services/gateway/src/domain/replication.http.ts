import { z } from 'zod';
import type { SynchronizationSettings } from '@inkpost/contracts/admin/v1/replication_pb.js';
import { identifier, instant, orNull, present, toInstant } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { DOMAIN_LIMITS } from '../limits.js';

const settings = z.strictObject({
  mode: z.enum(['bidirectional', 'mailbox']).describe('bidirectional: the master calls its slaves; mailbox: each slave calls the master, which answers in that call.'),
  storage: z.enum(['memory', 'disk']).default('disk').describe('Orders that wait: in memory they are lost when the master restarts, and what is missing is found by comparing.'),
  operationsPerMinute: z.int().min(0).max(DOMAIN_LIMITS.operationsPerMinute).default(0).describe('One is one order to one slave; what is more is delayed. 0: as many as there are.'),
  waitMinSeconds: z.int().min(0).max(DOMAIN_LIMITS.waitSeconds).default(5).describe('In mailbox mode: between two requests of a slave at least.'),
  waitMaxSeconds: z.int().min(1).max(DOMAIN_LIMITS.waitSeconds).default(60).describe('Between two requests of a slave at most.'),
  waitJitterSeconds: z.int().min(0).max(DOMAIN_LIMITS.waitSeconds).default(10).describe('Added at random.'),
  strict: z.boolean().default(true).describe('What is global stays global.'),
  transferDelaySeconds: z.int().min(0).max(DOMAIN_LIMITS.transferDelaySeconds).default(600).describe('Scheduled transfers begin up to so much later, at random.'),
}).meta({ id: 'SynchronizationSettings' });

const synchronization = z.object({
  mode: z.string(), storage: z.string(), operationsPerMinute: z.int(), waitMinSeconds: z.int(), waitMaxSeconds: z.int(), waitJitterSeconds: z.int(), strict: z.boolean(), transferDelaySeconds: z.int(),
}).meta({ id: 'Synchronization' });

const unapplied = z.object({
  kind: z.string(), objectId: z.string(), name: z.string(),
  position: z.int(), problem: z.string().nullable().describe('null: it was not tried yet, or waits for one before it.'),
}).meta({ id: 'UnappliedOrder' });

const renamedLocal = z.object({ kind: z.string(), name: z.string(), renamedLocal: z.string().describe('What became of it: mostly the name that it bears now.') }).meta({ id: 'RenamedLocalObject' });

const standing = z.object({
  serverId: z.string(), name: z.string(),
  standing: z.string().describe('unknown: not heard of since the master\'s start; behind: orders are under way or wait; level: it has all; differs: it is being compared and healed.'),
  position: z.int(), missing: z.int().describe('Orders that it has yet to take.'), contactedAt: instant.nullable(), problem: z.string().nullable().describe('Why it is not reached, or that its clock is wrong.'),
  clockAheadSeconds: z.int().nullable().describe('How much its clock was ahead of the master\'s when it was last heard of; null: not heard of since the master\'s start.'),
  unapplied: z.array(unapplied), unappliedCount: z.int(),
  renamed: z.array(renamedLocal).describe('Its own objects that stepped aside for one of the master\'s.'),
}).meta({ id: 'ServerStanding' });

const replication = z.object({
  synchronization, role: z.string().describe('Of this server: master or slave.'), epoch: z.int(),
  position: z.int().describe('The end of the master\'s log; on a slave what it has taken.'),
  servers: z.array(standing).describe('On the master.'),
  notSent: z.array(unapplied).describe('On the master: global objects whose present state is too large to be sent.'),
  unapplied: z.array(unapplied).describe('On a slave.'),
  renamed: z.array(renamedLocal).describe('On a slave: its own objects that stepped aside for one of the master\'s, the last ones first.'),
  problem: z.string().nullable().describe('On a slave: why its master is not reached.'), heardAt: instant.nullable().describe('On a slave: when its master last spoke.'),
}).meta({ id: 'Replication' });

const difference = z.object({
  kind: z.string(), objectId: z.string(), name: z.string(), position: z.int(),
  difference: z.string().describe('missing: the server has not the master\'s last version; extra: it is to go there; unapplied: it was taken and not applied.'), problem: z.string().nullable(),
}).meta({ id: 'ObjectDifference' });

const ITEMS = ['security-profiles', 'notification', 'release-profiles', 'default-release-profiles'] as const;
const items = z.array(z.enum(ITEMS)).max(ITEMS.length);

const maintenanceSettings = z.strictObject({
  enabled: z.boolean(), everyMinutes: z.int().min(DOMAIN_LIMITS.maintenanceMinutesMin).max(DOMAIN_LIMITS.maintenanceMinutesMax).default(1_440), items: items.describe('What is replicated: all objects of each.'),
}).meta({ id: 'ServerMaintenanceSettings' });

const maintenance = z.object({
  enabled: z.boolean(), everyMinutes: z.int(), items: z.array(z.string()), nextAt: instant.nullable(), lastAt: instant.nullable(), lastOrders: z.int().describe('Objects that the last run sent.'), lastProblem: z.string().nullable(),
}).meta({ id: 'ServerMaintenance' });

type WireMaintenance = Awaited<ReturnType<Owners['replication']['getServerMaintenance']>>['maintenance'];

function toMaintenance(wire: WireMaintenance): z.input<typeof maintenance> {
  const { enabled, everyMinutes, items: names, nextAt, lastAt, lastOrders, lastProblem } = present(wire, 'maintenance');
  return { enabled, everyMinutes, items: names, nextAt: toInstant(nextAt), lastAt: toInstant(lastAt), lastOrders, lastProblem: orNull(lastProblem) };
}

function toSettings(wire: SynchronizationSettings | undefined): z.input<typeof synchronization> {
  const { mode, storage, operationsPerMinute, waitMinSeconds, waitMaxSeconds, waitJitterSeconds, strict, transferDelaySeconds } = present(wire, 'settings');
  return { mode, storage, operationsPerMinute, waitMinSeconds, waitMaxSeconds, waitJitterSeconds, strict, transferDelaySeconds };
}

function toUnapplied({ kind, objectId, name, position, problem }: { kind: string; objectId: string; name: string; position: bigint; problem: string }): z.input<typeof unapplied> {
  return { kind, objectId, name, position: Number(position), problem: orNull(problem) };
}

function toRenamed({ kind, name, renamedLocal: what }: { kind: string; name: string; renamedLocal: string }): z.input<typeof renamedLocal> {
  return { kind, name, renamedLocal: what };
}

/** How the domain's configuration reaches its servers (DOM-023 to DOM-032), and server maintenance (WSC-010 to WSC-017); domain-sync owns it. */
export function replicationRoutes({ replication: owner }: Owners) {
  return [
    route({
      method: 'GET', path: '/api/v0/domain/replication', operation: 'getReplication', right: 'configuration.read', summary: 'How far each server of the domain is',
      status: 200, answer: replication, refusals: [409],
      handle: async ({ caller }) => {
        const { role, epoch, position, servers, leftOut, unapplied: orders, renamed, problem, heardAt, settings: wire } = await owner.getReplication({}, as(caller));
        return {
          synchronization: toSettings(wire), role, epoch: Number(epoch), position: Number(position), notSent: leftOut.map(toUnapplied), unapplied: orders.map(toUnapplied), renamed: renamed.map(toRenamed), problem: orNull(problem), heardAt: toInstant(heardAt),
          servers: servers.map((server) => ({
            serverId: server.serverId, name: server.name, standing: server.standing, position: Number(server.position), missing: server.missing, contactedAt: toInstant(server.contactedAt), problem: orNull(server.problem),
            clockAheadSeconds: server.clockAheadSeconds === undefined ? null : Number(server.clockAheadSeconds),
            unapplied: server.unapplied.map(toUnapplied), unappliedCount: server.unappliedCount, renamed: server.renamed.map(toRenamed),
          })),
        };
      },
    }),
    route({
      method: 'PUT', path: '/api/v0/domain/synchronization', operation: 'putSynchronization', right: 'configuration.write', summary: 'Set how the servers of the domain are synchronized, on the master for all',
      body: settings, status: 200, answer: synchronization, refusals: [409],
      handle: async ({ body, caller }) => toSettings((await owner.putSynchronization({ settings: body }, as(caller))).settings),
    }),
    route({
      method: 'POST', path: '/api/v0/domain/replication/push', operation: 'pushOrders', right: 'configuration.write', summary: 'Call slaves now, also those that could not be reached, and compare them object by object',
      body: z.strictObject({ serverId: identifier.nullable().default(null).describe('null: all.') }).meta({ id: 'Push' }), status: 200, answer: z.object({ servers: z.int() }), refusals: [404, 409],
      handle: async ({ body: { serverId }, caller }) => ({ servers: (await owner.pushOrders({ serverId: serverId ?? '' }, as(caller))).servers }),
    }),
    route({
      method: 'GET', path: '/api/v0/domain/servers/{serverId}/differences', operation: 'getServerDifferences', right: 'configuration.read', summary: 'What a slave has not as the master has it',
      params: z.strictObject({ serverId: identifier }), status: 200, answer: z.object({ differences: z.array(difference) }), refusals: [404, 409],
      handle: async ({ params, caller }) => ({ differences: (await owner.getServerDifferences(params, as(caller))).differences.map((each) => ({ ...toUnapplied(each), difference: each.difference })) }),
    }),
    route({
      method: 'GET', path: '/api/v0/domain/maintenance', operation: 'getServerMaintenance', right: 'configuration.read', summary: 'What is replicated by a schedule',
      status: 200, answer: maintenance, refusals: [409],
      handle: async ({ caller }) => toMaintenance((await owner.getServerMaintenance({}, as(caller))).maintenance),
    }),
    route({
      method: 'PUT', path: '/api/v0/domain/maintenance', operation: 'putServerMaintenance', right: 'configuration.write', summary: 'Set what is replicated by a schedule, and how often',
      body: maintenanceSettings, status: 200, answer: maintenance, refusals: [409],
      handle: async ({ body, caller }) => toMaintenance((await owner.putServerMaintenance(body, as(caller))).maintenance),
    }),
    route({
      method: 'POST', path: '/api/v0/domain/maintenance/run', operation: 'runServerMaintenance', right: 'configuration.write', summary: 'Replicate now what else goes by the schedule',
      body: z.strictObject({ items: items.default([]).describe('Empty: those of the schedule.') }).meta({ id: 'ServerMaintenanceRun' }), status: 200, answer: maintenance, refusals: [409],
      handle: async ({ body, caller }) => toMaintenance((await owner.runServerMaintenance(body, as(caller))).maintenance),
    }),
  ];
}
