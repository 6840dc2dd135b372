import { z } from 'zod';
import { cursor, nextCursor, orNull, pageLimit } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { TEXT } from '../limits.js';
import { capabilities, toCapabilities } from '../queues/capabilities.schema.js';

const printQueue = z.object({
  queueId: z.string(),
  name: z.string(),
  brand: z.string(),
  model: z.string(),
  locationId: z.string(),
  locationPath: z.string().describe('The names of the places from the root on, with / between.'),
  tags: z.array(z.string()),
  validation: z.boolean().describe('Jobs are held until their user releases them; else they are printed at once.'),
  printerState: z.string().describe('idle, processing, stopped, unreachable, or unknown: not asked yet.'),
  capabilities: capabilities.nullable().describe('What the printer says it can do; null: not asked yet, or it could not say.'),
}).meta({ id: 'PrintQueue' });

/** What programs may print on; print-submit owns it. */
export function printQueueRoutes({ printApi }: Owners) {
  return [
    route({
      method: 'GET', path: '/print-api/v1/queues', operation: 'findPrintQueues', right: 'print-on-behalf', summary: 'Queues to print on, page by page',
      query: z.strictObject({
        search: z.string().max(TEXT.search).default('').describe('Words that must all be found, in any property of a queue.'), // SKY-085
        brand: z.string().max(TEXT.queueProperty).default(''), // SKY-086
        model: z.string().max(TEXT.queueProperty).default(''),
        locationId: z.string().max(TEXT.id).default('').describe('Of a place: it and all below it.'),
        limit: pageLimit, cursor,
      }),
      status: 200, answer: z.object({ queues: z.array(printQueue), nextCursor }),
      handle: async ({ query, caller }) => {
        const page = await printApi.findPrintQueues(query, as(caller));
        const queues = page.queues.map(({ queueId, name, brand, model, locationId, locationPath, tags, validation, printerState, capabilities: known }) => ({
          queueId, name, brand, model, locationId, locationPath, tags, validation, printerState, capabilities: known ? toCapabilities(known) : null,
        }));
        return { queues, nextCursor: orNull(page.nextCursor) };
      },
    }),
    route({
      method: 'GET', path: '/print-api/v1/locations', operation: 'listPrintLocations', right: 'print-on-behalf', summary: 'All places, in the order of their paths',
      status: 200, answer: z.object({ locations: z.array(z.object({ locationId: z.string(), path: z.string() }).meta({ id: 'PrintLocation' })) }),
      handle: async ({ caller }) => {
        const { locations } = await printApi.listPrintLocations({}, as(caller));
        return { locations: locations.map(({ locationId, path }) => ({ locationId, path })) };
      },
    }),
  ];
}
