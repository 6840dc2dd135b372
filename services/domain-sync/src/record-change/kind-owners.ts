import type { ObjectOwner } from '../call-owner/owners.js';

/** Kinds of objects that a domain shares, and the service that owns each. Those that are not in server maintenance bear the flag Global (DOM-033), and what they need. */
const KIND_OWNERS: Readonly<Record<string, ObjectOwner>> = {
  location: 'print-submit',
  queue: 'print-submit',
  'queue-group': 'print-submit',
  tariff: 'print-submit',
  filter: 'print-submit',
  'release-profile': 'print-submit',
  'default-release-profile': 'print-submit',
  directory: 'guest-account',
  'security-profile': 'guest-account',
  role: 'guest-account',
  'notification-event': 'notification',
};

export const SHARED_KINDS = Object.keys(KIND_OWNERS);

/** Undefined: there are no such objects. */
export function ownerOfKind(kind: string): ObjectOwner | undefined {
  return Object.hasOwn(KIND_OWNERS, kind) ? KIND_OWNERS[kind] : undefined;
}
