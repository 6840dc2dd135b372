import { Code, ConnectError } from '@connectrpc/connect';
import type { Caller, Right } from '@inkpost/service/rights.js';
import { type Grants, type RightsSubject, rightsOf, rightsReachableThrough } from './granted-rights.js';

type Holder = Pick<Caller, 'rights'>;

/** Nobody hands out what they lack. Throws permission-denied that names the rights. */
export function ensureHolds(caller: Holder, rights: readonly Right[], deed: string): void {
  const lacking = lackingOf(caller, rights);
  if (lacking.length > 0) throw new ConnectError(`${deed} needs the rights that go with it, and you lack ${lacking.join(', ')}: let somebody do it who has them.`, Code.PermissionDenied);
}

/** What they lack who change an account's login, groups or password, or make one: who may that can sign in as it. `before`: undefined for a new one. */
export function lackingToChange(caller: Holder, grants: Grants, before: RightsSubject | undefined, after: RightsSubject): readonly Right[] {
  return lackingOf(caller, [...(before ? rightsOf(before, grants) : []), ...rightsOf(after, grants)]);
}

/** The same, thrown as permission-denied. */
export function ensureMayChangeAccount(caller: Holder, grants: Grants, before: RightsSubject | undefined, after: RightsSubject): void {
  ensureHolds(caller, [...(before ? rightsOf(before, grants) : []), ...rightsOf(after, grants)], 'Changing an account that security profiles or roles name');
}

/** For whoever says where a directory is or how it is read: who may that chooses who are in its groups. `directoryId` '': of a new one. */
export function ensureMayChangeDirectory(caller: Holder, grants: Grants, directoryId: string): void {
  ensureHolds(caller, rightsReachableThrough(directoryId, grants), 'Changing a directory whose people security profiles or roles name');
}

function lackingOf({ rights: held }: Holder, rights: readonly Right[]): readonly Right[] {
  return [...new Set(rights)].filter((right) => !held.includes(right));
}
