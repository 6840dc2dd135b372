import { Agent } from 'node:http';
import type { DescService } from '@bufbuild/protobuf';
import { type CallOptions, type Client, Code, ConnectError, createClient, createContextKey, createContextValues, type Interceptor, type Transport } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { AcceptanceService, SenderAuthenticationService } from '@inkpost/contracts/admin/v1/acceptance_pb.js';
import { SignInService } from '@inkpost/contracts/admin/v1/accounts_pb.js';
import { AssociationService, MailClientService } from '@inkpost/contracts/admin/v1/associations_pb.js';
import { DirectoryPeopleService, DirectoryService } from '@inkpost/contracts/admin/v1/directories_pb.js';
import { GuestService } from '@inkpost/contracts/admin/v1/guests_pb.js';
import { SenderGuestService } from '@inkpost/contracts/admin/v1/sender_guests_pb.js';
import { UserManagementServerService } from '@inkpost/contracts/admin/v1/user_management_server_pb.js';
import { ErasureService, GuestMergeService } from '@inkpost/contracts/admin/v1/erasures_pb.js';
import { UploadedMailService } from '@inkpost/contracts/admin/v1/uploaded_mail_pb.js';
import { DiagnosticsService } from '@inkpost/contracts/admin/v1/diagnostics_pb.js';
import { BalanceService, FilterService, TariffService } from '@inkpost/contracts/admin/v1/charging_pb.js';
import { AccountCardService, IdentificationService, PinService } from '@inkpost/contracts/admin/v1/identification_pb.js';
import { DomainDoorService, DomainService } from '@inkpost/contracts/admin/v1/domain_pb.js';
import { LocationService } from '@inkpost/contracts/admin/v1/locations_pb.js';
import { CanaryService, MailboxTestService, TraceService } from '@inkpost/contracts/admin/v1/mailbox_diagnosis_pb.js';
import { MailboxService } from '@inkpost/contracts/admin/v1/mailboxes_pb.js';
import { ApiTokenService, RightsService } from '@inkpost/contracts/admin/v1/rights_pb.js';
import { NotificationEventService, OutgoingMailService } from '@inkpost/contracts/admin/v1/notification_pb.js';
import { FinishingService, JobService, QueueService, ReleaseService } from '@inkpost/contracts/admin/v1/print_pb.js';
import { PrintApiService, SubmissionService } from '@inkpost/contracts/admin/v1/print_api_pb.js';
import { OwnDocumentService } from '@inkpost/contracts/admin/v1/own_documents_pb.js';
import { DomainReplicationService } from '@inkpost/contracts/admin/v1/replication_pb.js';
import { ReleaseProfileService } from '@inkpost/contracts/admin/v1/release_profiles_pb.js';
import { OwnerSearchService } from '@inkpost/contracts/admin/v1/owner_search_pb.js';
import { PrinterService } from '@inkpost/contracts/admin/v1/printers_pb.js';
import { QueueTraceService } from '@inkpost/contracts/admin/v1/queue_traces_pb.js';
import { QueueGroupService } from '@inkpost/contracts/admin/v1/queue_groups_pb.js';
import { ConfirmationService, OwnerPreviewService, WaitingSenderService } from '@inkpost/contracts/admin/v1/waiting_senders_pb.js';
import { SendingServerService } from '@inkpost/contracts/admin/v1/sending_server_pb.js';
import { ServerService } from '@inkpost/contracts/admin/v1/server_pb.js';
import { StatisticsService } from '@inkpost/contracts/admin/v1/statistics_pb.js';
import { SingleSignOnService } from '@inkpost/contracts/admin/v1/single_sign_on_pb.js';
import type { Caller } from '@inkpost/service/rights.js';
import { currentTraceparent } from '@inkpost/telemetry/telemetry.js';
import { Problem } from '../answer-route/problem.js';
import { LIMITS } from '../limits.js';
import type { ControlTokens } from './control-tokens.js';
import { OWNER_NAMES, type OwnerName } from './owner-name.js';

/** Where an owner that is down is asked again. */
const RETRY_AFTER_SECONDS = 5;
const SOCKETS_PER_OWNER = 64;

const callerKey = createContextKey<Caller | undefined>(undefined);

/** The options of a call on behalf of somebody: `owners.jobs.getJob({ jobId }, as(caller))`. */
export function as(caller: Caller): CallOptions {
  return { contextValues: createContextValues().set(callerKey, caller) };
}

