import type { AddressGuard } from '@inkpost/admission/reach-server.js';
import type { GiveTicketCommand } from '@inkpost/contracts/domain/v1/admission_pb.js';
import type { AdmitServer } from '../admit-server/admit-server.js';
import type { ChangeMaster } from '../change-master/change-master.js';
import { createDomain, type CreateDomainParts, type DomainDescription } from '../create-domain/create-domain.js';
import { toMembership } from '../domain/membership-wire.js';
import { joinDomain, type LeaveToJoin } from '../join-domain/join-domain.js';
import type { LeaveDomain } from '../leave-domain/leave-domain.js';
import type { ReportFigures } from '../report-figures/report-figures.js';

export interface AdministerDomainParts extends CreateDomainParts {
  readonly admit: AdmitServer;
  readonly leave: LeaveDomain;
  readonly change: ChangeMaster;
  readonly report: ReportFigures;
  /** Where this server may be made to connect to. */
  readonly guard: AddressGuard;
  /** This server is in a domain now. */
  readonly onPlaceChanged: () => void;
}

/** What can be done with this server and its domain, whoever wants it: an administrator here, or who proved the maintenance password. All refusals are PermanentFailures. */
export class AdministerDomain {
  constructor(private readonly parts: AdministerDomainParts) {}

  async describe() {
    const { domains, own, report } = this.parts;
    const [{ serverId, name }, domain] = [await own.identity(), await domains.current()];
    return { role: domain?.role ?? 'single', serverId, serverName: name, version: own.version, ...(domain ? { membership: toMembership(domain, await domains.members()), problem: domain.role === 'slave' ? report.problem : '' } : {}) };
  }

  async create(wanted: DomainDescription): Promise<void> {
    await createDomain(wanted, this.parts);
    this.parts.onPlaceChanged();
  }

  async giveTicket(comer: Pick<GiveTicketCommand, 'serverId' | 'version' | 'now'>) {
    return { ...(await this.parts.admit.giveTicket(comer)), version: this.parts.own.version };
  }

  async join(leave: LeaveToJoin): Promise<void> {
    await joinDomain(leave, { ...this.parts, onJoined: () => this.parts.report.soon() });
    this.parts.onPlaceChanged();
  }

  async leave(withoutMaster: boolean): Promise<void> {
    await this.parts.leave.leave(withoutMaster);
  }

  /** Gives why the server has not heard it; empty: it has. */
  async remove(serverId: string): Promise<string> {
    return this.parts.leave.remove(serverId);
  }

  async promote(serverId: string): Promise<void> {
    await this.parts.change.promote(serverId);
  }
}
