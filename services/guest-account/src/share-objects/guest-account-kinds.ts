import type { FlowClient } from '@inkpost/flow/flow-client.js';
import type { Pool } from '@inkpost/postgres/pool.js';
import type { MasterKey } from '@inkpost/secrets/master-key.js';
import type { SharedKind } from '@inkpost/shared-object/shared-kind.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { DirectoriesRpc, type DirectoriesRpcParts } from '../directories/directories.rpc.js';
import { DirectoryStore } from '../directories/directory.store.js';
import { RightsRpc } from '../rights/rights.rpc.js';
import { RightsStore } from '../rights/rights.store.js';
import type { FindRoleMembers } from '../rights/role-members.js';
import { directoryKind } from './directory-kind.js';
import { roleKind, securityProfileKind } from './rights-kinds.js';

export interface GuestAccountKindsParts {
  readonly flow: FlowClient;
  readonly masterKey: MasterKey;
  /** As administrators' directories, but for the store. */
  readonly directories: Omit<DirectoriesRpcParts, 'store'>;
  readonly roleMembers: FindRoleMembers;
  readonly log: Log;
}

/** What guest-account shares with its domain. */
export function guestAccountKinds(pool: Pool, { flow, masterKey, directories, roleMembers, log }: GuestAccountKindsParts): readonly SharedKind[] {
  const flowOver = flow.over(pool);
  const store = new DirectoryStore(pool, flowOver, masterKey);
  const rights = new RightsStore(pool, flowOver);
  const rpc = new RightsRpc(rights, store, roleMembers, log);
  return [directoryKind(new DirectoriesRpc({ ...directories, store }), store), securityProfileKind(rpc, rights), roleKind(rpc, rights, store)];
}
