import { createHash, X509Certificate } from 'node:crypto';
import { hostname } from 'node:os';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { Client } from '@connectrpc/connect';
import type { Meter } from '@opentelemetry/api';
import type { NotificationEventService } from '@inkpost/contracts/admin/v1/notification_pb.js';
import { RepeatedRound } from '@inkpost/service/repeated-round.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { as } from '../call-owner/owners.js';
import { describeCertificate } from '../install-certificate/describe-certificate.js';
import { LIMITS } from '../limits.js';
import { expiryStage } from './expiry-stage.js';

/** One that this server shows to somebody, or that such a one hangs on. */
export interface WatchedCertificate {
  readonly name: 'own' | 'installed' | 'domain' | 'domain-authority';
  readonly certificatePem: string;
}

export interface ExpiryWatchOptions {
  readonly certificates: () => Promise<readonly WatchedCertificate[]>;
  readonly owner: Client<typeof NotificationEventService>;
  readonly meter: Meter;
  readonly log: Log;
}

/** An administrator has to do something about those that nothing renews. */
const WARN_DAYS: Readonly<Record<WatchedCertificate['name'], readonly number[]>> = {
  own: LIMITS.certificateRenewalWarnDays, domain: LIMITS.certificateRenewalWarnDays, installed: LIMITS.certificateWarnDays, 'domain-authority': LIMITS.domainAuthorityWarnDays,
};
const DAY_MS = 86_400_000;
const CALLER = { actor: 'certificate-watch', rights: [] } as const;
const OUTCOMES_DONE: readonly string[] = ['told', 'told-before'];

/** Tells of certificates that will end soon, or have ended (V-08): in the log, in metrics, and by mail where an administrator wants it. */
export class ExpiryWatch {
  private readonly round: RepeatedRound;
  /** By certificate and stage: what was logged, and what needs not be told any more. */
  private readonly logged = new Set<string>();
  private readonly told = new Set<string>();

  constructor(private readonly options: ExpiryWatchOptions) {
    const { meter, log, certificates } = options;
    const left = meter.createObservableGauge('certificate_days_left', { description: 'Until a certificate ends, negative once it has, by which: own, installed, domain, domain-authority' });
    left.addCallback(async (result) => {
      for (const { name, certificatePem } of await certificates()) result.observe(daysLeft(certificatePem), { certificate: name });
    });
    this.round = new RepeatedRound({ everyMs: LIMITS.certificateLookMs, act: () => this.look(), onError: (error) => log.warning('end of certificates not told, the next round tries again', { error }) });
  }

  onApplicationBootstrap(): void {
    this.round.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.round.stop(LIMITS.drainMs);
  }

  /** A certificate that was just installed is looked at at once. */
  lookNow(): void {
    this.round.now();
  }

  /** One look at all of them. */
  async look(): Promise<void> {
    for (const watched of await this.options.certificates()) await this.lookAt(watched);
  }

  private async lookAt({ name, certificatePem }: WatchedCertificate): Promise<void> {
    const { subject, validTo, sha256, daysLeft } = describeCertificate(certificatePem, new Date());
    const stage = expiryStage(validTo, new Date(), WARN_DAYS[name]);
    if (stage === undefined) return;
    const occasionId = occasionOf(sha256, stage);
    const ended = stage === 0;
    const facts = { certificate: name, subject, endsAt: validTo.toISOString(), daysLeft };
    if (!this.logged.has(occasionId)) this.options.log.warning(ended ? 'certificate is expired' : 'certificate will expire soon', facts);
    this.logged.add(occasionId);
    if (this.told.has(occasionId)) return;
    const { outcome, answer } = await this.options.owner.tellCertificateEnd({ occasionId, server: hostname(), certificate: subject, endsAt: timestampFromDate(validTo), ended }, as(CALLER));
    if (OUTCOMES_DONE.includes(outcome)) this.told.add(occasionId);
    if (outcome === 'not-sent') this.options.log.warning('end of a certificate not mailed, the next round tries again', { ...facts, answer });
  }
}

function daysLeft(certificatePem: string): number {
  return (Date.parse(new X509Certificate(certificatePem).validTo) - Date.now()) / DAY_MS;
}

/** A UUID (version 8, RFC 9562) that all gateways and all starts come to. */
function occasionOf(sha256: string, stage: number): string {
  const hex = createHash('sha256').update(`certificate ${sha256} ${stage}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
