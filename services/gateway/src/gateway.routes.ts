import type { Pool } from '@inkpost/postgres/pool.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { apiTokenRoutes } from './api-tokens/api-tokens.http.js';
import type { ApiTokens } from './api-tokens/known-api-tokens.js';
import { domainRoutes } from './domain/domain.http.js';
import { acceptanceRoutes } from './acceptance-conditions/acceptance-conditions.http.js';
import { ruleLabRoutes } from './acceptance-conditions/rule-lab.http.js';
import { senderAuthenticationRoutes } from './acceptance-conditions/sender-authentication.http.js';
import type { Route } from './answer-route/route.js';
import { associationRoutes, mailClientRoutes } from './associations/associations.http.js';
import { auditRoutes } from './audit/audit.http.js';
import type { AuditStore } from './audit/audit.store.js';
import type { Owners } from './call-owner/owners.js';
import { directoryRoutes } from './directories/directories.http.js';
import { peopleRoutes } from './directories/people.http.js';
import { balanceRoutes } from './charging/balances.http.js';
import { filterRoutes } from './charging/filters.http.js';
import { tariffRoutes } from './charging/tariffs.http.js';
import { docsRoutes } from './describe-api/docs.http.js';
import { globalObjectRoutes } from './domain/global-objects.http.js';
import { replicationRoutes } from './domain/replication.http.js';
import { consolidationRoutes } from './domain/consolidation.http.js';
import { documentRoutes } from './documents/documents.http.js';
import { PendingDocumentStore } from './documents/pending-documents.store.js';
import { PendingList } from './documents/pending-list.js';
import { finishingRoutes } from './finishing/finishing.http.js';
import { erasureRoutes } from './erasures/erasures.http.js';
import { guestRoutes } from './guests/guests.http.js';
import { type Health, healthRoutes } from './health/health.http.js';
import { homeRoutes } from './home/home.http.js';
import { jobRoutes } from './jobs/jobs.http.js';
import { type CertificateParts, serverCertificateRoutes } from './install-certificate/server-certificate.http.js';
import { journeyRoutes } from './journey/journey.http.js';
import type { JourneyStore } from './journey/journey.store.js';
import { locationRoutes } from './locations/locations.http.js';
import { logLevelRoutes } from './log-levels/log-levels.http.js';
import { canaryRoutes } from './mailbox-diagnosis/canary.http.js';
import { mailboxTestRoutes } from './mailbox-diagnosis/mailbox-test.http.js';
import { traceRoutes } from './mailbox-diagnosis/trace.http.js';
import { mailboxRoutes } from './mailboxes/mailboxes.http.js';
import { accountCardRoutes } from './account-cards/account-cards.http.js';
import { notificationEventRoutes } from './notification-events/notification-events.http.js';
import { pinPageRoutes } from './pins/pin-pages.http.js';
import { pinRoutes } from './pins/pins.http.js';
import { outgoingMailRoutes } from './outgoing-mail/outgoing-mail.http.js';
import { certificateRoutes, type ExportAuthority } from './print-api/certificate.http.js';
import { printerRoutes } from './queues/printers.http.js';
import { queueGroupRoutes } from './queues/queue-groups.http.js';
import { queueTraceRoutes } from './queues/queue-trace.http.js';
import { queueRoutes } from './queues/queues.http.js';
import type { AnonymousRights } from './rights/anonymous-rights.js';
import { profileRoutes } from './rights/profiles.http.js';
import { roleRoutes } from './rights/roles.http.js';
import { releaseRoutes } from './release/release.http.js';
import { releaseProfileRoutes } from './release-profiles/release-profiles.http.js';
import { releasePageRoutes } from './release-page/release-page.http.js';
import type { ReleaseSessionStore } from './release-page/release-session.store.js';
import { sendingServerRoutes } from './sending-server/sending-server.http.js';
import { serverRoutes } from './server/server.http.js';
import { statisticsRoutes } from './server/statistics.http.js';
import { sessionRoutes } from './sessions/session.http.js';
import { signOnRoutes } from './single-sign-on/sign-on.http.js';
import { singleSignOnRoutes } from './single-sign-on/single-sign-on.http.js';
import { userManagementRoutes } from './user-management/user-management-server.http.js';
import type { SessionStore } from './sessions/session.store.js';
import { troubledMessageRoutes } from './troubled-messages/troubled-messages.http.js';
import { confirmationRoutes } from './waiting-senders/confirmations.http.js';
import { waitingSenderRoutes } from './waiting-senders/waiting-senders.http.js';

