import { createPrivateKey, X509Certificate } from 'node:crypto';
import { Code, ConnectError } from '@connectrpc/connect';
import { MembershipService, type TakeOverRequest } from '@inkpost/contracts/domain/v1/admission_pb.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { signSuccession } from '@inkpost/trust/succession.js';
import type { Domain, Member } from '../domain/domain.js';
import type { DomainStore } from '../domain/domain.store.js';
import type { MembershipStore } from '../domain/membership.store.js';
import { toMembership } from '../domain/membership-wire.js';
import { demandDomain, demandMaster, demandSlave, refusal } from '../domain/refuse.js';
import type { Succeed } from '../domain/succeed.js';
import { SHORT_CALL_MS } from '../limits.js';
import type { BuiltReplication } from '../domain-sync.replication.js';
import type { DspClients } from '../reach-server/dsp-clients.js';
import type { HoldChanges } from './hold-changes.js';
import { openOfMember, sealForMember, type SealedForMember, type SealedPlace } from '../seal-secrets/seal-for-member.js';

export interface ChangeMasterParts {
  readonly domains: DomainStore;
  readonly memberships: MembershipStore;
  readonly clients: Pick<DspClients, 'clientFor'>;
  readonly succeed: Succeed;
  readonly ownId: () => Promise<string>;
  /** Where this server stands in the log, and how much of it it could not apply. */
  readonly place: BuiltReplication['place'];
  /** As `HoldChanges`: on a master, has something done while a slave has all that it has. */
  readonly whileLevel: HoldChanges['whileLevel'];
  /** This server is the master now. */
  readonly onPlaceChanged: () => void;
  /** Every server it knows is told, sooner or later. */
  readonly tellOthers: () => void;
  readonly log: Log;
}

/** Another server becomes the master: handed over by the one that is, or taken by one that may, because that one is lost. Each change is a new epoch, signed by the authority. */
export class ChangeMaster {
  constructor(private readonly parts: ChangeMasterParts) {}

  /** `serverId`: empty or this server's own is this server, which takes the place of a lost master; another is a slave of this master. Throws PermanentFailures. */
  async promote(serverId: string): Promise<void> {
    const own = await this.parts.ownId();
    const domain = await demandDomain(this.parts.domains);
    if (serverId !== '' && serverId !== own) return this.handOver(serverId);
    if (domain.role === 'master') throw refusal('not-slave', 'This server is the master already.');
    return this.takePlace();
  }

  /** On the slave: the master hands its place over. Gives the signed statement. */
  async takeOver({ authorityKey: sealedKey, membership, position }: TakeOverRequest, masterId: string): Promise<string> {
    const { domains, memberships } = this.parts;
    const domain = await demandSlave(domains);
    if (masterId !== domain.masterId) throw refusal('not-master', 'Only the master hands its place over.');
    const here = await this.parts.place();
    if (here.pendingCount > 0) throw refusal('not-level', `could not apply ${here.pendingCount} orders.`);
    if (here.position !== Number(position)) throw refusal('not-level', `stands at ${here.position} of ${position} orders.`);
    if (membership) await memberships.hear(membership);
    if (sealedKey) await memberships.keepAuthorityKey(domain.domainId, await this.openKey(domain, sealedKey));
    return this.reign(domain);
  }

  /** The authority's key for a member that may be promoted, sealed for it alone. */
  async keyFor(domain: Domain, { serverId, sealingPublicKey }: Pick<Member, 'serverId' | 'sealingPublicKey'>): Promise<SealedForMember | undefined> {
    const key = await this.parts.domains.authorityKey();
    return key === undefined ? undefined : sealForMember(sealingPublicKey, placeOf(domain.domainId, serverId), key);
  }

  /** Throws the PermanentFailure `domain.foreign-certificate` for another authority's key. */
  async openKey(domain: Domain, sealed: SealedForMember): Promise<string> {
    const sealingKey = await this.parts.domains.sealingKey();
    const keyPem = await openOfMember(sealingKey ?? '', placeOf(domain.domainId, await this.parts.ownId()), sealed);
    if (!new X509Certificate(domain.authorityCertificatePem).checkPrivateKey(createPrivateKey(keyPem))) throw refusal('foreign-certificate', 'The key is not that of the domain.');
    return keyPem;
  }

