import { z } from 'zod';
import type { FieldChange, GlobalObject } from '@inkpost/contracts/admin/v1/replication_pb.js';
import { identifier, instant, orNull, present, toInstant } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners, patientlyAs } from '../call-owner/owners.js';
import { DOMAIN_LIMITS, TEXT } from '../limits.js';

const kind = z.string().min(1).max(TEXT.id).describe('location, queue, queue-group, tariff, filter, directory; by server maintenance also security-profile, role, notification-event, release-profile, default-release-profile.');
const params = z.strictObject({ kind, objectId: identifier });

const globalObject = z.object({
  kind: z.string(), objectId: z.string(), name: z.string(),
  provenance: z.string().describe('local: of this server alone; shared: of this server, which is the master, and of all its slaves; received: of the master, read-only here.'),
  position: z.int().nullable().describe('On the master: of its last change in the log. Null: it is in none, since it is of this server alone, or too large to be sent (`notSent` of the replication).'),
  behindServerIds: z.array(z.string()).describe('On the master: slaves that don\'t have it as it is now.'),
}).meta({ id: 'GlobalObject' });

const change = z.object({
  path: z.string().describe('JSON Pointer; empty: all of it.'), before: z.string().nullable().describe('JSON; null: there was nothing.'), after: z.string().nullable(),
}).meta({ id: 'FieldChange' });

const version = z.object({
  position: z.int(), epoch: z.int(), recordedAt: instant.nullable(), name: z.string(), change: z.string().describe('put, deleted, or kept: no longer global.'),
  cause: z.string().describe('change, share, roll-back, maintenance, or received on a slave.'), changes: z.array(change).describe('From the version before.'),
}).meta({ id: 'ObjectVersion' });

const rehearsal = z.object({
  changes: z.array(change).describe('From what the slaves were told last.'),
  servers: z.array(z.object({
    serverId: z.string(), name: z.string(), outcome: z.string().nullable().describe('created, changed, unchanged or refused; null: it did not answer in time.'), problem: z.string().nullable(), renamedLocal: z.string().nullable().describe('The name that an object of the slave\'s own would bear.'),
  })),
}).meta({ id: 'Rehearsal' });

function toObject(wire: GlobalObject): z.input<typeof globalObject> {
  const { kind: own, objectId, name, provenance, position, behindServerIds } = wire;
  return { kind: own, objectId, name, provenance, position: position === 0n ? null : Number(position), behindServerIds };
}

function toChange({ path, before, after }: FieldChange): z.input<typeof change> {
  return { path, before: orNull(before), after: orNull(after) };
}

/** Objects that the domain shares (DOM-033 to DOM-038), their history, and trying out what a change would do; domain-sync keeps the log, the owners the objects. */
export function globalObjectRoutes({ replication }: Owners) {
  return [
    route({
      method: 'GET', path: '/api/v0/domain/global-objects', operation: 'listGlobalObjects', right: 'configuration.read', summary: 'What the domain shares, and where each comes from',
      query: z.strictObject({ kind: kind.optional(), local: z.enum(['true', 'false']).default('false').describe('Also those of this server alone.') }), status: 200, answer: z.object({ objects: z.array(globalObject) }),
      handle: async ({ query: { kind: wanted = '', local }, caller }) => ({ objects: (await replication.listGlobalObjects({ kind: wanted, includeLocal: local === 'true' }, as(caller))).objects.map(toObject) }),
    }),
    route({
      method: 'PUT', path: '/api/v0/domain/global-objects/{kind}/{objectId}', operation: 'setGlobal', right: 'configuration.write', summary: 'Tick or untick Global',
      description: 'Replicated at once and with every later change, with what it needs. Unticking is refused while the domain is strict; else each slave keeps the last version as its own.',
      params, body: z.strictObject({ global: z.boolean() }).meta({ id: 'GlobalFlag' }), status: 200, answer: globalObject, refusals: [404, 409], objectId: ({ params: { kind: own, objectId } }) => `${own}/${objectId}`,
      handle: async ({ params: own, body, caller }) => toObject(present((await replication.setGlobal({ ...own, ...body }, as(caller))).object, 'object')),
    }),
    route({
      method: 'GET', path: '/api/v0/domain/global-objects/{kind}/{objectId}/history', operation: 'getObjectHistory', right: 'configuration.read', summary: 'The versions of an object, the newest first, and what changed in each',
      params, status: 200, answer: z.object({ versions: z.array(version) }), refusals: [404, 409],
      handle: async ({ params: own, caller }) => ({
        versions: (await replication.getObjectHistory(own, as(caller))).versions.map(({ position, epoch, recordedAt, name, change: what, cause, changes }) => ({ position: Number(position), epoch: Number(epoch), recordedAt: toInstant(recordedAt), name, change: what, cause, changes: changes.map(toChange) })),
      }),
    }),
    route({
      method: 'POST', path: '/api/v0/domain/global-objects/{kind}/{objectId}/rehearsal', operation: 'rehearseObject', right: 'configuration.write', summary: 'What slaves would make of an object as it is now; nothing changes',
      params, body: z.strictObject({ serverIds: z.array(identifier).max(DOMAIN_LIMITS.servers).default([]).describe('Empty: all slaves.') }).meta({ id: 'RehearsalOf' }), status: 200, answer: rehearsal, refusals: [404, 409],
      handle: async ({ params: own, body, caller }) => {
        const { changes, results } = await replication.rehearseObject({ ...own, ...body }, patientlyAs(caller));
        return { changes: changes.map(toChange), servers: results.map(({ serverId, name, outcome, problem, renamedLocal }) => ({ serverId, name, outcome: orNull(outcome), problem: orNull(problem), renamedLocal: orNull(renamedLocal) })) };
      },
    }),
    route({
      method: 'POST', path: '/api/v0/domain/global-objects/{kind}/{objectId}/roll-back', operation: 'rollBackObject', right: 'configuration.write', summary: 'Make an object what it was: a change as any other, for all servers',
      params, body: z.strictObject({ position: z.int().min(1).describe('Of the version, as its history tells it.') }).meta({ id: 'RollBack' }), status: 200, answer: z.object({ outcome: z.string().describe('created, changed or unchanged.') }), refusals: [404, 409],
      objectId: ({ params: { kind: own, objectId } }) => `${own}/${objectId}`,
      handle: async ({ params: own, body: { position }, caller }) => ({ outcome: (await replication.rollBackObject({ ...own, position: BigInt(position) }, as(caller))).outcome }),
    }),
  ];
}
