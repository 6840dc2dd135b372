import { z } from 'zod';
import type { Filter } from '@inkpost/contracts/admin/v1/charging_pb.js';
import { fromInstant, identifier, instant, orNull, present } from '../answer-route/fields.js';
import { provenance, toProvenance } from '../answer-route/provenance.schema.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { CHARGING, TEXT } from '../limits.js';

const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/u);
const texts = z.array(z.string().trim().min(1).max(CHARGING.text)).max(CHARGING.textsMax).default([]);
const message = z.string().max(CHARGING.message).default('').describe('What people are told; empty: a sentence of Inkpost\'s.');
const size = z.int().min(0).default(0);

const conditions = z.strictObject({
  users: texts.describe('Addresses or account ids, any of them.'),
  groups: texts.describe('Any of them.'),
  queueIds: texts.describe('Any of them.'),
  time: z.strictObject({ weekdays: z.array(z.int().min(1).max(7)).default([]).describe('Monday is 1; empty: every day.'), from: time, until: time }).nullable().default(null)
    .describe('In the time zone of charging; one that ends before it begins goes past midnight.'),
  pagesMin: z.int().min(0).max(CHARGING.pagesMax).default(0), pagesMax: z.int().min(0).max(CHARGING.pagesMax).default(0).describe('0: no limit.'),
  colorMode: z.enum(['color', 'monochrome']).nullable().default(null),
  sizeMinBytes: size, sizeMaxBytes: size.describe('0: no limit.'),
  titleContains: z.string().max(CHARGING.text).default(''),
}).prefault({}).meta({ id: 'FilterConditions', description: 'All that are given must be true of a print; none: it is for every print.' });

const action = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('refuse'), message }),
  z.strictObject({ kind: z.literal('force'), monochrome: z.boolean().default(false), duplex: z.boolean().default(false) }),
  z.strictObject({ kind: z.literal('redirect'), queueId: identifier }),
  z.strictObject({ kind: z.literal('ask'), message }),
]).meta({ id: 'FilterAction', description: 'Refuse and redirect end the search; after the others the next filters are looked at.' });

const settings = { name: z.string().trim().min(1).max(TEXT.queueName), enabled: z.boolean().default(true), when: conditions, action };
const newFilter = z.strictObject({ filterId: identifier.describe('Chosen once: letters, digits, - and _.'), ...settings }).meta({ id: 'NewFilter' });
const filterUpdate = z.strictObject(settings).meta({ id: 'FilterUpdate' });
const filter = z.object({
  filterId: z.string(), name: z.string(), enabled: z.boolean(),
  when: z.object({
    users: z.array(z.string()), groups: z.array(z.string()), queueIds: z.array(z.string()), time: z.object({ weekdays: z.array(z.int()), from: z.string(), until: z.string() }).nullable(),
    pagesMin: z.int(), pagesMax: z.int(), colorMode: z.string().nullable(), sizeMinBytes: z.int(), sizeMaxBytes: z.int(), titleContains: z.string(),
  }),
  action: z.object({ kind: z.string(), message: z.string(), monochrome: z.boolean(), duplex: z.boolean(), queueId: z.string().nullable() }),
  provenance,
}).meta({ id: 'Filter' });
const filters = z.object({ filters: z.array(filter) });

const attempt = z.strictObject({
  user: z.string().max(TEXT.address).default('').describe('Address or account id.'), groups: texts, directory: z.string().max(CHARGING.text).default('').describe('Name of the user\'s directory.'), queueId: identifier, title: z.string().max(255).default(''),
  pages: z.int().min(1).max(CHARGING.pagesMax).default(1), sizeBytes: size,
  colorMode: z.enum(['color', 'monochrome']).default('color'), sides: z.enum(['one-sided', 'two-sided-long-edge', 'two-sided-short-edge']).default('one-sided'),
  at: instant.optional().describe('Left out: now.'),
}).meta({ id: 'FilterAttempt' });
const attempted = z.object({
  outcome: z.string().describe('allowed, asked or refused.'), message: z.string().nullable(), queueId: z.string(), colorMode: z.string(), sides: z.string(), filterIds: z.array(z.string()).describe('Those that decided.'),
}).meta({ id: 'FilterOutcome' });