export interface RouteParts {
  readonly owners: Owners;
  readonly sessions: SessionStore;
  readonly releaseSessions: ReleaseSessionStore;
  readonly apiTokens: ApiTokens;
  readonly anonymous: AnonymousRights;
  readonly audit: AuditStore;
  readonly journeys: JourneyStore;
  readonly pool: Pool;
  readonly log: Log;
  readonly health: Health;
  readonly exportAuthority: ExportAuthority;
  /** Of the certificate that the door between servers shows. */
  readonly doorCertificateSha256: () => Promise<string>;
  readonly serverCertificate: CertificateParts;
  readonly version: string;
}

/** All that the public door answers, on one screen. */
export function publicRoutes({ owners, sessions, releaseSessions, apiTokens, anonymous, audit, journeys, pool, log, health, exportAuthority, doorCertificateSha256, serverCertificate, version }: RouteParts): readonly Route[] {
  const pending = new PendingList(new PendingDocumentStore(pool), owners.jobs);
  const routes: readonly Route[] = [
    ...sessionRoutes(owners, sessions),
    ...signOnRoutes(owners, sessions),
    ...singleSignOnRoutes(owners),
    ...profileRoutes(owners, anonymous),
    ...roleRoutes(owners),
    ...apiTokenRoutes(owners, apiTokens),
    ...mailboxRoutes(owners),
    ...mailboxTestRoutes(owners),
    ...canaryRoutes(owners),
    ...traceRoutes(owners),
    ...associationRoutes(owners),
    ...mailClientRoutes(owners),
    ...acceptanceRoutes(owners),
    ...ruleLabRoutes(owners),
    ...senderAuthenticationRoutes(owners),
    ...finishingRoutes(owners),
    ...directoryRoutes(owners),
    ...peopleRoutes(owners),
    ...guestRoutes(owners),
    ...erasureRoutes(owners),
    ...userManagementRoutes(owners),
    ...sendingServerRoutes(owners),
    ...homeRoutes(owners, journeys, pending),
    ...waitingSenderRoutes(owners),
    ...confirmationRoutes(owners),
    ...queueRoutes(owners),
    ...queueTraceRoutes(owners),
    ...queueGroupRoutes(owners),
    ...printerRoutes(owners),
    ...locationRoutes(owners),
    ...tariffRoutes(owners),
    ...filterRoutes(owners),
    ...balanceRoutes(owners),
    ...jobRoutes(owners),
    ...documentRoutes(owners, journeys, pending),
    ...releaseRoutes(owners),
    ...releaseProfileRoutes(owners),
    ...releasePageRoutes(owners, releaseSessions),
    ...journeyRoutes(journeys),
    ...pinRoutes(owners),
    ...pinPageRoutes(owners),
    ...accountCardRoutes(owners),
    ...outgoingMailRoutes(owners),
    ...notificationEventRoutes(owners),
    ...serverRoutes(owners),
    ...domainRoutes(owners, doorCertificateSha256),
    ...certificateRoutes(exportAuthority),
    ...serverCertificateRoutes(serverCertificate),
    ...statisticsRoutes(owners, journeys),
    ...replicationRoutes(owners),
    ...globalObjectRoutes(owners),
    ...consolidationRoutes(owners),
    ...logLevelRoutes(owners, log),
    ...troubledMessageRoutes(pool),
    ...auditRoutes(audit, pool),
    ...healthRoutes(health),
    ...docsRoutes(() => routes, version),
  ];
  return routes;
}
