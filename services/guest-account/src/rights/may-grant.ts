import { Code, ConnectError } from '@connectrpc/connect';
import type { Caller, Right } from '@inkpost/service/rights.js';
import { type Grants, type RightsSubject, rightsOf, rightsReachableThrough } from './granted-rights.js';

/** Nobody hands out what they lack. Throws permission-denied that names the rights. */
export function ensureHolds({ rights: held }: Pick<Caller, 'rights'>, rights: readonly Right[], deed: string): void {
  const lacking = rights.filter((right) => !held.includes(right));
  if (lacking.length > 0) throw new ConnectError(`${deed} needs the rights that go with it, and you lack ${lacking.join(', ')}: let somebody do it who has them.`, Code.PermissionDenied);
}

/** For whoever changes an account's login, groups or password, or makes one: who may that can sign in as it. `before`: undefined for a new one. */
export function ensureMayChangeAccount(caller: Caller, grants: Grants, before: RightsSubject | undefined, after: RightsSubject): void {
  const rights = [...new Set([...(before ? rightsOf(before, grants) : []), ...rightsOf(after, grants)])];
  ensureHolds(caller, rights, 'Changing an account that security profiles or roles name');
}

/** For whoever says where a directory is or how it is read: who may that chooses who are in its groups. `directoryId` '': of a new one. */
export function ensureMayChangeDirectory(caller: Caller, grants: Grants, directoryId: string): void {
  ensureHolds(caller, rightsReachableThrough(directoryId, grants), 'Changing a directory whose people security profiles or roles name');
}
