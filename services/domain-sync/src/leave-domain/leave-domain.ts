import { ConnectError } from '@connectrpc/connect';
import { MembershipService } from '@inkpost/contracts/domain/v1/admission_pb.js';
import type { Log } from '@inkpost/telemetry/log.js';
import type { DomainStore } from '../domain/domain.store.js';
import type { MembershipStore } from '../domain/membership.store.js';
import { demandDomain, demandMaster, refusal } from '../domain/refuse.js';
import { SHORT_CALL_MS } from '../limits.js';
import type { DspClients } from '../reach-server/dsp-clients.js';

export interface LeaveDomainParts {
  readonly domains: DomainStore;
  readonly memberships: MembershipStore;
  readonly clients: DspClients;
  /** This server is in no domain any more. */
  readonly onPlaceChanged: () => void;
  readonly log: Log;
}

/** Servers go: a slave by itself, or because the master removes it. What it received stays with it as its own. */
export class LeaveDomain {
  constructor(private readonly parts: LeaveDomainParts) {}

  /** `withoutMaster`: also where the master does not hear of it, and goes on listing this server. Throws PermanentFailures with what is wrong. */
  async leave(withoutMaster: boolean): Promise<void> {
    const { domains, clients, log } = this.parts;
    const domain = await demandDomain(domains);
    const members = await domains.members();
    if (domain.role === 'master') {
      if (members.length > 1) throw refusal('not-slave', `This server is the master of ${members.length - 1} other ${members.length === 2 ? 'server' : 'servers'}: hand its place over first (wcli PROMOTE with /to), or remove the others.`);
      return this.standAlone();
    }
    const master = members.find(({ serverId }) => serverId === domain.masterId);
    try {
      if (master) await clients.clientFor(MembershipService, master).leave({}, { timeoutMs: SHORT_CALL_MS });
    } catch (error) {
      const { rawMessage } = ConnectError.from(error);
      if (!withoutMaster) throw refusal('unreachable', `The master ${master?.uri ?? ''} does not hear of it: ${rawMessage.replace(/[.\s]*$/u, '')}. Leave without it (wcli LEAVE with /force, "withoutMaster": true), and remove this server there.`);
      log.warning('domain left without its master', { error });
    }
    await this.standAlone();
  }

  /** The master hears that a slave leaves. */
  async letGo(serverId: string): Promise<void> {
    await demandMaster(this.parts.domains);
    await this.parts.memberships.remove(serverId);
    this.parts.log.info('server left the domain', { serverId });
  }

  /** The master removes a slave: its certificate is none from now on. Gives why the slave has not heard it; empty: it has. */
  async remove(serverId: string): Promise<string> {
    const { domains, memberships, clients, log } = this.parts;
    const domain = await demandMaster(domains);
    const member = await domains.member(serverId);
    if (!member) throw refusal('invalid', 'There is no such server in the domain.');
    if (serverId === domain.masterId) throw refusal('not-slave', 'The master is not removed: it hands its place over, or leaves as the last one.');
    // While its certificate holds it can be told.
    const problem = await clients.clientFor(MembershipService, member).dismiss({}, { timeoutMs: SHORT_CALL_MS }).then(() => '', (error: unknown) => ConnectError.from(error).rawMessage);
    await memberships.remove(serverId);
    log.info('server removed from the domain', { serverId, name: member.name, heard: problem === '' });
    return problem;
  }

  /** This server stands for itself again. */
  async standAlone(): Promise<void> {
    await this.parts.memberships.leave();
    this.parts.clients.forget();
    this.parts.log.info('domain left', {});
    this.parts.onPlaceChanged();
  }
}