/** The same for a call in which the owner asks a third party, which takes its time. */
export function patientlyAs(caller: Caller): CallOptions {
  return { ...as(caller), timeoutMs: LIMITS.thirdPartyCallMs };
}

/** Bears the caller and the trace. */
function present(owner: OwnerName, tokens: ControlTokens): Interceptor {
  return (next) => async (request) => {
    const caller = request.contextValues.get(callerKey);
    if (!caller) throw new Error(`The call of ${request.method.name} names no caller.`);
    request.header.set('authorization', `Bearer ${await tokens.tokenFor(owner, caller)}`);
    const traceparent = currentTraceparent();
    if (traceparent !== '') request.header.set('traceparent', traceparent);
    return next(request);
  };
}

/** Says which owner it is that does not answer; an owner's own refusal goes through as it is. */
function namingOwner(owner: OwnerName, transport: Transport): Transport {
  const explain = (error: unknown): never => {
    // A refusal has no cause on this side; a broken connection has.
    const isRefusal = error instanceof Problem || (error instanceof ConnectError && error.code !== Code.DeadlineExceeded && error.cause === undefined);
    if (isRefusal) throw error;
    throw new Problem('unavailable', `The service ${owner} does not answer. Try again in a moment.`, { retryAfterSeconds: RETRY_AFTER_SECONDS, cause: error });
  };
  return {
    stream: async (...call) => transport.stream(...call).catch(explain),
    unary: async (...call) => transport.unary(...call).catch(explain),
  };
}

