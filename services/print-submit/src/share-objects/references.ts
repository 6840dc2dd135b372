import type { ObjectReference } from '@inkpost/shared-object/shared-kind.js';
import { ROOT_LOCATION } from '../locations/location.store.js';

/** The root of all places is everywhere. */
export function placeReference(locationId: string): ObjectReference[] {
  return locationId === '' || locationId === ROOT_LOCATION ? [] : [{ kind: 'location', objectId: locationId }];
}

export function queueReferences(...queueIds: string[]): ObjectReference[] {
  return [...new Set(queueIds)].filter((queueId) => queueId !== '').map((objectId) => ({ kind: 'queue', objectId }));
}

export function groupReference(groupId: string): ObjectReference[] {
  return groupId === '' ? [] : [{ kind: 'queue-group', objectId: groupId }];
}
