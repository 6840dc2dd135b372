import { readFile } from 'node:fs/promises';
import { type DynamicModule, Module } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import type { ConfigOf } from '@inkpost/config/config.js';
import { SignInService } from '@inkpost/contracts/admin/v1/accounts_pb.js';
import { ConfigurationService } from '@inkpost/contracts/admin/v1/configuration_pb.js';
import { DirectoryPeopleService, DirectoryService } from '@inkpost/contracts/admin/v1/directories_pb.js';
import { ErasureService, GuestMergeService } from '@inkpost/contracts/admin/v1/erasures_pb.js';
import { GuestService } from '@inkpost/contracts/admin/v1/guests_pb.js';
import { MaintenanceProofService } from '@inkpost/contracts/admin/v1/maintenance_proof_pb.js';
import { ApiTokenService, RightsService } from '@inkpost/contracts/admin/v1/rights_pb.js';
import { SenderGuestService } from '@inkpost/contracts/admin/v1/sender_guests_pb.js';
import { SingleSignOnService } from '@inkpost/contracts/admin/v1/single_sign_on_pb.js';
import { UserManagementServerService } from '@inkpost/contracts/admin/v1/user_management_server_pb.js';
import { OwnerSearchService } from '@inkpost/contracts/admin/v1/owner_search_pb.js';
import { flowControllers } from '@inkpost/flow/flow-handlers.js';
import { sqlName } from '@inkpost/postgres/pool.js';
import { addressRules } from '@inkpost/server-connection/address-rules.js';
import { makeAgent } from '@inkpost/server-connection/https-exchange.js';
import { TestBudget } from '@inkpost/server-connection/test-budget.js';
import { CONTROL_ROUTES, type ControlRoutes } from '@inkpost/service/control-routes.js';
import { masterKeyOf } from '@inkpost/service/master-key.js';
import type { ServiceDefinition, ServiceRuntime } from '@inkpost/service/service-definition.js';
import { OwnerConfiguration } from '@inkpost/shared-object/owner-configuration.js';
import { idIn, withProvenance } from '@inkpost/shared-object/with-provenance.js';
import { EntraDirectory } from './adapters/entra/entra-directory.adapter.js';
import { GuestDirectory } from './adapters/guests/guest-directory.adapter.js';
import { LdapDirectory } from './adapters/ldap/ldap-directory.adapter.js';
import { LocalDirectory } from './adapters/local/local-directory.adapter.js';
import { OpenIdSignInServer } from './adapters/oidc/openid-sign-in-server.adapter.js';
import { SqlDirectory } from './adapters/sql/sql-directory.adapter.js';
import { ApiTokenStore } from './api-tokens/api-token.store.js';
import { ApiTokensRpc } from './api-tokens/api-tokens.rpc.js';
import { GuestsChangeStore } from './change-guests/guests-change.store.js';
import { WscClient } from './adapters/wsc/wsc-client.js';
import { WscGuestBase } from './adapters/wsc/wsc-guest-base.adapter.js';
import { WscGuestDirectory } from './adapters/wsc/wsc-guest-directory.adapter.js';
import { WscWay } from './adapters/wsc/wsc-way.js';
import { DirectoriesRpc } from './directories/directories.rpc.js';
import type { StoredDirectory } from './directories/directory.js';
import { DirectoryStore } from './directories/directory.store.js';
import { ErasureDoneHandler } from './erase-people/erasure-done.handler.js';
import { ErasureRpc } from './erase-people/erasure.rpc.js';
import { ErasureStore } from './erase-people/erasure.store.js';
import { PeopleErasure } from './erase-people/people-erasure.js';
import { OwnerSearchRpc } from './find-owner/owner-search.rpc.js';
import { LiveDirectories } from './find-person/live-directories.js';
import { PeoplePurge } from './forget-people/people-purge.js';
import { PrismaClient } from './gen/prisma/client.js';
import { guestAccountConfig } from './guest-account.config.js';
import { GuestRpc } from './guests/guest.rpc.js';
import { GuestStore } from './guests/guest.store.js';
import { GuestImportStore } from './import-guests/guest-import.store.js';
import { GuestImporter } from './import-guests/import-guests.js';
import { Installation } from './installation.js';
import { KeyedHash } from './keyed-hash/keyed-hash.js';
import { TEST_BUDGET } from './limits.js';
import { PeopleRpc } from './local-people/people.rpc.js';
import { PersonStore } from './local-people/person.store.js';
import type { PeopleDirectory } from './ports/directory.port.js';
import { FindPerson } from './merge-guest/find-person.js';
import { MergeGuestRpc } from './merge-guest/merge-guest.rpc.js';
import { MergeGuestStore } from './merge-guest/merge-guest.store.js';
import { LocalGuestBase } from './resolve-owner/guest-base.store.js';
import { GuestBases } from './resolve-owner/guest-bases.js';
import { ResolveOwnerHandler } from './resolve-owner/resolve-owner.handler.js';
import { ResolveOwner } from './resolve-owner/resolve-owner.js';
import { LoginOwners } from './resolve-owner/whose-login.js';
import { identificationRoutes } from './identify-person/identification.routes.js';
import { PinStore } from './set-pin/pin.store.js';
import { guestAccountKinds } from './share-objects/guest-account-kinds.js';
import { RightsRpc } from './rights/rights.rpc.js';
import { RightsStore } from './rights/rights.store.js';
import { findRoleMembersWith } from './rights/role-members.js';
import { AccountFinder } from './sign-in/account-finder.js';
import { AccountStandings } from './sign-in/account-standing.js';
import { AdministratorStore } from './sign-in/administrator.store.js';
import { countedPasswordCheck } from './sign-in/counted-password-check.js';
import { CredentialChecker } from './sign-in/check-credentials.js';
import { SenderGuestStore } from './serve-senders/sender-guest.store.js';
import { SenderGuestsRpc } from './serve-senders/sender-guests.rpc.js';
import { MaintenanceProofRpc } from './sign-in/maintenance-proof.rpc.js';
import { MaintenanceProofStore } from './sign-in/maintenance-proof.store.js';
import { prepareMaintenanceAccount } from './sign-in/maintenance-account.js';
import { SignInDelayStore } from './sign-in/sign-in-delay.store.js';
import { SignInRpc } from './sign-in/sign-in.rpc.js';
import { SignOns } from './single-sign-on/sign-ons.js';
import { SingleSignOnRpc } from './single-sign-on/single-sign-on.rpc.js';
import { SingleSignOnStore } from './single-sign-on/single-sign-on.store.js';
import { PersonHandOver } from './tell-person/person-hand-over.store.js';
import { DirectoryTests } from './test-directory/directory-tests.js';
import { CurrentServer } from './user-management/current-server.js';
import { UserManagementServerRpc } from './user-management/server.rpc.js';
import { ServerStore } from './user-management/server.store.js';
import { serverTest } from './user-management/test-server.js';
import { SenderApprovedHandler } from './unknown-sender/sender-approved.handler.js';
import { unknownSenderRoutes } from './unknown-sender/unknown-sender.routes.js';
import { WaitingExpiry } from './unknown-sender/waiting-expiry.js';
import { watchWaiting } from './unknown-sender/watch-waiting.js';
import { WaitingSenderStore } from './unknown-sender/waiting-sender.store.js';

