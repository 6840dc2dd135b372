import { randomUUID } from 'node:crypto';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type {
  CreateLocationRequest, DeleteLocationRequest, GetServerLocationRequest, ListLocationsRequest, LocationSchema, LocationService, PutServerLocationRequest, UpdateLocationRequest,
} from '@inkpost/contracts/admin/v1/locations_pb.js';
import { PermanentFailure } from '@inkpost/failure/failure.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { invalidField, notFound } from '@inkpost/service/rpc-errors.js';
import { locationLimits } from '../limits.js';
import { type Location, type LocationRefusal, type LocationStore, ROOT_LOCATION } from './location.store.js';

const CONTROL_CHARACTERS = /[\p{Cc}\p{Cf}]/u;

/** The places where printers stand, and where this server stands. */
export class LocationRpc implements ServiceImpl<typeof LocationService> {
  constructor(private readonly locations: LocationStore) {}

  listLocations = async (_request: ListLocationsRequest, context: HandlerContext) => {
    authorize(context, 'configuration.read');
    return { locations: (await this.locations.list()).map(toWire) };
  };

  createLocation = async ({ parentId, name }: CreateLocationRequest, context: HandlerContext) => {
    return { location: await this.create(randomUUID(), parentId, name, context) };
  };

  /** With an identifier that is another server's perhaps. */
  async create(locationId: string, parentId: string, name: string, context: HandlerContext) {
    authorize(context, 'configuration.write');
    return toWire(accepted(await this.locations.create(locationId, parentId || ROOT_LOCATION, checkedName(name)), ''));
  }

  updateLocation = async ({ locationId, parentId, name }: UpdateLocationRequest, context: HandlerContext) => {
    authorize(context, 'configuration.write');
    if (locationId === ROOT_LOCATION && parentId !== '') throw invalidField('parentId', 'must be empty: nothing is above the root');
    const parent = locationId === ROOT_LOCATION ? '' : parentId || ROOT_LOCATION;
    return { location: toWire(accepted(await this.locations.update(locationId, parent, checkedName(name)), locationId)) };
  };

  deleteLocation = async ({ locationId }: DeleteLocationRequest, context: HandlerContext) => {
    authorize(context, 'configuration.write');
    if (locationId === ROOT_LOCATION) throw new PermanentFailure('print.location-root', 'The root of all places stays: give it another name instead.');
    const deletion = await this.locations.delete(locationId);
    if (deletion.kind === 'unknown') throw notFound('location', locationId);
    if (deletion.kind === 'in-use') throw new PermanentFailure('print.location-in-use', `The place is used by ${deletion.by}: move them elsewhere first.`);
    return {};
  };

  getServerLocation = async (_request: GetServerLocationRequest, context: HandlerContext) => {
    authorize(context, 'configuration.read');
    return this.serverLocation();
  };

  putServerLocation = async ({ locationId }: PutServerLocationRequest, context: HandlerContext) => {
    authorize(context, 'configuration.write');
    if ((await this.locations.placeServer(locationId || null)) === 'unknown') throw invalidField('locationId', 'names no place: make it first, or choose another');
    return this.serverLocation();
  };

  private async serverLocation() {
    const location = await this.locations.ofServer();
    return location ? { location: toWire(location) } : {};
  }
}

function checkedName(wanted: string): string {
  const name = wanted.trim();
  if (name === '' || name.length > locationLimits.nameLengthMax) throw invalidField('name', `must have 1 to ${locationLimits.nameLengthMax} characters`);
  if (name.includes('/') || CONTROL_CHARACTERS.test(name)) throw invalidField('name', 'must be one line of visible characters without /, which stands between places');
  return name;
}

function accepted(outcome: Location | LocationRefusal, locationId: string): Location {
  switch (outcome) {
    case 'unknown':
      throw notFound('location', locationId);
    case 'parent-unknown':
      throw invalidField('parentId', 'names no place: make it first, or choose another');
    case 'parent-below':
      throw invalidField('parentId', 'must not be the place itself or one below it');
    case 'too-deep':
      throw invalidField('parentId', `makes the tree deeper than ${locationLimits.depthMax} places`);
    case 'too-many':
      throw new PermanentFailure('print.locations-max', `There are ${locationLimits.max} places, which is the limit: remove some first.`);
    case 'taken':
      throw new ConnectError('There is a place of this name already, at the same place above it.', Code.AlreadyExists);
    default:
      return outcome;
  }
}

function toWire({ locationId, parentId, name, path }: Location): MessageInitShape<typeof LocationSchema> {
  return { locationId, parentId: parentId ?? '', name, path };
}
