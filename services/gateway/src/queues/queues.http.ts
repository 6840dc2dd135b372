import { z } from 'zod';
import type { Queue } from '@inkpost/contracts/admin/v1/print_pb.js';
import { cursor, identifier, instant, nextCursor, orNull, pageLimit, pem, present, toInstant } from '../answer-route/fields.js';
import { Problem } from '../answer-route/problem.js';
import { provenance, toProvenance } from '../answer-route/provenance.schema.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { OWNERS, TEXT } from '../limits.js';
import { capabilities, toCapabilities } from './capabilities.schema.js';
import { expertSettings, fromExpert, shownExpert, toExpert } from './expert-settings.schema.js';
import { requireUnnamed } from './queue-references.js';

const settings = {
  name: z.string().min(1).max(TEXT.queueName),
  printerUri: z.string().min(1).max(TEXT.printerUri).describe('ipp://, ipps://, http:// or https://.'),
  validation: z.boolean().default(true).describe('Jobs are held until their code is given.'), // WD-019
  holdHours: z.int().min(0).max(OWNERS.holdHoursMax).default(0).describe('How long a held job waits; 0: the default, 72 hours.'),
  keepHours: z.int().min(0).max(OWNERS.keepHoursMax).default(0).describe('How long a document is kept after it was printed, so that it can be printed once more; 0: not at all.'),
  certificateAuthority: pem,
  brand: z.string().max(TEXT.queueProperty).default(''),
  model: z.string().max(TEXT.queueProperty).default(''),
  serialNumber: z.string().max(TEXT.queueProperty).default(''),
  locationId: identifier.default('world').describe('Where it stands; world: the root of all places.'),
  geocode: z.string().max(TEXT.geocode).default('').describe('country/region/city/…, as you like.'),
  tags: z.array(z.string().min(1).max(TEXT.tag)).max(OWNERS.tagsMax).default([]),
  comment: z.string().max(TEXT.comment).default('').describe('Printer model, service, usage rules …'),
  groupId: identifier.nullable().default(null).describe('Of the group whose settings hold instead of validation, holdHours and keepHours; null: none.'),
  expert: expertSettings.describe('How its printer is spoken to; what is null is as its group says.'), // WD-006
};

const queueUpdate = z.strictObject({ queueId: identifier.optional().describe('That of the path, or left out: it never changes.'), ...settings }).meta({ id: 'QueueUpdate' });
const queueSettings = z.strictObject({ queueId: identifier.describe('Chosen once: letters, digits, - and _.'), ...settings }).meta({ id: 'QueueSettings' });

const queue = z.object({
  queueId: z.string(),
  name: z.string(),
  printerUri: z.string(),
  validation: z.boolean(),
  holdHours: z.int(),
  keepHours: z.int(),
  certificateAuthority: z.string(),
  brand: z.string(),
  model: z.string(),
  serialNumber: z.string(),
  locationId: z.string(),
  locationPath: z.string().describe('The names of the places from the root on, with / between.'),
  geocode: z.string(),
  tags: z.array(z.string()),
  comment: z.string(),
  groupId: z.string().nullable(),
  expert: shownExpert,
  capabilities: capabilities.nullable().describe('What the printer says it can do; null: not asked yet, or it could not say.'),
  printerState: z.string().describe('idle, processing, stopped, unreachable, or unknown: not asked yet.'),
  problem: z.string().nullable(),
  jobsHeld: z.int(),
  jobsWaiting: z.int(),
  createdAt: instant.nullable(),
  provenance,
}).meta({ id: 'Queue' });

function toQueue(wire: Queue | undefined): z.input<typeof queue> {
  const { settings, printerState, problem, jobsHeld, jobsWaiting, createdAt, locationPath, capabilities: known, provenance: from } = present(wire, 'queue');
  const { queueId, name, printerUri, validation, holdHours, keepHours, certificateAuthority, brand, model, serialNumber, locationId, geocode, tags, comment, groupId, expert } = present(settings, 'settings');
  return {
    queueId, name, printerUri, validation, holdHours, keepHours, certificateAuthority, brand, model, serialNumber, locationId, locationPath, geocode, tags, comment, groupId: orNull(groupId), expert: toExpert(expert),
    capabilities: known ? toCapabilities(known) : null, printerState, problem: orNull(problem), jobsHeld, jobsWaiting, createdAt: toInstant(createdAt), provenance: toProvenance(from),
  };
}

