import { fromBinary } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { X509Certificate } from 'node:crypto';
import { Code, ConnectError } from '@connectrpc/connect';
import { MembershipSchema, MembershipService } from '@inkpost/contracts/domain/v1/admission_pb.js';
import { RepeatedRound } from '@inkpost/service/repeated-round.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { requestMembership } from '@inkpost/trust/certificate-authority.js';
import type { AdmitServer } from '../admit-server/admit-server.js';
import type { ChangeMaster } from '../change-master/change-master.js';
import type { Domain, Member } from '../domain/domain.js';
import type { DomainStore } from '../domain/domain.store.js';
import type { MembershipStore } from '../domain/membership.store.js';
import type { OwnServer } from '../domain/own-server.js';
import { MEMBER_CERTIFICATE_RENEW_DAYS, OTHERS_ASKED, REPORT_AGAIN_MS, REPORT_EVERY_MS, REPORT_JITTER_MS, SHORT_CALL_MS } from '../limits.js';
import type { DspClients } from '../reach-server/dsp-clients.js';
import { spreadMs } from './spread.js';

export interface ReportFiguresParts {
  readonly domains: DomainStore;
  readonly memberships: MembershipStore;
  readonly clients: DspClients;
  readonly own: OwnServer;
  readonly change: ChangeMaster;
  readonly admit: AdmitServer;
  readonly log: Log;
}

const DAY_MS = 86_400_000;
const STOP_MS = 1_000;

/**
 * A member keeps its place: it says how it does, hears what changed in the domain, and has its certificate renewed. It always calls the master, in both modes; where that one does not
 * answer it asks others who is master. A master asks too: it may have been lost, and another one been promoted.
 */
export class ReportFigures {
  private readonly rounds: RepeatedRound;
  private unanswered = '';
  private later: { readonly at: number; readonly timer: NodeJS.Timeout } | undefined;

  constructor(private readonly parts: ReportFiguresParts) {
    const onError = (error: unknown): void => parts.log.warning('the other servers of the domain were not asked, tried again', { error });
    this.rounds = new RepeatedRound({ everyMs: REPORT_EVERY_MS + Math.random() * REPORT_JITTER_MS, act: () => this.report(), onError });
  }

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop(STOP_MS);
  }

  /** Why the master did not answer the last time; empty: it did. */
  get problem(): string {
    return this.unanswered;
  }

  /** Something changed: not only in a minute. */
  soon(): void {
    this.rounds.now();
  }

  /** The master says that the domain changed, as it does to all of so many members. */
  soonAmong(members: number): void {
    this.soonIn(spreadMs(members, Math.random()));
  }

  /** Who is master is told to all of whom this server knows, as far as they are reached. */
  async tellOthers(): Promise<void> {
    const others = await this.others();
    for (let at = 0; at < others.length; at += 16) {
      await Promise.allSettled(others.slice(at, at + 16).map((member) => this.parts.clients.clientFor(MembershipService, member).report({}, { timeoutMs: SHORT_CALL_MS })));
    }
  }

  async report(): Promise<void> {
    const { domains, memberships, own } = this.parts;
    const domain = await domains.current();
    if (!domain) return;
    const { serverId } = await own.identity();
    // Its own certificate is in use: what it had before is none from now on.
    await memberships.noteFigures(serverId, await own.figures(), '', new X509Certificate(domain.certificatePem).serialNumber.toLowerCase());
    await this.renew(domain, serverId);
    const master = domain.role === 'slave' ? await domains.member(domain.masterId) : undefined;
    if (master && (await this.reportTo(domain, master))) return;
    if (master) this.soonIn(REPORT_AGAIN_MS * (1 + Math.random()));
    await this.askOthers();
  }

  /** Where it is to be sooner already, that stays. */
  private soonIn(ms: number): void {
    const at = performance.now() + ms;
    if (this.later && this.later.at <= at) return;
    clearTimeout(this.later?.timer);
    const timer = setTimeout(() => {
      this.later = undefined;
      this.rounds.now();
    }, ms).unref();
    this.later = { at, timer };
  }

  /** False: it does not answer. */
  private async reportTo(domain: Domain, master: Member): Promise<boolean> {
    const { domains, memberships, clients, own, change, log } = this.parts;
    const { startedAt, diskFreeBytes, diskSizeBytes, ...figures } = await own.figures();
    try {
      const { membership, authorityKey } = await clients.clientFor(MembershipService, master).report({
        figures: { ...figures, diskFreeBytes: BigInt(diskFreeBytes), diskSizeBytes: BigInt(diskSizeBytes) }, startedAt: timestampFromDate(startedAt),
        revision: BigInt(domain.revision), hasAuthorityKey: (await domains.authorityKey()) !== undefined,
      });
      if (membership.length > 0) await memberships.hear(fromBinary(MembershipSchema, membership));
      if (authorityKey) await memberships.keepAuthorityKey(domain.domainId, await change.openKey(domain, authorityKey));
      this.unanswered = '';
      return true;
    } catch (error) {
      this.unanswered = whyUnanswered(ConnectError.from(error));
      log.warning('the master of the domain does not answer', { masterId: master.serverId, uri: master.uri, error });
      return false;
    }
  }

  /** Their answers bear who is master. */
  private async askOthers(): Promise<void> {
    const others = (await this.others()).map((member) => ({ member, at: Math.random() })).toSorted((one, other) => one.at - other.at);
    await Promise.allSettled(others.slice(0, OTHERS_ASKED).map(({ member }) => this.parts.clients.clientFor(MembershipService, member).report({}, { timeoutMs: SHORT_CALL_MS })));
  }

  private async others(): Promise<Member[]> {
    const { serverId } = await this.parts.own.identity();
    return (await this.parts.domains.members()).filter((member) => member.serverId !== serverId);
  }

  private async renew(domain: Domain, serverId: string): Promise<void> {
    const { domains, memberships, clients, own, admit, log } = this.parts;
    const { validTo, validFrom } = new X509Certificate(domain.certificatePem);
    const now = own.now().getTime();
    // Not valid yet: it was issued by a clock that was wrong.
    if (Date.parse(validTo) - now > MEMBER_CERTIFICATE_RENEW_DAYS * DAY_MS && Date.parse(validFrom) <= now) return;
    const { request, keyPem } = await requestMembership(serverId);
    const master = await domains.member(domain.masterId);
    if (!master) return;
    try {
      const certificate = domain.role === 'master' ? await admit.renew(serverId, request) : (await clients.clientFor(MembershipService, master).renewCertificate({ certificateRequest: request })).certificate;
      const issued = new X509Certificate(certificate);
      if (Date.parse(issued.validFrom) > now) throw new Error(`It is valid from ${issued.validFrom}: the clock of the master, or of this server, is wrong.`);
      await memberships.keepCertificate(domain.domainId, certificate, keyPem);
      clients.forget();
      log.info('certificate of this server renewed', { endsAt: issued.validTo });
    } catch (error) {
      log.warning('certificate of this server not renewed, tried again', { endsAt: validTo, error });
    }
  }
}

function whyUnanswered({ code, rawMessage }: ConnectError): string {
  const isRefused = code === Code.Unauthenticated || code === Code.PermissionDenied;
  return isRefused ? 'The master refuses this server: it was removed from the domain there. Leave the domain here, and join again if that is wanted.' : `The master does not answer: ${rawMessage}`;
}
