import { type BeforeApplicationShutdown, type DynamicModule, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import { BalanceService, FilterService, TariffService } from '@inkpost/contracts/admin/v1/charging_pb.js';
import { ConfigurationService } from '@inkpost/contracts/admin/v1/configuration_pb.js';
import { QueueGroupService } from '@inkpost/contracts/admin/v1/queue_groups_pb.js';
import { LocationService } from '@inkpost/contracts/admin/v1/locations_pb.js';
import { OwnDocumentService } from '@inkpost/contracts/admin/v1/own_documents_pb.js';
import { ReleaseProfileService } from '@inkpost/contracts/admin/v1/release_profiles_pb.js';
import { QueueTraceService } from '@inkpost/contracts/admin/v1/queue_traces_pb.js';
import { PrintApiService } from '@inkpost/contracts/admin/v1/print_api_pb.js';
import { PrinterService } from '@inkpost/contracts/admin/v1/printers_pb.js';
import { SendingServerService } from '@inkpost/contracts/admin/v1/sending_server_pb.js';
import { FinishingService, JobService, QueueService, ReleaseService } from '@inkpost/contracts/admin/v1/print_pb.js';
import type { ConfigOf } from '@inkpost/config/config.js';
import { FlowClient } from '@inkpost/flow/flow-client.js';
import { flowControllers } from '@inkpost/flow/flow-handlers.js';
import { sqlName } from '@inkpost/postgres/pool.js';
import { addressRules } from '@inkpost/server-connection/address-rules.js';
import { CONTROL_ROUTES, type ControlRoutes } from '@inkpost/service/control-routes.js';
import { masterKeyOf } from '@inkpost/service/master-key.js';
import type { ServiceDefinition, ServiceRuntime } from '@inkpost/service/service-definition.js';
import { OwnerConfiguration } from '@inkpost/shared-object/owner-configuration.js';
import { idIn, idInSettings, withProvenance } from '@inkpost/shared-object/with-provenance.js';
import { Spool } from '@inkpost/spool/spool.js';
import { DocumentConverter } from './convert-document/document-converter.js';
import { FinishingChanges } from './change-finishing/finishing-changes.js';
import { OwnerChange } from './change-owner/owner-change.js';
import { BalanceRpc } from './balances/balance.rpc.js';
import { BalanceStore } from './balances/balance.store.js';
import { QuotaStore } from './balances/quota.store.js';
import { RefundStore } from './balances/refund.store.js';
import { LimitsLeft } from './balances/limits-left.js';
import { Standings } from './balances/standings.js';
import { Deliveries } from './deliver-job/deliveries.js';
import { DeliveryResults } from './deliver-job/delivery-results.js';
import { DeliveryStore } from './deliver-job/delivery.store.js';
import { DocumentDelivery } from './deliver-job/document-delivery.js';
import { LeaseStore } from './deliver-job/lease.store.js';
import { ReleasedJobs } from './deliver-job/released-jobs.js';
import { ExpiryStore } from './expire-job/expiry.store.js';
import { JobExpiry } from './expire-job/job-expiry.js';
import { FinishingRpc } from './finishing/finishing.rpc.js';
import { FinishingStore } from './finishing/finishing.store.js';
import { AccountErasedHandler } from './follow-account/account-erased.handler.js';
import { AccountMergedHandler } from './follow-account/account-merged.handler.js';
import { ErasedJobStore } from './follow-account/erased-jobs.store.js';
import { FormerAccountStore } from './follow-account/former-account.store.js';
import { ForgetMailboxHandler } from './finishing/forget-mailbox.handler.js';
import { PrismaClient } from './gen/prisma/client.js';
import { HoldStore } from './hold-job/hold.store.js';
import { KnownSettings } from './hold-job/known-settings.js';
import { OwnerResolvedHandler } from './hold-job/owner-resolved.handler.js';
import { PukHasher, PukIssuer } from './hold-job/puk.js';
import { JobCancellation } from './manage-jobs/job-cancellation.js';
import { JobRpc } from './manage-jobs/job.rpc.js';
import { JobStore } from './manage-jobs/job.store.js';
import { JobEndings } from './print-job/job-endings.js';
import { LocationRpc } from './locations/location.rpc.js';
import { LocationStore } from './locations/location.store.js';
import { PrintMetrics } from './print-metrics.js';
import { printSubmitConfig } from './print-submit.config.js';
import { KnownQueues } from './queues/known-queues.js';
import { printerOpener } from './queues/open-printer.js';
import { PrinterWatch } from './queues/printer-watch.js';
import { PrinterStore } from './queues/printer.store.js';
import { QueueNotices } from './queue-notices/queue-notices.js';
import { CodeRequests } from './request-code/code-requests.js';
import { QueueRpc } from './queues/queue.rpc.js';
import { QueueStore } from './queues/queue.store.js';
import { GroupStore } from './queue-groups/group.store.js';
import { QueueGroupRpc } from './queue-groups/group.rpc.js';
import { FaultRedirection } from './redirect-job/fault-redirection.js';
import { RedirectionStore } from './redirect-job/redirection.store.js';
import { DocumentDeletion } from './own-documents/document-deletion.js';
import { OwnDocumentRpc } from './own-documents/own-document.rpc.js';
import { OwnDocumentStore } from './own-documents/own-document.store.js';
import { CodeGate } from './release-job/code-gate.js';
import { JobRelease } from './release-job/job-release.js';
import { ReleaseAdmission } from './release-job/release-admission.js';
import { ReleaseRpc } from './release-job/release.rpc.js';
import { JobReprint } from './reprint-job/job-reprint.js';
import { ReleaseProfileRpc } from './release-profiles/release-profile.rpc.js';
import { ReleaseProfileStore } from './release-profiles/release-profile.store.js';
import { FilterRpc } from './filters/filter.rpc.js';
import { FilterStore } from './filters/filter.store.js';
import { ChargingChange } from './tariffs/charging-change.js';
import { TariffRpc } from './tariffs/tariff.rpc.js';
import { TariffStore } from './tariffs/tariff.store.js';
import { KnownCharging } from './tariffs/known-charging.js';
import { PrintApiRpc } from './serve-programs/print-api.rpc.js';
import { PrintApiStore } from './serve-programs/print-api.store.js';
import { QueueTraceRpc } from './trace-queue/queue-trace.rpc.js';
import { QueueTraceStore } from './trace-queue/queue-trace.store.js';
import { QueueTraces } from './trace-queue/queue-traces.js';
import { JobSender } from './send-job/job-sender.js';
import { SentJobs } from './send-job/sent-jobs.js';
import { printKinds } from './share-objects/print-kinds.js';
import { SentJobStore } from './send-job/sent-job.store.js';
import { CurrentSendingServer } from './sending-server/current-sending-server.js';
import { SendingServerRpc } from './sending-server/sending-server.rpc.js';
import { SendingServerStore } from './sending-server/sending-server.store.js';
import { PrinterRpc } from './test-printer/printer.rpc.js';

type Runtime = ServiceRuntime<ConfigOf<typeof printSubmitConfig>>;

/** Everything print-submit is made of, each part once. */
function assemble(runtime: Runtime) {
  const { pool, flow, log, tracer, config } = runtime;
  const masterKey = masterKeyOf(config, runtime.secrets);
  const hasher = new PukHasher(masterKey);
  const puks = new PukIssuer(masterKey, hasher);
  const spool = new Spool(pool, masterKey, config.spoolFolder);
  const metrics = new PrintMetrics(runtime.meter, pool);
  const charging = new KnownCharging(pool);
  const standings = new Standings(pool);
  const notices = new QueueNotices(pool, new LimitsLeft(pool, charging, standings));
  const endings = new JobEndings(flow, spool, notices, log);
  const results = new DeliveryResults(new DeliveryStore(pool, flow), endings, metrics, log, charging);
  const printers = new PrinterStore(pool);
  const converter = new DocumentConverter({ program: config.ghostscript, folder: config.spoolFolder });
  const rules = addressRules(config.linkLocalServers);
  const traceStore = new QueueTraceStore(pool);
  const traces = new QueueTraces(traceStore, log);
  const openPrinter = printerOpener(rules, (queueId) => traces.of(queueId));
  const watch = new PrinterWatch(printers, openPrinter, log);
  const deliveries = new Deliveries(new LeaseStore(pool), {
    delivery: new DocumentDelivery(results, spool, metrics, printers, converter), results, printers, log, tracer, sendsMax: config.sendsPerPrinterMax, openPrinter,
  });
  const expiry = new JobExpiry({ store: new ExpiryStore(pool, flow), endings, notices, metrics, tracer, log, jobHistoryDays: config.jobHistoryDays });
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool, { schema: sqlName(runtime.service) }) });
  const admission = new ReleaseAdmission(charging, standings);
  const jobs = new JobStore(pool);
  const chargingChanges = new ChargingChange(prisma, charging);
  const tariffRpc = new TariffRpc(new TariffStore(prisma, chargingChanges), charging);
  const filterRpc = new FilterRpc(new FilterStore(prisma, chargingChanges), charging);
  const balanceRpc = new BalanceRpc({
    balances: new BalanceStore(pool, prisma, chargingChanges), quotas: new QuotaStore(prisma, chargingChanges), refunds: new RefundStore(pool, flow), standings, jobs, known: charging,
  });
  const finishing = new FinishingStore(pool, prisma);
  const queues = new QueueStore(prisma, chargingChanges);
  const onQueueChanged = (queueId: string): void => {
    watch.lookNow();
    deliveries.wake(queueId, true);
  };
  const queueRpc = new QueueRpc(queues, onQueueChanged);
  const configuration = new OwnerConfiguration({ pool, masterKey, log, kindsOver: (own) => printKinds(own, charging, onQueueChanged) });
  const sendingServers = new SendingServerStore(pool, flow, masterKey);
  const currentSending = new CurrentSendingServer(sendingServers, rules);
  const sentJobStore = new SentJobStore(pool, flow);
  const sentJobs = new SentJobs(sentJobStore, new JobSender({ store: sentJobStore, endings, spool, metrics, log }), currentSending, log);
  const released = new ReleasedJobs(metrics, deliveries, sentJobs);
  const release = new JobRelease(flow, new CodeGate(hasher), metrics, tracer, admission, released);
  const locations = new LocationStore(prisma);
  const sendingRpc = new SendingServerRpc({ store: sendingServers, current: currentSending, locations, rules, log, onChanged: () => sentJobs.wake() });
  const redirections = new RedirectionStore(pool, flow);
  const ownDocuments = new OwnDocumentStore(pool);
  const finishingChanges = new FinishingChanges(pool, flow);
  const cancellation = new JobCancellation(jobs, endings, openPrinter, metrics, tracer, charging, sentJobs);
  const onMoved = (queueId: string): void => deliveries.wake(queueId);
  return {
    configuration, metrics, deliveries, converter, traces, traceRpc: new QueueTraceRpc(traceStore, traces, log), faultRedirection: new FaultRedirection(redirections, onMoved, log), groupRpc: new QueueGroupRpc(new GroupStore(prisma, chargingChanges)), expiry, watch, prisma, spool, endings,
    tariffRpc, filterRpc, balanceRpc, standings, formerAccounts: new FormerAccountStore(pool, flow), erasedJobs: new ErasedJobStore(pool),
    hold: new HoldStore(pool, flow, spool), settings: new KnownSettings(new KnownQueues(pool), finishing, charging, notices, sendingServers), puks, sentJobs, sentJobStore, released, sendingRpc,
    queueRpc, printerRpc: new PrinterRpc(queues, openPrinter, rules, config.ghostscript), locationRpc: new LocationRpc(locations), finishingRpc: new FinishingRpc(finishing, log), printApiRpc: new PrintApiRpc({ store: new PrintApiStore(pool), queues, locations, finishing, cancellation }), jobRpc: new JobRpc(jobs, release, cancellation, redirections, finishingChanges, new OwnerChange({ flow, puks, notices, charging, tracer }), new JobReprint(pool, flow, spool, released, tracer), onMoved), releaseRpc: new ReleaseRpc(release, new CodeRequests(flow, puks, notices), log),
    ownDocumentRpc: new OwnDocumentRpc(ownDocuments, release, new DocumentDeletion(ownDocuments, endings, metrics, tracer), finishingChanges, admission), releaseProfileRpc: new ReleaseProfileRpc(new ReleaseProfileStore(prisma, pool)),
  };
}

