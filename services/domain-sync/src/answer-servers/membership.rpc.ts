import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import type { DismissRequest, LeaveRequest, MembershipService, RenewCertificateRequest, ReportRequest, TakeOverRequest } from '@inkpost/contracts/domain/v1/admission_pb.js';
import type { AdmitServer } from '../admit-server/admit-server.js';
import type { ChangeMaster } from '../change-master/change-master.js';
import type { DomainStore } from '../domain/domain.store.js';
import type { MembershipStore } from '../domain/membership.store.js';
import { toMembership } from '../domain/membership-wire.js';
import { refusal } from '../domain/refuse.js';
import type { LeaveDomain } from '../leave-domain/leave-domain.js';
import { SERVER_NAME_LENGTH_MAX } from '../limits.js';
import { peerOf, PEER_SERIAL_HEADER, SOURCE_HEADER } from './peer.js';

export interface MembershipRpcParts {
  readonly domains: DomainStore;
  readonly memberships: MembershipStore;
  readonly admit: AdmitServer;
  readonly leave: LeaveDomain;
  readonly change: ChangeMaster;
}

/** Between members: how they do, and how they come to know of each other. */
export class MembershipRpc implements ServiceImpl<typeof MembershipService> {
  constructor(private readonly parts: MembershipRpcParts) {}

  async report({ figures, revision, startedAt, hasAuthorityKey }: ReportRequest, context: HandlerContext) {
    const { domains, memberships, change } = this.parts;
    const { serverId } = peerOf(context);
    const [domain, member] = [await domains.current(), await domains.member(serverId)];
    // Who is no master says nothing but who is: that goes along with each call.
    if (domain?.role !== 'master' || !member || !figures) return {};
    const { requestHeader } = context;
    const name = figures.name.replaceAll(/\p{C}/gu, '').trim().slice(0, SERVER_NAME_LENGTH_MAX) || member.name;
    await memberships.noteFigures(serverId, {
      name, version: figures.version.slice(0, SERVER_NAME_LENGTH_MAX), load: figures.load, startedAt: startedAt ? timestampDate(startedAt) : new Date(), diskFreeBytes: Number(figures.diskFreeBytes), diskSizeBytes: Number(figures.diskSizeBytes),
    }, requestHeader.get(SOURCE_HEADER) ?? '', requestHeader.get(PEER_SERIAL_HEADER) ?? '');
    const authorityKey = member.mayBePromoted && !hasAuthorityKey ? await change.keyFor(domain, member) : undefined;
    return { ...(authorityKey ? { authorityKey } : {}), ...(Number(revision) === domain.revision ? {} : { membership: toMembership(domain, await domains.members()) }) };
  }

  async renewCertificate({ certificateRequest }: RenewCertificateRequest, context: HandlerContext) {
    return { certificate: await this.parts.admit.renew(peerOf(context).serverId, certificateRequest) };
  }

  async leave(_request: LeaveRequest, context: HandlerContext) {
    await this.parts.leave.letGo(peerOf(context).serverId);
    return {};
  }

  async dismiss(_request: DismissRequest, context: HandlerContext) {
    if (peerOf(context).role !== 'master') throw refusal('not-master', 'Only the master removes servers.');
    await this.parts.leave.standAlone();
    return {};
  }

  async takeOver(request: TakeOverRequest, context: HandlerContext) {
    return { succession: await this.parts.change.takeOver(request, peerOf(context).serverId) };
  }
}
