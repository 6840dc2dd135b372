import { setTimeout as sleep } from 'node:timers/promises';
import type { Member } from '../domain/domain.js';
import type { SlaveDesk } from '../deliver-orders/slave-desk.js';
import { CATCH_UP_LOOK_MS, CATCH_UP_MS } from '../limits.js';
import type { KnownLog } from '../keep-log/known-log.js';
import type { KnownDomain } from '../watch-domain/known-domain.js';

export interface SlaveStandingsParts {
  readonly known: KnownDomain;
  readonly knownLog: KnownLog;
  readonly desk: SlaveDesk;
  readonly wake: (serverId: string) => void;
}

export interface ObjectDifference {
  readonly kind: string;
  readonly objectId: string;
  readonly name: string;
  readonly position: number;
  /** missing: the slave has not the last version; extra: it is to go there; unapplied: it was taken and not applied. */
  readonly difference: 'missing' | 'extra' | 'unapplied';
  /** Empty unless unapplied. */
  readonly problem: string;
}

/** How far the slaves are, as the master knows, and having them called again: for administrators, and for who proved the maintenance password. */
export class SlaveStandings {
  constructor(private readonly parts: SlaveStandingsParts) {}

  /** All slaves; throws the PermanentFailures `domain.in-no-domain` and `domain.not-master` where this server has none. */
  async slaves(): Promise<readonly Member[]> {
    const { known } = this.parts;
    await known.demandMaster();
    return known.slaves;
  }

  /** What a slave has not as the master has it; undefined: it was not heard of since this server's start. */
  differences(serverId: string): ObjectDifference[] | undefined {
    const { knownLog: { state }, desk } = this.parts;
    const { heard } = desk.heardOf(serverId);
    if (!heard) return undefined;
    const missing = state.after(state.continues(heard) ? heard.position : 0).map(({ kind, objectId, name, change, position }) => ({ kind, objectId, name, position, difference: change === 'put' ? 'missing' as const : 'extra' as const, problem: '' }));
    return [...heard.unapplied.map((order) => ({ ...order, difference: 'unapplied' as const })), ...missing];
  }

  /** Calls a slave and waits a moment for it to have all that the master has. Gives why it has not; empty: it has. */
  async catchUp(serverId: string): Promise<string> {
    const since = Date.now();
    this.parts.wake(serverId);
    while (this.lackOf(serverId) !== '' && Date.now() < since + CATCH_UP_MS && !this.refuses(serverId, since)) await sleep(CATCH_UP_LOOK_MS);
    return this.lackOf(serverId);
  }

  /** It has said, since then, what of its orders it can't apply and why: waiting alone changes nothing. */
  private refuses(serverId: string, since: number): boolean {
    const { heard } = this.parts.desk.heardOf(serverId);
    return heard !== undefined && heard.heardAt.getTime() >= since && heard.unapplied.some(({ problem }) => problem !== '');
  }

  private lackOf(serverId: string): string {
    const { desk, knownLog: { state } } = this.parts;
    const { standing, heard } = desk.heardOf(serverId);
    if (!heard) return 'was not heard of since this server started.';
    if (heard.unappliedCount > 0) return `could not apply ${heard.unappliedCount} orders.`;
    if (heard.position < state.head) return `stands at ${heard.position} of ${state.head} orders.`;
    return standing === 'level' ? '' : 'has something else than this master, and is being healed.';
  }

  /** Calls them also where they could not be reached, and compares them object by object. */
  push(slaves: readonly Member[]): void {
    for (const { serverId } of slaves) {
      this.parts.desk.compare(serverId);
      this.parts.wake(serverId);
    }
  }
}