type Parts = ReturnType<typeof assemble>;

/** The loops run while the service does. */
class PrintLoops implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(private readonly parts: Pick<Parts, 'deliveries' | 'converter' | 'traces' | 'expiry' | 'watch' | 'faultRedirection' | 'sentJobs' | 'prisma' | 'configuration'>) {}

  onApplicationBootstrap(): void {
    const { traces, deliveries, expiry, watch, faultRedirection, sentJobs } = this.parts;
    for (const loop of [traces, deliveries, expiry, watch, faultRedirection, sentJobs]) loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    const { traces, deliveries, converter, expiry, watch, faultRedirection, sentJobs, prisma, configuration } = this.parts;
    const stopped = Promise.all([deliveries, expiry, watch, faultRedirection, sentJobs].map((loop) => loop.stop()));
    converter.stop();
    await stopped;
    await traces.stop();
    await Promise.all([prisma.$disconnect(), configuration.onModuleDestroy()]);
  }
}

const handlers = {
  'account.owner-resolved.v1': OwnerResolvedHandler,
  'mailbox.deleted.v1': ForgetMailboxHandler,
  'account.merged.v1': AccountMergedHandler,
  'account.erased.v1': AccountErasedHandler,
} as const;

@Module({ controllers: flowControllers('print-submit', handlers) })
class PrintSubmitModule {}