/** The owners' Connect clients: typed calls over kept-alive HTTP/1.1, each with a deadline. */
export class Owners {
  readonly mailboxes: Client<typeof MailboxService>;
  readonly mailboxTests: Client<typeof MailboxTestService>;
  readonly canaries: Client<typeof CanaryService>;
  readonly traces: Client<typeof TraceService>;
  readonly queueTraces: Client<typeof QueueTraceService>;
  readonly associations: Client<typeof AssociationService>;
  readonly mailClients: Client<typeof MailClientService>;
  readonly acceptance: Client<typeof AcceptanceService>;
  readonly senderAuthentication: Client<typeof SenderAuthenticationService>;
  readonly uploadedMails: Client<typeof UploadedMailService>;
  readonly signIn: Client<typeof SignInService>;
  readonly identification: Client<typeof IdentificationService>;
  readonly pins: Client<typeof PinService>;
  readonly accountCards: Client<typeof AccountCardService>;
  readonly singleSignOn: Client<typeof SingleSignOnService>;
  readonly rights: Client<typeof RightsService>;
  readonly apiTokens: Client<typeof ApiTokenService>;
  readonly guests: Client<typeof GuestService>;
  readonly guestMerges: Client<typeof GuestMergeService>;
  readonly erasures: Client<typeof ErasureService>;
  readonly senderGuests: Client<typeof SenderGuestService>;
  readonly userManagementServer: Client<typeof UserManagementServerService>;
  readonly directories: Client<typeof DirectoryService>;
  readonly people: Client<typeof DirectoryPeopleService>;
  readonly waitingSenders: Client<typeof WaitingSenderService>;
  readonly confirmations: Client<typeof ConfirmationService>;
  readonly ownerPreviews: Client<typeof OwnerPreviewService>;
  readonly ownerSearch: Client<typeof OwnerSearchService>;
  readonly queues: Client<typeof QueueService>;
  readonly printers: Client<typeof PrinterService>;
  readonly queueGroups: Client<typeof QueueGroupService>;
  readonly locations: Client<typeof LocationService>;
  readonly tariffs: Client<typeof TariffService>;
  readonly filters: Client<typeof FilterService>;
  readonly finishing: Client<typeof FinishingService>;
  readonly jobs: Client<typeof JobService>;
  readonly release: Client<typeof ReleaseService>;
  readonly balances: Client<typeof BalanceService>;
  readonly ownDocuments: Client<typeof OwnDocumentService>;
  readonly releaseProfiles: Client<typeof ReleaseProfileService>;
  readonly printApi: Client<typeof PrintApiService>;
  readonly sendingServer: Client<typeof SendingServerService>;
  readonly submissions: Client<typeof SubmissionService>;
  readonly outgoingMail: Client<typeof OutgoingMailService>;
  readonly notificationEvents: Client<typeof NotificationEventService>;
  readonly domain: Client<typeof DomainService>;
  readonly domainDoor: Client<typeof DomainDoorService>;
  readonly replication: Client<typeof DomainReplicationService>;
  readonly server: Client<typeof ServerService>;
  readonly statistics: Client<typeof StatisticsService>;
  private readonly transports: Readonly<Record<OwnerName, Transport>>;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: SOCKETS_PER_OWNER });

  constructor(urls: Readonly<Record<OwnerName, string>>, tokens: ControlTokens) {
    const transport = (owner: OwnerName) =>
      namingOwner(owner, createConnectTransport({ baseUrl: urls[owner], httpVersion: '1.1', nodeOptions: { agent: this.agent }, defaultTimeoutMs: LIMITS.ownerCallMs, interceptors: [present(owner, tokens)] }));
    this.transports = Object.fromEntries(OWNER_NAMES.map((owner) => [owner, transport(owner)])) as Record<OwnerName, Transport>;
    const client = <S extends DescService>(service: S, owner: OwnerName) => createClient(service, this.transports[owner]);
    this.mailboxes = client(MailboxService, 'mail-ingest');
    this.mailboxTests = client(MailboxTestService, 'mail-ingest');
    this.canaries = client(CanaryService, 'mail-ingest');
    this.traces = client(TraceService, 'mail-ingest');
    this.queueTraces = client(QueueTraceService, 'print-submit');
    this.associations = client(AssociationService, 'mail-ingest');
    this.mailClients = client(MailClientService, 'mail-ingest');
    this.acceptance = client(AcceptanceService, 'acceptance');
    this.senderAuthentication = client(SenderAuthenticationService, 'acceptance');
    this.uploadedMails = client(UploadedMailService, 'mail-ingest');
    this.signIn = client(SignInService, 'guest-account');
    this.identification = client(IdentificationService, 'guest-account');
    this.pins = client(PinService, 'guest-account');
    this.accountCards = client(AccountCardService, 'guest-account');
    this.singleSignOn = client(SingleSignOnService, 'guest-account');
    this.rights = client(RightsService, 'guest-account');
    this.apiTokens = client(ApiTokenService, 'guest-account');
    this.guests = client(GuestService, 'guest-account');
    this.guestMerges = client(GuestMergeService, 'guest-account');
    this.erasures = client(ErasureService, 'guest-account');
    this.senderGuests = client(SenderGuestService, 'guest-account');
    this.userManagementServer = client(UserManagementServerService, 'guest-account');
    this.directories = client(DirectoryService, 'guest-account');
    this.people = client(DirectoryPeopleService, 'guest-account');
    this.waitingSenders = client(WaitingSenderService, 'guest-account');
    this.confirmations = client(ConfirmationService, 'guest-account');
    this.ownerPreviews = client(OwnerPreviewService, 'guest-account');
    this.ownerSearch = client(OwnerSearchService, 'guest-account');
    this.queues = client(QueueService, 'print-submit');
    this.printers = client(PrinterService, 'print-submit');
    this.queueGroups = client(QueueGroupService, 'print-submit');
    this.locations = client(LocationService, 'print-submit');
    this.tariffs = client(TariffService, 'print-submit');
    this.filters = client(FilterService, 'print-submit');
    this.finishing = client(FinishingService, 'print-submit');
    this.jobs = client(JobService, 'print-submit');
    this.release = client(ReleaseService, 'print-submit');
    this.balances = client(BalanceService, 'print-submit');
    this.ownDocuments = client(OwnDocumentService, 'print-submit');
    this.releaseProfiles = client(ReleaseProfileService, 'print-submit');
    this.printApi = client(PrintApiService, 'print-submit');
    this.submissions = client(SubmissionService, 'mail-ingest');
    this.sendingServer = client(SendingServerService, 'print-submit');
    this.outgoingMail = client(OutgoingMailService, 'notification');
    this.notificationEvents = client(NotificationEventService, 'notification');
    this.domain = client(DomainService, 'domain-sync');
    this.domainDoor = client(DomainDoorService, 'domain-sync');
    this.replication = client(DomainReplicationService, 'domain-sync');
    this.server = client(ServerService, 'domain-sync');
    this.statistics = client(StatisticsService, 'domain-sync');
  }

  /** What every service answers about itself. */
  diagnostics(owner: OwnerName): Client<typeof DiagnosticsService> {
    return createClient(DiagnosticsService, this.transports[owner]);
  }

  close(): void {
    this.agent.destroy();
  }
}
