import { z } from 'zod';
import type { Guest } from '@inkpost/contracts/admin/v1/accounts_pb.js';
import { cursor, fromInstant, identifier, instant, nextCursor, orNull, pageLimit, present, toInstant } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { TEXT } from '../limits.js';

/** uint32, as the owner counts. */
const VERSION_MAX = 2 ** 32 - 1;

const settings = {
  address: z.string().min(1).max(TEXT.address),
  displayName: z.string().max(TEXT.name).default(''),
  language: z.enum(['fr', 'en']).nullable().default(null).describe('null: the installation\'s language.'),
  company: z.string().max(TEXT.name).default(''),
  locked: z.boolean().default(false),
  validUntil: instant.nullable().default(null).describe('null: without end.'),
};

const guestSettings = z.strictObject(settings).meta({ id: 'GuestSettings' });
const guestUpdate = z.strictObject({
  ...settings,
  version: z.int().min(1).max(VERSION_MAX).optional().describe('Of the guest as it was read; if somebody changed it since, the answer is 409. Left out: whatever it is.'),
}).meta({ id: 'GuestUpdate' });

const guest = z.object({
  accountId: z.string(),
  address: z.string(),
  displayName: z.string(),
  language: z.string().nullable(),
  company: z.string(),
  locked: z.boolean(),
  validUntil: instant.nullable(),
  origin: z.string().describe('mail: made from a sender\'s address; administrator: by hand.'),
  createdAt: instant.nullable(),
  lastUsedAt: instant.nullable(),
  version: z.int(),
}).meta({ id: 'Guest' });

function toGuest(wire: Guest | undefined): z.input<typeof guest> {
  const { accountId, settings, origin, createdAt, lastUsedAt, version } = present(wire, 'guest');
  const { address, displayName, language, company, locked, validUntil } = present(settings, 'settings');
  return {
    accountId, address, displayName, language: orNull(language), company, locked, validUntil: toInstant(validUntil),
    origin, createdAt: toInstant(createdAt), lastUsedAt: toInstant(lastUsedAt), version,
  };
}

function fromSettings({ address, displayName, language, company, locked, validUntil }: z.output<typeof guestSettings>) {
  const until = fromInstant(validUntil);
  return { address, displayName, language: language ?? '', company, locked, ...(until ? { validUntil: until } : {}) };
}

const params = z.strictObject({ accountId: identifier });

/** The guest base (WSC-003); guest-account owns it. */
export function guestRoutes({ guests }: Owners) {
  return [
    route({
      method: 'GET', path: '/api/v0/guests', operation: 'listGuests', right: 'guests.read', summary: 'Guests, page by page',
      query: z.strictObject({ search: z.string().max(TEXT.search).default('').describe('In address and name.'), limit: pageLimit, cursor }),
      status: 200, answer: z.object({ guests: z.array(guest), nextCursor }),
      handle: async ({ query, caller }) => {
        const page = await guests.listGuests(query, as(caller));
        return { guests: page.guests.map(toGuest), nextCursor: orNull(page.nextCursor) };
      },
    }),
    route({
      method: 'POST', path: '/api/v0/guests', operation: 'createGuest', right: 'guests.add', summary: 'Add a guest',
      body: guestSettings, status: 201, answer: guest, refusals: [409], location: ({ accountId }) => `/api/v0/guests/${accountId}`, objectId: ({ body }) => body.address,
      handle: async ({ body, caller }) => toGuest((await guests.createGuest({ settings: fromSettings(body) }, as(caller))).guest),
    }),
    route({
      method: 'GET', path: '/api/v0/guests/{accountId}', operation: 'getGuest', right: 'guests.read', summary: 'One guest',
      params, status: 200, answer: guest, refusals: [404],
      handle: async ({ params, caller }) => toGuest((await guests.getGuest(params, as(caller))).guest),
    }),
    route({
      method: 'PUT', path: '/api/v0/guests/{accountId}', operation: 'updateGuest', right: 'guests.edit', summary: 'Change a guest',
      params, body: guestUpdate, status: 200, answer: guest, refusals: [404, 409],
      handle: async ({ params, body, caller }) => toGuest((await guests.updateGuest({ ...params, settings: fromSettings(body), version: body.version ?? 0 }, as(caller))).guest),
    }),
    route({
      method: 'DELETE', path: '/api/v0/guests/{accountId}', operation: 'deleteGuest', right: 'guests.delete', summary: 'Erase a guest and what is kept of it',
      params, status: 204, refusals: [404],
      handle: async ({ params, caller }) => {
        await guests.deleteGuest(params, as(caller));
      },
    }),
  ];
}
