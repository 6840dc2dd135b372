import { mkdir, readFile } from 'node:fs/promises';
import { type DynamicModule, Module } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import type { ConfigOf } from '@inkpost/config/config.js';
import { CanaryService, MailboxTestService, TraceService } from '@inkpost/contracts/admin/v1/mailbox_diagnosis_pb.js';
import { AssociationService, MailClientService } from '@inkpost/contracts/admin/v1/associations_pb.js';
import { MailboxService } from '@inkpost/contracts/admin/v1/mailboxes_pb.js';
import { SubmissionService } from '@inkpost/contracts/admin/v1/print_api_pb.js';
import { UploadedMailService } from '@inkpost/contracts/admin/v1/uploaded_mail_pb.js';
import { flowControllers } from '@inkpost/flow/flow-handlers.js';
import { sqlName } from '@inkpost/postgres/pool.js';
import { addressRules } from '@inkpost/server-connection/address-rules.js';
import { CONTROL_ROUTES, type ControlRoutes } from '@inkpost/service/control-routes.js';
import { hashingKey } from '@inkpost/secrets/master-key.js';
import { masterKeyOf } from '@inkpost/service/master-key.js';
import type { ServiceDefinition, ServiceRuntime } from '@inkpost/service/service-definition.js';
import { Spool } from '@inkpost/spool/spool.js';
import { GraphConnections } from './adapters/graph/graph-connections.js';
import { GraphFolderStore } from './adapters/graph/graph-folder.store.js';
import { graphSource } from './adapters/graph/graph-source.adapter.js';
import { imapSource } from './adapters/imap/imap-source.adapter.js';
import { pop3Source } from './adapters/pop3/pop3-source.adapter.js';
import { intakeListeners } from './adapters/smtp/intake-listener.js';
import { MailIntake } from './adapters/smtp/mail-intake.adapter.js';
import { MailIntakes } from './adapters/smtp/mail-intakes.js';
import { CanaryHandledHandler } from './canary/canary-handled.handler.js';
import { canaries } from './canary/canary.module.js';
import { CanaryRpc } from './canary/canary.rpc.js';
import { associateMailbox } from './associate-mailbox/associate-mailbox.module.js';
import { AssociationsRpc } from './associate-mailbox/associations.rpc.js';
import { MailClientsRpc } from './associate-mailbox/mail-clients.rpc.js';
import { authenticateSenders } from './authenticate-sender/authenticate-sender.module.js';
import { SettingsChangedHandler } from './authenticate-sender/settings-changed.handler.js';
import { AccountErasedHandler } from './erase-sender/account-erased.handler.js';
import { PrismaClient } from './gen/prisma/client.js';
import { FETCHED_AT_ONCE_MAX, SERVER_TIMES } from './limits.js';
import { mailIngestConfig } from './mail-ingest.config.js';
import { MailboxFinder } from './mailboxes/mailbox-finder.js';
import { MailboxHealthStore } from './mailboxes/mailbox-health.store.js';
import { MailboxesRpc } from './mailboxes/mailboxes.rpc.js';
import { MailboxesStore } from './mailboxes/mailboxes.store.js';
import { MailMetrics } from './receive-message/mail-metrics.js';
import { MailRecorder } from './receive-message/mail-recorder.js';
import { ReceiveMessage } from './receive-message/receive-message.js';
import { UploadedMailRpc } from './read-uploaded-mail/uploaded-mail.rpc.js';
import { SubmissionMetrics } from './submit-document/submission-metrics.js';
import { SubmissionRefusedHandler } from './submit-document/submission-refused.handler.js';
import { SubmissionRpc } from './submit-document/submission.rpc.js';
import { SubmissionStore } from './submit-document/submission.store.js';
import { SpoolSweeping } from './sweep-spool/spool-sweeping.js';
import { MailboxTestRpc } from './test-mailbox/mailbox-test.rpc.js';
import { testMailboxes } from './test-mailbox/test-mailbox.module.js';
import { traceCommunications } from './trace-communications/trace-communications.module.js';
import { TraceRpc } from './trace-communications/trace.rpc.js';
import { LoginRefusals } from './watch-mailbox/login-refusals.js';
import { MailboxSources } from './watch-mailbox/mailbox-sources.js';
import { MailboxWatch } from './watch-mailbox/mailbox-watch.js';
import { withAddressRules, withPassword, withToken } from './watch-mailbox/open-mailbox.js';
import { ServerReturns } from './watch-mailbox/server-returns.js';
import { ServerTurns } from './watch-mailbox/server-turns.js';
import { SourceLedger } from './watch-mailbox/source-ledger.js';
import { WatchStore } from './watch-mailbox/watch.store.js';

type Config = ConfigOf<typeof mailIngestConfig>;

@Module({})
class MailIngestModule {}