/** print-submit: holds jobs, lets them go by code, and delivers them to their printers. */
export const printSubmit = {
  name: 'print-submit',
  config: printSubmitConfig,
  module: async (runtime: Runtime): Promise<DynamicModule> => {
    const parts = assemble(runtime);
    const { store } = parts.configuration;
    const routes: ControlRoutes = (router) => {
      router.service(ConfigurationService, parts.configuration.rpc);
      router.service(QueueService, withProvenance(parts.queueRpc, store, 'queue', idInSettings('queueId')));
      router.service(QueueGroupService, withProvenance(parts.groupRpc, store, 'queue-group', idInSettings('groupId')));
      router.service(PrinterService, parts.printerRpc);
      router.service(LocationService, withProvenance(parts.locationRpc, store, 'location', idIn('locationId')));
      router.service(FinishingService, parts.finishingRpc);
      router.service(JobService, parts.jobRpc);
      router.service(PrintApiService, parts.printApiRpc);
      router.service(QueueTraceService, parts.traceRpc);
      router.service(ReleaseService, parts.releaseRpc);
      router.service(TariffService, withProvenance(parts.tariffRpc, store, 'tariff', idIn('tariffId')));
      router.service(FilterService, withProvenance(parts.filterRpc, store, 'filter', idIn('filterId')));
      router.service(BalanceService, parts.balanceRpc);
      router.service(SendingServerService, parts.sendingRpc);
      router.service(OwnDocumentService, parts.ownDocumentRpc);
      router.service(ReleaseProfileService, withProvenance(parts.releaseProfileRpc, store, 'release-profile', idInSettings('profileId')));
    };
    return {
      module: PrintSubmitModule,
      providers: [
        { provide: FlowClient, useValue: runtime.flow },
        { provide: HoldStore, useValue: parts.hold },
        { provide: KnownSettings, useValue: parts.settings },
        { provide: PukIssuer, useValue: parts.puks },
        { provide: PrintMetrics, useValue: parts.metrics },
        { provide: Standings, useValue: parts.standings },
        { provide: Spool, useValue: parts.spool },
        { provide: JobEndings, useValue: parts.endings },
        { provide: FormerAccountStore, useValue: parts.formerAccounts },
        { provide: ErasedJobStore, useValue: parts.erasedJobs },
        { provide: SentJobs, useValue: parts.sentJobs },
        { provide: ReleasedJobs, useValue: parts.released },
        { provide: SentJobStore, useValue: parts.sentJobStore },
        { provide: PrintLoops, useFactory: () => new PrintLoops(parts) },
        { provide: CONTROL_ROUTES, useValue: routes },
      ],
    };
  },
} satisfies ServiceDefinition;