function toFilter(wire: Filter | undefined): z.input<typeof filter> {
  const { filterId, name, enabled, when, action: decided, provenance: from } = present(wire, 'filter');
  const { users, groups, queueIds, time: window, pagesMin, pagesMax, colorMode, sizeMinBytes, sizeMaxBytes, titleContains } = present(when, 'conditions');
  const { kind, message: told, monochrome, duplex, queueId } = present(decided, 'action');
  return {
    filterId, name, enabled, provenance: toProvenance(from), action: { kind, message: told, monochrome, duplex, queueId: orNull(queueId) },
    when: {
      users, groups, queueIds, time: window ? { weekdays: window.weekdays, from: window.from, until: window.until } : null, pagesMin, pagesMax, colorMode: orNull(colorMode),
      sizeMinBytes: Number(sizeMinBytes), sizeMaxBytes: Number(sizeMaxBytes), titleContains,
    },
  };
}

function fromFilter(filterId: string, { name, enabled, when: { time: window, colorMode, sizeMinBytes, sizeMaxBytes, ...when }, action: decided }: z.output<typeof filterUpdate>) {
  return { filterId, name, enabled, action: decided, when: { ...when, colorMode: colorMode ?? '', sizeMinBytes: BigInt(sizeMinBytes), sizeMaxBytes: BigInt(sizeMaxBytes), ...(window ? { time: window } : {}) } };
}

const params = z.strictObject({ filterId: identifier });

/** Rules over prints; print-submit owns them. */
export function filterRoutes({ filters: owner }: Pick<Owners, 'filters'>) {
  return [
    route({
      method: 'GET', path: '/api/v0/filters', operation: 'listFilters', right: 'configuration.read', summary: 'All filters, in the order in which they are looked at',
      status: 200, answer: filters, handle: async ({ caller }) => ({ filters: (await owner.listFilters({}, as(caller))).filters.map(toFilter) }),
    }),
    route({
      method: 'POST', path: '/api/v0/filters', operation: 'createFilter', right: 'configuration.write', summary: 'Add a filter, as the last one',
      body: newFilter, status: 201, answer: filter, refusals: [409], location: ({ filterId }) => `/api/v0/filters/${encodeURIComponent(filterId)}`, objectId: ({ body }) => body.filterId,
      handle: async ({ body: { filterId, ...rest }, caller }) => toFilter((await owner.putFilter({ filter: fromFilter(filterId, rest), create: true }, as(caller))).filter),
    }),
    route({
      method: 'PUT', path: '/api/v0/filters/{filterId}', operation: 'putFilter', right: 'configuration.write', summary: 'Set a filter, or add it',
      params, body: filterUpdate, status: 200, answer: filter, refusals: [409],
      handle: async ({ params: { filterId }, body, caller }) => toFilter((await owner.putFilter({ filter: fromFilter(filterId, body) }, as(caller))).filter),
    }),
    route({
      method: 'DELETE', path: '/api/v0/filters/{filterId}', operation: 'deleteFilter', right: 'configuration.write', summary: 'Remove a filter',
      params, status: 204, refusals: [404, 409],
      handle: async ({ params, caller }) => {
        await owner.deleteFilter(params, as(caller));
      },
    }),
    route({
      method: 'PUT', path: '/api/v0/filter-order', operation: 'putFilterOrder', right: 'configuration.write', summary: 'Set in which order filters are looked at',
      body: z.strictObject({ filterIds: z.array(identifier).max(CHARGING.filtersMax).describe('All of them, each once.') }), status: 200, answer: filters, objectId: () => '',
      handle: async ({ body, caller }) => ({ filters: (await owner.orderFilters(body, as(caller))).filters.map(toFilter) }),
    }),
    route({
      method: 'POST', path: '/api/v0/filters/try', operation: 'tryFilters', right: 'configuration.read', summary: 'What the filters would make of a print; nothing is printed',
      body: attempt, status: 200, answer: attempted, objectId: () => '',
      handle: async ({ body: { at, sizeBytes, ...rest }, caller }) => {
        const moment = fromInstant(at);
        const { outcome, message: told, queueId, colorMode, sides, filterIds } = await owner.tryFilters({ ...rest, sizeBytes: BigInt(sizeBytes), ...(moment ? { at: moment } : {}) }, as(caller));
        return { outcome, message: orNull(told), queueId, colorMode, sides, filterIds };
      },
    }),
  ];
}
