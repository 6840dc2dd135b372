import { timestampDate } from '@bufbuild/protobuf/wkt';
import { CLOCK_DIFFERENCE_MAX_MS, checkClocks, checkVersions } from '@inkpost/admission/check-prerequisites.js';
import type { AdmitRequest, GiveTicketCommand } from '@inkpost/contracts/domain/v1/admission_pb.js';
import { PermanentFailure } from '@inkpost/failure/failure.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { type IssuedCertificate, issueMemberCertificate, openAuthority } from '@inkpost/trust/certificate-authority.js';
import { checkUri } from '../create-domain/create-domain.js';
import type { Domain, Member } from '../domain/domain.js';
import type { DomainStore } from '../domain/domain.store.js';
import type { MembershipStore } from '../domain/membership.store.js';
import { toMembership } from '../domain/membership-wire.js';
import type { OwnServer } from '../domain/own-server.js';
import { demandMaster, refusal, refuseTakenAddress } from '../domain/refuse.js';
import { MEMBER_CERTIFICATE_DAYS, SERVER_NAME_LENGTH_MAX } from '../limits.js';
import type { AdmissionStore, TicketVerdict } from './admission.store.js';

export interface AdmitServerParts {
  readonly domains: DomainStore;
  readonly memberships: MembershipStore;
  readonly admissions: AdmissionStore;
  readonly own: OwnServer;
  readonly log: Log;
}

export interface Ticket {
  readonly ticket: string;
  readonly masterUri: string;
  readonly domain: Domain;
}

const SEALING_KEY_BYTES = 32;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const REFUSED_TICKETS: Readonly<Record<Exclude<TicketVerdict, 'good'>, string>> = {
  used: 'This ticket was used already: joining needs a new one.',
  over: 'This ticket is over: it holds for ten minutes.',
  unknown: 'This ticket is none of this master.',
  'of-another': 'This ticket was given to another server.',
};

/** The master's part of joining. All that it refuses are PermanentFailures with an administrator's words. */
export class AdmitServer {
  constructor(private readonly parts: AdmitServerParts) {}

  /** For whoever proved the password: leave for one server to join. */
  async giveTicket({ serverId, version, now }: Pick<GiveTicketCommand, 'serverId' | 'version' | 'now'>): Promise<Ticket> {
    const { domains, admissions } = this.parts;
    const domain = await demandMaster(domains);
    if (!UUID.test(serverId)) throw refusal('invalid', 'The id of the server is none.');
    await this.checkComer(serverId, version, now ? timestampDate(now) : undefined);
    const master = await domains.member(domain.masterId);
    return { ticket: await admissions.giveTicket(serverId), masterUri: master?.uri ?? checkUri(domain.identifier), domain };
  }

  /** `source`: where the call comes from. */
  async admit(request: AdmitRequest, source: string) {
    const { domains, memberships, admissions, own, log } = this.parts;
    const domain = await demandMaster(domains);
    const verdict = await admissions.useTicket(request.ticket, request.serverId);
    if (verdict !== 'good') {
      log.warning('server not admitted', { serverId: request.serverId.slice(0, 36), reason: `ticket ${verdict}`, source });
      throw refusal('ticket', REFUSED_TICKETS[verdict]);
    }
    await this.checkComer(request.serverId, request.version, request.now ? timestampDate(request.now) : undefined);
    const uri = checkUri(request.uri);
    refuseTakenAddress(await domains.members(), uri, request.serverId);
    const issued = await this.certify(domain, request.serverId, request.certificateRequest);
    const member: Member = {
      serverId: request.serverId, name: nameOf(request.name), version: request.version, role: 'slave', uri, dns: nameOf(request.dns), dnsAlias: '', ip: source, tags: [],
      sealingPublicKey: sealingKeyOf(request.sealingPublicKey), certificateSerial: issued.serial, formerSerial: '', certificateEndsAt: issued.endsAt,
      // Sites behind the Internet are not trusted with the key that makes members.
      mayBePromoted: domain.settings.mode === 'bidirectional',
      joinedAt: own.now(), lastSeenAt: own.now(), startedAt: null, load: 0, diskFreeBytes: 0, diskSizeBytes: 0,
    };
    await memberships.admit(member);
    log.info('server admitted to the domain', { serverId: member.serverId, name: member.name, uri: member.uri, source });
    const now = await demandMaster(domains);
    return { certificate: issued.certificatePem, authorityCertificate: domain.authorityCertificatePem, membership: toMembership(now, await domains.members()) };
  }

  /** A new certificate for a member that has one: at once the only one that others need to know, and the old one until it is used. */
  async renew(serverId: string, certificateRequest: Uint8Array): Promise<string> {
    const domain = await demandMaster(this.parts.domains);
    const issued = await this.certify(domain, serverId, certificateRequest);
    await this.parts.memberships.certify(serverId, issued.serial, issued.endsAt);
    this.parts.log.info('certificate of a member renewed', { serverId, endsAt: issued.endsAt.toISOString() });
    return issued.certificatePem;
  }

  private async certify(domain: Domain, serverId: string, request: Uint8Array): Promise<IssuedCertificate> {
    const { domains, own } = this.parts;
    const keyPem = await domains.authorityKey();
    if (keyPem === undefined) throw refusal('not-master', 'This master has no key of its domain.');
    const authority = await openAuthority({ certificatePem: domain.authorityCertificatePem, keyPem });
    const issued = await issueMemberCertificate(authority, serverId, request, { now: own.now(), days: MEMBER_CERTIFICATE_DAYS });
    if (!issued) throw refusal('invalid', 'The request for a certificate is none, or not signed by its own key.');
    return issued;
  }

  private async checkComer(serverId: string, version: string, clock: Date | undefined): Promise<void> {
    const { domains, own } = this.parts;
    if (await domains.member(serverId)) {
      // It may have left without a word, or was set up anew from a backup: the master's administrator says that the old one is gone.
      throw refusal('in-a-domain', 'The domain has a server of this id already: remove it there first.');
    }
    try {
      checkVersions(own.version, version);
      checkClocks(own.now(), clock ?? new Date(own.now().getTime() - CLOCK_DIFFERENCE_MAX_MS - 1));
    } catch (error) {
      throw error instanceof PermanentFailure ? refusal(error.code.replace('admission.', ''), error.message) : error;
    }
  }
}

function nameOf(text: string): string {
  return text.replaceAll(/\p{C}/gu, '').trim().slice(0, SERVER_NAME_LENGTH_MAX);
}

/** X25519: 32 bytes, in base64 as it is written and in no other way, with nothing in it that a reader would leave out. */
function sealingKeyOf(text: string): string {
  const key = Buffer.from(text, 'base64');
  if (key.length !== SEALING_KEY_BYTES || key.toString('base64') !== text) throw refusal('invalid', 'The sealing key is none.');
  return text;
}
