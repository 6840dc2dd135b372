import { z } from 'zod';
import type { Location } from '@inkpost/contracts/admin/v1/locations_pb.js';
import { identifier, orNull, present } from '../answer-route/fields.js';
import { provenance, toProvenance } from '../answer-route/provenance.schema.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { TEXT } from '../limits.js';

const location = z.object({
  locationId: z.string(),
  parentId: z.string().nullable().describe('null: the root.'),
  name: z.string(),
  path: z.string().describe('The names from the root on, with / between.'),
  provenance,
}).meta({ id: 'Location' });

const settings = z.strictObject({
  parentId: identifier.nullable().default(null).describe('The place above it; null: the root.'),
  name: z.string().min(1).max(TEXT.locationName).describe('Without /.'),
}).meta({ id: 'LocationSettings' });

const serverLocation = z.object({ location: location.nullable() }).meta({ id: 'ServerLocation' });

function toLocation(wire: Location | undefined): z.input<typeof location> {
  const { locationId, parentId, name, path, provenance: from } = present(wire, 'location');
  return { locationId, parentId: orNull(parentId), name, path, provenance: toProvenance(from) };
}

const params = z.strictObject({ locationId: identifier });

/** Where printers stand (WD-003) and where this server stands (SKY-030); print-submit owns it. */
export function locationRoutes({ locations }: Owners) {
  return [
    route({
      method: 'GET', path: '/api/v0/locations', operation: 'listLocations', right: 'configuration.read', summary: 'All places where printers can stand, in the order of their paths',
      status: 200, answer: z.object({ locations: z.array(location) }),
      handle: async ({ caller }) => ({ locations: (await locations.listLocations({}, as(caller))).locations.map(toLocation) }),
    }),
    route({
      method: 'POST', path: '/api/v0/locations', operation: 'createLocation', right: 'configuration.write', summary: 'Add a place',
      body: settings, status: 201, answer: location, refusals: [409], location: ({ locationId }) => `/api/v0/locations/${locationId}`, objectId: ({ body }) => body.name,
      handle: async ({ body: { parentId, name }, caller }) => toLocation((await locations.createLocation({ parentId: parentId ?? '', name }, as(caller))).location),
    }),
    route({
      method: 'PUT', path: '/api/v0/locations/{locationId}', operation: 'updateLocation', right: 'configuration.write', summary: 'Give a place another name, or another place above it',
      params, body: settings, status: 200, answer: location, refusals: [404, 409],
      handle: async ({ params, body: { parentId, name }, caller }) => toLocation((await locations.updateLocation({ ...params, parentId: parentId ?? '', name }, as(caller))).location),
    }),
    route({
      method: 'DELETE', path: '/api/v0/locations/{locationId}', operation: 'deleteLocation', right: 'configuration.write', summary: 'Remove a place where nothing stands',
      params, status: 204, refusals: [404, 409],
      handle: async ({ params, caller }) => {
        await locations.deleteLocation(params, as(caller));
      },
    }),
    route({
      method: 'GET', path: '/api/v0/server/location', operation: 'getServerLocation', right: 'configuration.read', summary: 'Where this server stands',
      status: 200, answer: serverLocation,
      handle: async ({ caller }) => toServerLocation((await locations.getServerLocation({}, as(caller))).location),
    }),
    route({
      method: 'PUT', path: '/api/v0/server/location', operation: 'putServerLocation', right: 'configuration.write', summary: 'Say where this server stands',
      body: z.strictObject({ locationId: identifier.nullable().describe('null: nowhere.') }).meta({ id: 'ServerLocationSettings' }), status: 200, answer: serverLocation,
      handle: async ({ body: { locationId }, caller }) => toServerLocation((await locations.putServerLocation({ locationId: locationId ?? '' }, as(caller))).location),
    }),
  ];
}

function toServerLocation(wire: Location | undefined): z.input<typeof serverLocation> {
  return { location: wire ? toLocation(wire) : null };
}
