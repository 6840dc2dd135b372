import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { hostname } from 'node:os';
import type { Client, HandlerContext, ServiceImpl } from '@connectrpc/connect';
import { ProvenServer } from '@inkpost/admission/proven-server.js';
import { type AddressGuard, type ReachedServer, reachServer } from '@inkpost/admission/reach-server.js';
import type { AddServerRequest, CreateDomainRequest, DomainService, GetDomainRequest, JoinDomainRequest, LeaveDomainRequest, PromoteMemberRequest, RemoveMemberRequest, UpdateDomainRequest, UpdateMemberRequest } from '@inkpost/contracts/admin/v1/domain_pb.js';
import type { MaintenanceProofService } from '@inkpost/contracts/admin/v1/maintenance_proof_pb.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { invalidField, notFound } from '@inkpost/service/rpc-errors.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { checkDescription, checkUri } from '../create-domain/create-domain.js';
import type { DomainStore } from '../domain/domain.store.js';
import type { MembershipStore } from '../domain/membership.store.js';
import type { OwnServer } from '../domain/own-server.js';
import { demandMaster, refusal, refuseMember, refuseTakenAddress } from '../domain/refuse.js';
import { HOST_LENGTH_MAX, PASSWORD_LENGTH_MAX, SERVER_TAG_LENGTH_MAX, SERVER_TAGS_MAX } from '../limits.js';
import type { AdministerDomain } from './administer-domain.js';
import { proveLocally } from './prove-locally.js';

export interface DomainRpcParts {
  readonly administer: AdministerDomain;
  readonly domains: DomainStore;
  readonly memberships: MembershipStore;
  readonly own: OwnServer;
  readonly guard: AddressGuard;
  readonly passwords: Client<typeof MaintenanceProofService>;
  readonly log: Log;
}

/** The domain, for administrators of this server (DOM-008 to DOM-022). */
export class DomainRpc implements ServiceImpl<typeof DomainService> {
  constructor(private readonly parts: DomainRpcParts) {}

  async getDomain(_request: GetDomainRequest, context: HandlerContext) {
    authorize(context, 'configuration.read');
    return this.answer();
  }

  async createDomain(wanted: CreateDomainRequest, context: HandlerContext) {
    authorize(context, 'configuration.write');
    await this.parts.administer.create(wanted);
    return this.answer();
  }

  async updateDomain(wanted: UpdateDomainRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'configuration.write');
    await demandMaster(this.parts.domains);
    const description = checkDescription(wanted);
    await this.parts.memberships.describe(description);
    this.parts.log.info('domain described', { name: description.name, actor });
    return this.answer();
  }

  async addServer({ address, port, password, source, doorCertificateSha256 }: AddServerRequest, context: HandlerContext) {
    authorize(context, 'configuration.write');
    const { administer, domains, passwords } = this.parts;
    const uri = checkUri(address, port);
    await demandMaster(domains);
    await this.prove(password, source, passwords);
    await withServer(uri, this.parts.guard, async (slave) => {
      const { serverId, version, now, role, domainName } = slave.information;
      if (role !== 'single') throw refusal('in-a-domain', `${uri} is in the domain ${domainName} already, as its ${role}: it must leave that one first.`);
      const { ticket, masterUri } = await administer.giveTicket({ serverId, version, now: timestampFromDate(now) });
      await new ProvenServer(slave, password).domain({ command: { case: 'joinDomain', value: { ticket, masterUris: [masterUri], masterCertificateSha256: doorCertificateSha256, ownUri: uri } } });
    });
    return this.answer();
  }

  async joinDomain({ master, port, password, ownAddress, source }: JoinDomainRequest, context: HandlerContext) {
    authorize(context, 'configuration.write');
    const { administer, domains, own, passwords } = this.parts;
    const [uri, ownUri] = [checkUri(master, port), checkUri(ownAddress.trim() === '' ? hostname() : ownAddress)];
    await refuseMember(domains);
    await this.prove(password, source, passwords);
    await withServer(uri, this.parts.guard, async (server) => {
      const { serverId } = await own.identity();
      const leave = await new ProvenServer(server, password).ticket({ command: { case: 'giveTicket', value: { serverId, version: own.version, now: timestampFromDate(own.now()) } } });
      await administer.join({ ticket: leave.ticket, masterUris: [...new Set([uri, leave.masterUri])], masterCertificateSha256: leave.masterCertificateSha256, ownUri });
    });
    return this.answer();
  }

  async updateMember({ serverId, tags, dnsAlias, uri, mayBePromoted }: UpdateMemberRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'configuration.write');
    await demandMaster(this.parts.domains);
    const wanted = { serverId, tags: checkTags(tags), dnsAlias: checkLine('dnsAlias', dnsAlias), uri: checkUri(uri), mayBePromoted };
    const members = await this.parts.domains.members();
    refuseTakenAddress(members, wanted.uri, serverId);
    const isMember = members.some((member) => member.serverId === serverId);
    if (!isMember || !(await this.parts.memberships.updateMember(wanted))) throw notFound('server of the domain', serverId);
    this.parts.log.info('server of the domain changed', { serverId, mayBePromoted, actor });
    return this.answer();
  }

  async removeMember({ serverId }: RemoveMemberRequest, context: HandlerContext) {
    authorize(context, 'configuration.write');
    await demandMaster(this.parts.domains);
    if (!(await this.parts.domains.members()).some((member) => member.serverId === serverId)) throw notFound('server of the domain', serverId);
    return { problem: await this.parts.administer.remove(serverId) };
  }

  async leaveDomain({ withoutMaster }: LeaveDomainRequest, context: HandlerContext) {
    authorize(context, 'configuration.write');
    await this.parts.administer.leave(withoutMaster);
    return {};
  }

  async promoteMember({ serverId }: PromoteMemberRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'configuration.write');
    this.parts.log.warning('another master is wanted', { serverId, actor });
    await this.parts.administer.promote(serverId);
    return this.answer();
  }

  private async prove(password: string, source: string, passwords: DomainRpcParts['passwords']): Promise<void> {
    if (password === '' || password.length > PASSWORD_LENGTH_MAX) throw invalidField('password', `must have 1 to ${PASSWORD_LENGTH_MAX} characters`);
    await proveLocally(passwords, password, source);
  }

  private async answer() {
    return { domain: await this.parts.administer.describe() };
  }
}

async function withServer<T>(uri: string, guard: AddressGuard, act: (server: ReachedServer) => Promise<T>): Promise<T> {
  const server = await reachServer(uri, undefined, guard);
  try {
    return await act(server);
  } finally {
    server.close();
  }
}

function checkTags(tags: readonly string[]): string[] {
  const wanted = [...new Set(tags.map((tag) => tag.trim()))];
  const isGood = wanted.length <= SERVER_TAGS_MAX && wanted.every((tag) => tag !== '' && tag.length <= SERVER_TAG_LENGTH_MAX && !/\p{C}/u.test(tag));
  if (!isGood) throw invalidField('tags', `must be at most ${SERVER_TAGS_MAX} of 1 to ${SERVER_TAG_LENGTH_MAX} characters`);
  return wanted;
}

function checkLine(field: string, text: string): string {
  if (text.length > HOST_LENGTH_MAX || /\p{C}/u.test(text)) throw invalidField(field, `must be one line of at most ${HOST_LENGTH_MAX} characters`);
  return text.trim();
}
