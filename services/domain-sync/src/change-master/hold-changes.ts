import { ConnectError } from '@connectrpc/connect';
import { ConfigurationService } from '@inkpost/contracts/admin/v1/configuration_pb.js';
import type { SlaveStandings } from '../administer-replication/slave-standings.js';
import { OBJECT_OWNERS, type ObjectOwner, type Owners } from '../call-owner/owners.js';
import type { DomainStore } from '../domain/domain.store.js';
import { refusal } from '../domain/refuse.js';
import type { KnownLog } from '../keep-log/known-log.js';
import type { ObjectReference } from '../keep-log/log-entry.js';
import type { LogStore } from '../keep-log/log.store.js';
import { HAND_OVER_TRIES, HOLD_CHANGES_MS } from '../limits.js';
import type { RecordChange } from '../record-change/record-change.js';
import { unrecorded } from '../record-change/unrecorded.js';

export interface HoldChangesParts {
  readonly domains: Pick<DomainStore, 'current'>;
  readonly standings: Pick<SlaveStandings, 'catchUp'>;
  readonly store: Pick<LogStore, 'hold' | 'letGo'>;
  readonly knownLog: KnownLog;
  readonly owners: Owners;
  readonly changes: Pick<RecordChange, 'record'>;
  /** An owner that takes no changes could not be told that it may: whoever looks after owners tells it. */
  readonly onUntold: () => void;
}

interface OwnedReference extends ObjectReference {
  readonly owner: ObjectOwner;
}

/**
 * While the master's place is handed over nothing changes: the owners take no change of what the domain shares, as on a slave, and the log doesn't grow. What was changed before and is
 * not in the log yet is recorded first, and the heir comes to it: the domain goes on from what the heir has.
 */
export class HoldChanges {
  private holding = false;

  constructor(private readonly parts: HoldChangesParts) {}

  get isHolding(): boolean {
    return this.holding;
  }

  /** `act` is given where the log stands, and gives what the heir lacks, empty: it has taken over. Gives why it has not, empty: it has. */
  async whileLevel(serverId: string, act: (position: number) => Promise<string>): Promise<string> {
    const { standings, changes } = this.parts;
    let lack = '';
    for (let tries = 0; tries < HAND_OVER_TRIES; tries += 1) {
      lack = await standings.catchUp(serverId);
      if (lack !== '') return lack;
      const held = await this.hold(act);
      ({ lack } = held);
      if (lack === '') return '';
      for (const { owner, kind, objectId } of held.unsaid) await changes.record(owner, { kind, objectId }, 'change');
    }
    return lack;
  }

  private async hold(act: (position: number) => Promise<string>): Promise<{ readonly lack: string; readonly unsaid: readonly OwnedReference[] }> {
    const { store, domains, knownLog, onUntold } = this.parts;
    this.holding = true;
    try {
      await store.hold(HOLD_CHANGES_MS);
      await this.keepObjects('received');
      const unsaid = await this.unsaid();
      const [first] = unsaid;
      if (first) return { unsaid, lack: `has not the ${first.kind.replaceAll('-', ' ')} "${first.objectId}" as it is on this master.` };
      return { unsaid, lack: await act(knownLog.state.head) };
    } finally {
      // Whoever is no longer the master has its objects from another one now.
      if ((await domains.current())?.role === 'master') await this.keepObjects('shared').catch(onUntold);
      this.holding = false;
      await store.letGo();
    }
  }

  private async keepObjects(as: 'shared' | 'received'): Promise<void> {
    for (const owner of OBJECT_OWNERS) {
      await this.parts.owners.client(ConfigurationService, owner).keepObjects({ as }).catch((error: unknown) => {
        throw refusal('unreachable', `The service ${owner} of this server does not answer, whose changes may not be known to all: ${ConnectError.from(error).rawMessage}`);
      });
    }
  }

  private async unsaid(): Promise<OwnedReference[]> {
    const { domains, knownLog, owners } = this.parts;
    await knownLog.refresh((await domains.current())?.epoch ?? knownLog.epoch);
    const entries = [...knownLog.state.entries()].filter(({ change }) => change === 'put');
    const ofOwner = async (owner: ObjectOwner): Promise<OwnedReference[]> => {
      const { objects } = await owners.client(ConfigurationService, owner).listSharedObjects({ kind: '', includeLocal: false });
      return unrecorded(objects, entries.filter((entry) => entry.owner === owner)).map((object) => ({ ...object, owner }));
    };
    return (await Promise.all(OBJECT_OWNERS.map(ofOwner))).flat();
  }
}
