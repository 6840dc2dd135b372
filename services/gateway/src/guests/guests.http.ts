import { z } from 'zod';
import { cursor, identifier, nextCursor, orNull, pageLimit } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { fromSettings, guest, guestFilter, guestSettings, guestUpdate, toGuest } from './guest.schema.js';

const params = z.strictObject({ accountId: identifier });

const sort = z.enum(['login', 'name', 'company', 'group', 'valid-until', 'created-at', 'last-used-at']).default('login');
const direction = z.enum(['ascending', 'descending']).default('ascending');

/** The guest base (WSC-003); guest-account owns it. */
export function guestRoutes({ guests }: Owners) {
  return [
    route({
      method: 'GET', path: '/api/v0/guests', operation: 'listGuests', right: 'guests.read', summary: 'Guests, page by page',
      query: z.strictObject({ ...guestFilter, sort, direction, limit: pageLimit, cursor }),
      status: 200, answer: z.object({ guests: z.array(guest), nextCursor }),
      handle: async ({ query: { sort, direction, limit, cursor, ...filter }, caller }) => {
        const page = await guests.listGuests({ filter, sort, descending: direction === 'descending', limit, cursor }, as(caller));
        return { guests: page.guests.map(toGuest), nextCursor: orNull(page.nextCursor) };
      },
    }),
    route({
      method: 'POST', path: '/api/v0/guests', operation: 'createGuest', right: 'guests.add', summary: 'Add a guest',
      body: guestSettings, status: 201, answer: guest, refusals: [409], location: ({ accountId }) => `/api/v0/guests/${accountId}`, objectId: ({ body }) => body.login || (body.addresses[0] ?? ''),
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
      handle: async ({ params, body: { version = 0, ...body }, caller }) => toGuest((await guests.updateGuest({ ...params, settings: fromSettings(body), version }, as(caller))).guest),
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
