import { create, toBinary } from '@bufbuild/protobuf';
import { type Timestamp, timestampDate } from '@bufbuild/protobuf/wkt';
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import { type DismissRequest, type LeaveRequest, MembershipSchema, type MembershipService, type RenewCertificateRequest, type ReportRequest, type TakeOverRequest } from '@inkpost/contracts/domain/v1/admission_pb.js';
import type { ServerFigures } from '@inkpost/contracts/domain/v1/replication_pb.js';
import type { AdmitServer } from '../admit-server/admit-server.js';
import type { ChangeMaster } from '../change-master/change-master.js';
import type { Domain } from '../domain/domain.js';
import type { DomainStore } from '../domain/domain.store.js';
import type { Figures, MembershipStore } from '../domain/membership.store.js';
import { toMembership } from '../domain/membership-wire.js';
import { refusal } from '../domain/refuse.js';
import type { LeaveDomain } from '../leave-domain/leave-domain.js';
import { MEMBERSHIP_HOLDS_MS, SERVER_NAME_LENGTH_MAX } from '../limits.js';
import { peerOf, PEER_SERIAL_HEADER, SOURCE_HEADER } from './peer.js';

export interface MembershipRpcParts {
  readonly domains: DomainStore;
  readonly memberships: MembershipStore;
  readonly admit: AdmitServer;
  readonly leave: LeaveDomain;
  readonly change: ChangeMaster;
}

const DAY_MS = 86_400_000;

/** Between members: how they do, and how they come to know of each other. */
export class MembershipRpc implements ServiceImpl<typeof MembershipService> {
  private told: { readonly of: string; readonly until: number; readonly bytes: Promise<Uint8Array<ArrayBuffer>> } | undefined;

  constructor(private readonly parts: MembershipRpcParts) {}

  async report({ figures, revision, startedAt, hasAuthorityKey }: ReportRequest, context: HandlerContext) {
    const { domains, memberships, change } = this.parts;
    const { serverId } = peerOf(context);
    const [domain, member] = [await domains.current(), await domains.member(serverId)];
    // Who is no master says nothing but who is: that goes along with each call.
    if (domain?.role !== 'master' || !member || !figures) return {};
    const { requestHeader } = context;
    await memberships.noteFigures(serverId, saidFigures(figures, startedAt, member.name), requestHeader.get(SOURCE_HEADER) ?? '', requestHeader.get(PEER_SERIAL_HEADER) ?? '');
    const authorityKey = member.mayBePromoted && !hasAuthorityKey ? await change.keyFor(domain, member) : undefined;
    return { ...(authorityKey ? { authorityKey } : {}), ...(Number(revision) === domain.revision ? {} : { membership: await this.encodedMembership(domain) }) };
  }

  /** After a change all slaves ask at once, and are told the same: read and encoded once. For each of a thousand members, each of a thousand answers would cost 20 ms. */
  private encodedMembership(domain: Domain): Promise<Uint8Array<ArrayBuffer>> {
    const of = `${domain.domainId} ${domain.epoch} ${domain.revision}`;
    if (this.told?.of === of && this.told.until > performance.now()) return this.told.bytes;
    const bytes = this.parts.domains.members().then((members) => toBinary(MembershipSchema, create(MembershipSchema, toMembership(domain, members))));
    this.told = { of, until: performance.now() + MEMBERSHIP_HOLDS_MS, bytes };
    bytes.catch(() => {
      this.told = undefined;
    });
    return bytes;
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

/** As they may be kept and shown: whoever holds a member's certificate can say anything. */
function saidFigures({ name, version, load, diskFreeBytes, diskSizeBytes }: ServerFigures, startedAt: Timestamp | undefined, knownName: string): Figures {
  const line = (text: string): string => text.replaceAll(/\p{C}/gu, '').trim().slice(0, SERVER_NAME_LENGTH_MAX).toWellFormed();
  const bytes = (count: bigint): number => Math.min(Number(count), Number.MAX_SAFE_INTEGER);
  const started = startedAt && timestampDate(startedAt);
  return {
    name: line(name) || knownName, version: line(version), load: Number.isFinite(load) ? Math.max(0, load) : 0, diskFreeBytes: bytes(diskFreeBytes), diskSizeBytes: bytes(diskSizeBytes),
    startedAt: started && started.getTime() < Date.now() + DAY_MS ? started : new Date(),
  };
}