const queueQuery = z.strictObject({
  search: z.string().max(TEXT.search).default('').describe('Words that must all be found, in any property of a queue.'), // SKY-085
  brand: z.string().max(TEXT.queueProperty).default(''), // SKY-086
  model: z.string().max(TEXT.queueProperty).default(''),
  locationId: z.string().max(TEXT.id).default('').describe('Of a place: it and all below it.'),
  groupId: z.string().max(TEXT.id).default('').describe('The queues of this group.'),
  limit: pageLimit, cursor,
});

const params = z.strictObject({ queueId: identifier });

/** Print queues; print-submit owns them. */
export function queueRoutes(owners: Owners) {
  const { queues } = owners;
  return [
    route({
      method: 'GET', path: '/api/v0/queues', operation: 'listQueues', right: 'configuration.read', summary: 'Queues with the state of their printers, page by page',
      query: queueQuery, status: 200, answer: z.object({ queues: z.array(queue), nextCursor }),
      handle: async ({ query, caller }) => {
        const page = await queues.listQueues(query, as(caller));
        return { queues: page.queues.map(toQueue), nextCursor: orNull(page.nextCursor) };
      },
    }),
    route({
      method: 'GET', path: '/api/v0/queue-filters', operation: 'listQueueFilters', right: 'configuration.read', summary: 'The brands, models and places that queues can be filtered by',
      status: 200, answer: z.object({ brands: z.array(z.string()), models: z.array(z.string()), locationIds: z.array(z.string()) }),
      handle: async ({ caller }) => {
        const { brands, models, locationIds } = await queues.listQueueFilters({}, as(caller));
        return { brands, models, locationIds };
      },
    }),
    route({
      method: 'POST', path: '/api/v0/queues', operation: 'createQueue', right: 'configuration.write', summary: 'Add a queue',
      body: queueSettings, status: 201, answer: queue, refusals: [409], location: ({ queueId }) => `/api/v0/queues/${encodeURIComponent(queueId)}`, objectId: ({ body }) => body.queueId,
      handle: async ({ body, caller }) => toQueue((await queues.createQueue({ settings: { ...body, groupId: body.groupId ?? '', expert: fromExpert(body.expert) } }, as(caller))).queue),
    }),
    route({
      method: 'GET', path: '/api/v0/queues/{queueId}', operation: 'getQueue', right: 'configuration.read', summary: 'One queue with the state of its printer',
      params, status: 200, answer: queue, refusals: [404],
      handle: async ({ params, caller }) => toQueue((await queues.getQueue(params, as(caller))).queue),
    }),
    route({
      method: 'PUT', path: '/api/v0/queues/{queueId}', operation: 'updateQueue', right: 'configuration.write', summary: 'Change a queue',
      params, body: queueUpdate, status: 200, answer: queue, refusals: [404, 409],
      handle: async ({ params, body, caller }) => {
        if (body.queueId !== undefined && body.queueId !== params.queueId) {
          throw new Problem('invalid-request', 'A queue keeps its identifier.', { errors: [{ field: 'queueId', reason: `must be ${params.queueId}, as in the path` }] });
        }
        return toQueue((await queues.updateQueue({ ...params, settings: { ...body, groupId: body.groupId ?? '', expert: fromExpert(body.expert), ...params } }, as(caller))).queue);
      },
    }),
    route({
      method: 'DELETE', path: '/api/v0/queues/{queueId}', operation: 'deleteQueue', right: 'configuration.write', summary: 'Remove a queue that no job waits on and no mailbox prints to',
      params, status: 204, refusals: [404, 409],
      requires: ({ params, caller }) => requireUnnamed(owners, params.queueId, caller),
      handle: async ({ params, caller }) => {
        await queues.deleteQueue(params, as(caller));
      },
    }),
  ];
}