export const mailIngest: ServiceDefinition = {
  name: 'mail-ingest',
  config: mailIngestConfig,

  async module(runtime: ServiceRuntime<Config>): Promise<DynamicModule> {
    const { config, pool, flow, log, meter, tracer, secrets } = runtime;
    const masterKey = masterKeyOf(config, secrets);
    const listeners = await intakeListeners(config);
    await mkdir(config.spoolFolder, { recursive: true, mode: 0o700 });
    const prisma = new PrismaClient({ adapter: new PrismaPg(pool, { schema: sqlName('mail-ingest') }) });
    const metrics = new MailMetrics(meter);
    const certificates = config.authorityCaFile === undefined ? '' : await readFile(config.authorityCaFile, 'utf8');
    const { tokens, authority, providers: associationProviders } = associateMailbox(runtime, masterKey, certificates);
    const accessToken = (mailboxId: string, refused?: string) => tokens.accessToken(mailboxId, refused);
    const refusals = new LoginRefusals();
    const connections = new GraphConnections(config.graphUrl, certificates);
    const rules = addressRules(config.linkLocalServers);
    const imap = withAddressRules(imapSource(), rules);
    const pop3 = withAddressRules(pop3Source({ ...SERVER_TIMES, signedInEveryMs: config.pop3EverySeconds * 1_000 }), rules);
    const sources = new MailboxSources({
      'imap/imap': withPassword(imap, refusals),
      'pop3/pop3': withPassword(pop3, refusals),
      'office365/imap': withToken(imap, accessToken),
      'office365/pop3': withToken(pop3, accessToken),
      'office365/graph': withToken(graphSource({ connections, folders: new GraphFolderStore(pool) }), accessToken),
      'google/imap': withToken(imap, accessToken),
      'google/pop3': withToken(pop3, accessToken),
    });
    const { traceOf, smtpConversations, providers: traceProviders } = traceCommunications(runtime);
    const watchStore = new WatchStore(pool, masterKey, traceOf);
    const recorder = new MailRecorder(flow, pool, log);
    const spool = new Spool(pool, masterKey, config.spoolFolder);
    const { takeCanary, store: canaryStore, providers: canaryProviders } = canaries(runtime, masterKey, recorder);
    const { authenticate, judgeSender, providers: authenticationProviders } = authenticateSenders(runtime, config.dnsServers);
    const credentials = { password: (mailboxId: string) => watchStore.password(mailboxId), accessToken, authority };
    return {
      module: MailIngestModule,
      controllers: flowControllers('mail-ingest', {
        'notification.canary-handled.v1': CanaryHandledHandler,
        'acceptance.sender-authentication-changed.v1': SettingsChangedHandler,
        'acceptance.submission-refused.v1': SubmissionRefusedHandler,
        'account.submission-refused.v1': SubmissionRefusedHandler,
        'print.submission-refused.v1': SubmissionRefusedHandler,
        'account.erased.v1': AccountErasedHandler,
      }),
      providers: [
        { provide: SubmissionStore, useFactory: () => new SubmissionStore(pool, flow) },
        { provide: MailboxesStore, useFactory: () => new MailboxesStore(prisma, pool, flow, masterKey) },
        { provide: MailboxFinder, useFactory: (store: MailboxesStore) => new MailboxFinder(store), inject: [MailboxesStore] },
        { provide: ReceiveMessage, useFactory: () => new ReceiveMessage(spool, recorder, takeCanary, judgeSender, metrics, tracer) },
        {
          provide: MailboxWatch,
          useFactory: (receive: ReceiveMessage) => {
            const servers = { returns: new ServerReturns(), turns: new ServerTurns(FETCHED_AT_ONCE_MAX) };
            return new MailboxWatch(watchStore, sources.open, { receive, ledger: new SourceLedger(pool), ...servers, metrics, log }, meter);
          },
          inject: [ReceiveMessage],
        },
        {
          provide: MailIntakes,
          useFactory: (mailboxes: MailboxesStore, receive: ReceiveMessage) => {
            const services = { findRecipient: (address: string) => mailboxes.findRecipient(address), receive, authenticate, conversations: smtpConversations, log };
            return new MailIntakes(listeners.map((listener) => new MailIntake(listener, services)));
          },
          inject: [MailboxesStore, ReceiveMessage],
        },
        ...associationProviders,
        ...authenticationProviders,
        ...canaryProviders,
        ...traceProviders,
        ...testMailboxes(runtime, { isOffered: sources.isOffered, connections, certificates, credentials }),
        { provide: SpoolSweeping, useFactory: () => new SpoolSweeping(pool, config.spoolFolder, log) },
        {
          provide: CONTROL_ROUTES,
          useFactory: (store: MailboxesStore, finder: MailboxFinder, watch: MailboxWatch, tests: MailboxTestRpc, canary: CanaryRpc, trace: TraceRpc, associations: AssociationsRpc, clients: MailClientsRpc, submissions: SubmissionStore): ControlRoutes => (router) => {
            const mailboxes = new MailboxesRpc({ store, finder, health: new MailboxHealthStore(pool), canaries: canaryStore, isOffered: sources.isOffered, onChange: () => watch.refresh(), log });
            router.service(MailboxService, mailboxes);
            router.service(MailboxTestService, tests);
            router.service(CanaryService, canary);
            router.service(TraceService, trace);
            router.service(AssociationService, associations);
            router.service(MailClientService, clients);
            router.service(UploadedMailService, new UploadedMailRpc(authenticate));
            router.service(SubmissionService, new SubmissionRpc({ store: submissions, spool, fingerprintKey: hashingKey(masterKey, 'submission'), metrics: new SubmissionMetrics(meter), log }));
          },
          inject: [MailboxesStore, MailboxFinder, MailboxWatch, MailboxTestRpc, CanaryRpc, TraceRpc, AssociationsRpc, MailClientsRpc, SubmissionStore],
        },
      ],
    };
  },
};