@Module({})
class GuestAccountModule {}

export const guestAccount: ServiceDefinition = {
  name: 'guest-account',
  config: guestAccountConfig,

  async module(runtime: ServiceRuntime<ConfigOf<typeof guestAccountConfig>>): Promise<DynamicModule> {
    const { config, pool, flow, log, meter, secrets } = runtime;
    const prisma = new PrismaClient({ adapter: new PrismaPg(pool, { schema: sqlName('guest-account') }) });
    const administrators = new AdministratorStore(prisma);
    const masterKey = masterKeyOf(config, secrets);
    const proofs = new MaintenanceProofStore(pool, masterKey);
    await prepareMaintenanceAccount(administrators, proofs, config.maintenancePassword ?? (await secrets.readOptional('maintenance-password')), log);
    const keyedHash = new KeyedHash(masterKey);
    const pins = new PinStore(pool, keyedHash);
    const erasure = new PeopleErasure(masterKey);
    const erasures = new ErasureStore(pool, flow, erasure);
    const directories = new DirectoryStore(pool, flow, masterKey);
    const guestDirectory = new GuestDirectory(pool);
    const localGuestBase = new LocalGuestBase(pool, flow, log);
    const waiting = new WaitingSenderStore(pool, flow, config.language);
    watchWaiting(meter, pool, log);
    const rules = addressRules(config.linkLocalServers);
    const certificates = config.authorityCaFile === undefined ? '' : await readFile(config.authorityCaFile, 'utf8');
    const entraPlaces = { authority: config.office365Authority, graphUrl: config.graphUrl, agent: makeAgent(certificates) };
    const open = (directory: StoredDirectory): PeopleDirectory => {
      const { directoryId, settings } = directory;
      switch (settings.kind) {
        case 'ldap':
          return new LdapDirectory({ directoryId, settings, password: () => directories.passwordOf(directory), rules });
        case 'entra':
          return new EntraDirectory({ directoryId, settings, secret: () => directories.passwordOf(directory), places: entraPlaces });
        case 'sql':
          return new SqlDirectory({ directoryId, settings, password: () => directories.passwordOf(directory), rules });
        case 'local':
          return new LocalDirectory(directoryId, pool);
        case 'guests':
        case 'meta':
        default:
          return guestDirectory;
      }
    };
    const servers = new ServerStore(pool, flow, masterKey);
    const currentServer = new CurrentServer(() => servers.load(), (server, live) => {
      const parts = { settings: server, password: () => servers.passwordOf(server), rules };
      const client = new WscClient(parts);
      const guests = new WscGuestBase(client, live, server, (message, outcome) => localGuestBase.handOver(message, outcome));
      return { guests, people: new WscGuestDirectory(guests, parts), missingRights: () => client.missingRights(), close: () => client.close() };
    });
    const accountsOf = (live: LiveDirectories) => new AccountFinder({ load: () => directories.load(), peopleOf: (directory) => (directory.settings.kind === 'guests' ? guestDirectory : live.live(directory)?.people) });
    const rights = new RightsStore(pool, flow);
    const delays = new SignInDelayStore(flow);
    const directoryParts = (live: LiveDirectories) => ({
      live, tests: new DirectoryTests(live, async (revision) => (await currentServer.at(revision))?.people ?? guestDirectory, countedPasswordCheck(delays)),
      budget: new TestBudget(TEST_BUDGET), grants: () => rights.grants(), log,
    });
    return {
      module: GuestAccountModule,
      controllers: flowControllers('guest-account', {
        'acceptance.message-accepted.v1': ResolveOwnerHandler,
        'account.sender-approved.v1': SenderApprovedHandler,
        'mail.account-erased.v1': ErasureDoneHandler,
        'acceptance.account-erased.v1': ErasureDoneHandler,
        'print.account-erased.v1': ErasureDoneHandler,
        'notification.account-erased.v1': ErasureDoneHandler,
        'statistics.account-erased.v1': ErasureDoneHandler,
      }),
      providers: [
        { provide: Installation, useFactory: () => new Installation(config.language) },
        { provide: LocalGuestBase, useValue: localGuestBase },
        { provide: ErasureStore, useValue: erasures },
        { provide: PeoplePurge, useFactory: () => new PeoplePurge(pool, erasures, log) },
        { provide: CurrentServer, useFactory: () => currentServer },
        { provide: GuestBases, useFactory: () => new GuestBases(localGuestBase, async (revision) => (await currentServer.at(revision))?.guests) },
        { provide: LiveDirectories, useFactory: () => new LiveDirectories(() => directories.load(), open) },
        {
          provide: ResolveOwner,
          useFactory: (guestBases: GuestBases, live: LiveDirectories, installation: Installation) => new ResolveOwner({ own: localGuestBase, people: new PersonHandOver(flow), guestBases, directories: live, waiting, pins, logins: new LoginOwners(accountsOf(live)), installation }),
          inject: [GuestBases, LiveDirectories, Installation],
        },
        {
          provide: OwnerConfiguration,
          useFactory: (live: LiveDirectories) => new OwnerConfiguration({
            pool, masterKey, log, kindsOver: (own) => guestAccountKinds(own, { flow, masterKey, directories: directoryParts(live), roleMembers: findRoleMembersWith(accountsOf(live)), log }),
          }),
          inject: [LiveDirectories],
        },
        { provide: WaitingExpiry, useFactory: () => new WaitingExpiry(waiting, log) },
        {
          provide: CONTROL_ROUTES,
          useFactory: (installation: Installation, live: LiveDirectories, owners: ResolveOwner, configuration: OwnerConfiguration): ControlRoutes => {
            const guests = new GuestRpc({
              store: new GuestStore(pool, flow, installation, erasure), importer: new GuestImporter(new GuestImportStore(pool, flow, installation), keyedHash),
              changes: new GuestsChangeStore(pool, flow, erasure), hash: keyedHash, grants: () => rights.grants(), log,
            });
            const accounts = accountsOf(live);
            const standings = new AccountStandings(administrators, accounts, rights);
            const credentials = new CredentialChecker(administrators, accounts, delays, log);
            const signIn = new SignInRpc({ credentials, administrators, accounts, standings, proofs, log });
            const people = new PeopleRpc(new PersonStore(pool, flow, installation, erasure), directories, () => rights.grants(), log);
            const rightsRpc = new RightsRpc(rights, directories, findRoleMembersWith(accounts), log);
            const apiTokens = new ApiTokensRpc(new ApiTokenStore(pool), standings, log);
            const directoriesRpc = new DirectoriesRpc({ ...directoryParts(live), store: directories });
            const signInServer = new OpenIdSignInServer({ certificates, rules });
            const signOnStore = new SingleSignOnStore(pool, masterKey);
            const signOns = new SignOns({ store: signOnStore, server: signInServer, masterKey, publicUrl: config.publicUrl });
            const singleSignOn = new SingleSignOnRpc({ store: signOnStore, signOns, server: signInServer, directories, grants: () => rights.grants(), budget: new TestBudget(TEST_BUDGET), log });
            const senderGuests = new SenderGuestsRpc(localGuestBase, new SenderGuestStore(flow), installation, log);
            const userManagement = new UserManagementServerRpc({
              store: servers, current: currentServer, test: serverTest((settings, password) => new WscWay({ settings, password, rules })), budget: new TestBudget(TEST_BUDGET), log,
            });
            const merges = new MergeGuestRpc(new MergeGuestStore(pool, flow), new FindPerson({ load: () => directories.load(), live, accounts }), installation, log);
            return (router) => {
              router.service(ConfigurationService, configuration.rpc);
              router.service(SingleSignOnService, singleSignOn);
              router.service(DirectoryService, withProvenance(directoriesRpc, configuration.store, 'directory', idIn('directoryId')));
              router.service(DirectoryPeopleService, people);
              router.service(GuestService, guests);
              router.service(ErasureService, new ErasureRpc(erasures, log));
              router.service(GuestMergeService, merges);
              router.service(SignInService, signIn);
              router.service(MaintenanceProofService, new MaintenanceProofRpc(proofs, delays, log));
              router.service(RightsService, withProvenance(withProvenance(rightsRpc, configuration.store, 'security-profile', idIn('profileId')), configuration.store, 'role', idIn('roleId')));
              router.service(ApiTokenService, apiTokens);
              unknownSenderRoutes(router, { waiting, owners, masterKey, log });
              router.service(OwnerSearchService, new OwnerSearchRpc(owners, installation));
              identificationRoutes(router, { pool, flow, pins, accounts, delays, hash: keyedHash, masterKey, language: config.language, log });
              router.service(SenderGuestService, senderGuests);
              router.service(UserManagementServerService, userManagement);
            };
          },
          inject: [Installation, LiveDirectories, ResolveOwner, OwnerConfiguration],
        },
      ],
    };
  },
};
