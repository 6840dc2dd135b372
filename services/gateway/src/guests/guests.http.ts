import { z } from 'zod';
import type { Caller } from '@inkpost/service/rights.js';
import { cursor, identifier, nextCursor, orNull, pageLimit } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners, patientlyAs } from '../call-owner/owners.js';
import { GUESTS } from '../limits.js';
import { fromSettings, guest, guestFilter, guestSettings, guestUpdate, toGuest } from './guest.schema.js';
import { changedGuests, fromChange, guestImportReport, guestsChange, guestsErasure, toChanged, toImportReport } from './many-guests.schema.js';

const params = z.strictObject({ accountId: identifier });

const sort = z.enum(['login', 'name', 'company', 'group', 'valid-until', 'created-at', 'last-used-at']).default('login');
const direction = z.enum(['ascending', 'descending']).default('ascending');

/** The guest base (WSC-003); guest-account owns it. */
export function guestRoutes({ guests }: Owners) {
  // Those with a name first: it is no account.
  return [...manyGuestsRoutes(guests), ...oneGuestRoutes(guests)];
}

function oneGuestRoutes(guests: Owners['guests']) {
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
      body: guestSettings, status: 201, answer: guest, refusals: [409], location: ({ accountId }) => `/api/v0/guests/${accountId}`,
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

function manyGuestsRoutes(guests: Owners['guests']) {
  return [
    route({
      method: 'POST', path: '/api/v0/guests/import', operation: 'importGuests', right: 'guests.add', summary: 'Add guests from a CSV, and change or leave those who are there, all or none',
      description: 'Guests are known by their logins, and where a line has none by its first address. To change those who are there, `guests.edit` is needed too.',
      body: z.strictObject({
        csv: z.string().min(1).max(GUESTS.csvMax).describe('With a line of column names: login or addresses, and where wanted name, password, pin, card, group, code, company, visitedPerson, validFrom, validUntil, locked, language, note; the names of the vendor\'s lists are understood, in English and French. Several addresses stand in one field, with | or ; between. A column that is left out stays as it is, and so do a password, a PIN and a card whose field is empty. Days (2026-12-31, 31/12/2026) are those of the server.'),
        existing: z.enum(['update', 'skip']).default('update').describe('What becomes of guests who are there already.'),
        dryRun: z.boolean().default(false).describe('Say what would happen, and write nothing.'),
      }),
      status: 200, answer: guestImportReport, refusals: [409], objectId: () => 'import',
      handle: async ({ body, caller }) => toImportReport(await guests.importGuests(body, patientlyAs(caller))),
    }),
    route({
      method: 'GET', path: '/api/v0/guests/export', operation: 'exportGuests', right: 'guests.read', summary: 'Guests as a CSV that can be imported; nothing of passwords, PINs and cards is in it',
      description: 'A field that a spreadsheet would take for a formula has an apostrophe in front, which an import takes away.',
      query: z.strictObject(guestFilter), status: 200, answer: { mediaType: 'text/csv; charset=utf-8', fileName: 'guests.csv' },
      handle: async ({ query, caller }) => exported(guests, query, caller),
    }),
    route({
      method: 'POST', path: '/api/v0/guests/change', operation: 'changeGuests', right: 'guests.edit', summary: 'Set validity, lock or group of all guests that a filter finds, all or none',
      body: guestsChange, status: 200, answer: changedGuests, refusals: [409], objectId: () => 'change',
      handle: async ({ body: { change, ...request }, caller }) => toChanged(await guests.changeGuests({ ...request, change: fromChange(change) }, patientlyAs(caller))),
    }),
    route({
      method: 'POST', path: '/api/v0/guests/erase', operation: 'eraseGuests', right: 'guests.delete', summary: 'Erase all guests that a filter finds and what is kept of them, all or none',
      body: guestsErasure, status: 200, answer: changedGuests, refusals: [409], objectId: () => 'erase',
      handle: async ({ body, caller }) => toChanged(await guests.changeGuests({ ...body, change: { erase: true } }, patientlyAs(caller))),
    }),
  ];
}

/** Part by part, so that no more than one is in memory. */
async function* exported(guests: Owners['guests'], filter: z.output<z.ZodObject<typeof guestFilter>>, caller: Caller): AsyncIterable<string> {
  let cursor = '';
  do {
    const { csv, nextCursor } = await guests.exportGuests({ filter, cursor }, patientlyAs(caller));
    yield csv;
    cursor = nextCursor;
  } while (cursor !== '');
}