  private async handOver(serverId: string): Promise<void> {
    const { domains, log } = this.parts;
    const domain = await demandMaster(domains);
    // Compared here, not in the database: people give names for identifiers.
    const heir = (await domains.members()).find((member) => member.serverId === serverId);
    if (!heir) throw refusal('invalid', `There is no server "${serverId}" in the domain: give its identifier, as GET /api/v0/domain (wcli LIST) shows it.`);
    // What it has not would be lost: the domain goes on from what the new master has.
    const lack = await this.parts.whileLevel(serverId, (position) => this.handOverAt(position, domain, heir));
    if (lack !== '') throw refusal('not-level', `${heir.name} ${lack} What it has not would be lost; GET /api/v0/domain/servers/${serverId}/differences (wcli DIFF) says more.`);
    log.info('place of the master handed over', { to: heir.serverId, name: heir.name });
    this.parts.tellOthers();
  }

  /** Gives what the heir lacks; empty: it is the master now. */
  private async handOverAt(position: number, domain: Domain, heir: Member): Promise<string> {
    const { domains, clients, succeed } = this.parts;
    const authorityKey = await this.keyFor(domain, heir);
    const membership = toMembership(domain, await domains.members());
    const client = clients.clientFor(MembershipService, heir);
    try {
      const { succession } = await client.takeOver({ membership, position: BigInt(position), ...(authorityKey ? { authorityKey } : {}) });
      await succeed.hear(succession);
      return '';
    } catch (error) {
      const { code, rawMessage } = ConnectError.from(error);
      if (code === Code.FailedPrecondition) return rawMessage;
      // Perhaps it took over, and its answer was lost: each of its answers says who is master.
      await client.report({}, { timeoutMs: SHORT_CALL_MS }).catch(() => undefined);
      if ((await domains.current())?.role === 'slave') return '';
      throw refusal('unreachable', `${heir.name} did not take over: ${rawMessage}`);
    }
  }

  private async takePlace(): Promise<void> {
    const { domains, clients } = this.parts;
    const domain = await demandSlave(domains);
    if ((await domains.authorityKey()) === undefined) {
      throw refusal('not-promotable', 'This server was not given the key of the domain: promote one of those that may be promoted. Where none is left, make this one single (wcli SINGLEIFY), create a new domain and add the others to it.');
    }
    const master = await domains.member(domain.masterId);
    const answers = master ? await clients.clientFor(MembershipService, master).report({}, { timeoutMs: SHORT_CALL_MS }).then(() => true, () => false) : false;
    const now = await demandSlave(domains);
    if (answers && now.masterId === domain.masterId) throw refusal('not-promotable', `The master ${master?.name ?? ''} answers: have it hand its place over.`);
    await this.reign(now);
    this.parts.tellOthers();
  }

  private async reign(domain: Domain): Promise<string> {
    const { domains, memberships, succeed, log } = this.parts;
    const [keyPem, masterId] = [await domains.authorityKey(), await this.parts.ownId()];
    const own = await domains.member(masterId);
    if (keyPem === undefined || !own) throw refusal('not-promotable', 'This server has not got the key of the domain.');
    const statement = await signSuccession({ domainId: domain.domainId, epoch: domain.epoch + 1, masterId, masterUri: own.uri }, keyPem);
    await memberships.becomeMaster();
    await succeed.hear(statement);
    await memberships.updateMember({ ...own, mayBePromoted: true });
    log.warning('this server is the master now', { epoch: domain.epoch + 1 });
    this.parts.onPlaceChanged();
    return statement;
  }
}

function placeOf(domainId: string, serverId: string): SealedPlace {
  return { domainId, serverId, kind: 'domain-authority', objectId: domainId, position: 0 };
}
