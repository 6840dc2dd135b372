import { type DynamicModule, Module } from '@nestjs/common';
import type { ConfigOf } from '@inkpost/config/config.js';
import { ServerService } from '@inkpost/contracts/admin/v1/server_pb.js';
import { StatisticsService } from '@inkpost/contracts/admin/v1/statistics_pb.js';
import { ConsolidationService } from '@inkpost/contracts/domain/v1/statistics_pb.js';
import { FlowClient } from '@inkpost/flow/flow-client.js';
import { flowControllers } from '@inkpost/flow/flow-handlers.js';
import { addressRules } from '@inkpost/server-connection/address-rules.js';
import { guardedLookup } from '@inkpost/server-connection/guarded-lookup.js';
import { CONTROL_ROUTES, type ControlRoutes } from '@inkpost/service/control-routes.js';
import { masterKeyOf } from '@inkpost/service/master-key.js';
import type { ServiceDefinition, ServiceRuntime } from '@inkpost/service/service-definition.js';
import { RollUp } from './add-up-prints/roll-up.js';
import { RollUpStore } from './add-up-prints/roll-up.store.js';
import { Owners } from './call-owner/owners.js';
import { DaysStore } from './compare-days/days.store.js';
import { FactDelivery } from './deliver-facts/fact-delivery.js';
import { FactSendingStore } from './deliver-facts/fact-sending.store.js';
import { OwnFactsStore } from './deliver-facts/own-facts.store.js';
import { domainSyncConfig } from './domain-sync.config.js';
import { buildMembership } from './domain-sync.membership.js';
import { type BuiltReplication, buildReplication } from './domain-sync.replication.js';
import { ServerAnswers } from './answer-servers/answer-servers.js';
import { DomainStore } from './domain/domain.store.js';
import { Succeed } from './domain/succeed.js';
import { measureMachine } from './identify-server/measure-machine.js';
import { ServerRpc } from './identify-server/server.rpc.js';
import { ServerStore } from './identify-server/server.store.js';
import { AccountErasedHandler } from './erase-owner/account-erased.handler.js';
import { ObjectChangedHandler } from './record-change/object-changed.handler.js';
import { RecordPrintHandler } from './record-print/record-print.handler.js';
import { ReceivedFactsStore } from './receive-facts/received-facts.store.js';
import { ConsolidationRpc } from './receive-facts/consolidation.rpc.js';
import { DspClients } from './reach-server/dsp-clients.js';
import { PrintTotalsStore } from './report-prints/print-totals.store.js';
import { PrintsStore } from './report-prints/prints.store.js';
import { ConsolidationStore } from './report-prints/consolidation.store.js';
import { StatisticsRpc } from './report-prints/statistics.rpc.js';

@Module({})
class DomainSyncModule {}

/** `now`: the clock of the server. */
export function domainSyncBy(now: () => Date): ServiceDefinition {
  return {
    name: 'domain-sync',
    config: domainSyncConfig,
    module(runtime: ServiceRuntime<ConfigOf<typeof domainSyncConfig>>) {
      return makeModule(runtime, now);
    },
  };
}

export const domainSync = domainSyncBy(() => new Date());

async function makeModule(runtime: ServiceRuntime<ConfigOf<typeof domainSyncConfig>>, now: () => Date): Promise<DynamicModule> {
  const { config, pool, flow, log, secrets, version } = runtime;
  const masterKey = masterKeyOf(config, secrets);
  const domains = new DomainStore(pool, masterKey);
  const succeed = new Succeed(pool, domains, log);
  const answers = new ServerAnswers(domains, succeed);
  const owners = new Owners({ 'print-submit': config.printSubmitUrl, 'guest-account': config.guestAccountUrl, notification: config.notificationUrl }, async (owner) => secrets.read(`control-key.${owner}`));
  const servers = new ServerStore(pool);
  // The identity is made at the first start, before anybody asks for it.
  const { serverId } = await servers.find();
  log.info('this server', { serverId, version });
  const totals = new PrintTotalsStore(pool);
  const [ownFacts, sendings] = [new OwnFactsStore(pool), new FactSendingStore(pool)];
  const rules = addressRules(config.linkLocalServers);
  const guard = (host: string) => guardedLookup(host, rules);
  const clients = new DspClients(domains, succeed, guard);
  const delivery = new FactDelivery({ domains, connect: (master) => clients.clientFor(ConsolidationService, master), facts: ownFacts, sendings, log });
  const statistics = new StatisticsRpc({
    totals, ownFacts, sendings, domains, prints: new PrintsStore(pool), consolidation: new ConsolidationStore(pool), deliverNow: () => delivery.deliverNow(),
  });
  const consolidation = new ConsolidationRpc({ domains, now, facts: new ReceivedFactsStore(pool), days: new DaysStore(pool), log });
  const machine = { startedAt: now(), now, measureMachine: () => measureMachine(config.spoolFolder) };
  const rpc = new ServerRpc({ servers, domains, totals, version, log, ...machine });
  const membership = buildMembership({
    servers, pool, flow, masterKey, domains, succeed, answers, clients, owners, guard, log, version, ...machine,
    controlKey: new TextEncoder().encode(await secrets.read('control-key')),
    onPlaceChanged: () => replication.replication.now(),
    replication: () => replication,
  });
  const replication: BuiltReplication = buildReplication({
    serverId, version, pool, flow, masterKey, domains, succeed, answers, clients, owners, log, ...machine,
    serverName: async () => (await servers.find()).name,
    onNewerRevision: membership.reportAmong, onMasterUnreached: membership.reportSoon,
  });
  return {
    module: DomainSyncModule,
    controllers: flowControllers('domain-sync', {
      'print.job-recorded.v1': RecordPrintHandler,
      'account.erased.v1': AccountErasedHandler,
      'print.object-changed.v1': ObjectChangedHandler,
      'account.object-changed.v1': ObjectChangedHandler,
      'notification.object-changed.v1': ObjectChangedHandler,
    }),
    providers: [
      { provide: FlowClient, useValue: flow },
      { provide: Owners, useValue: owners },
      { provide: ServerAnswers, useValue: answers },
      { provide: DspClients, useFactory: () => clients },
      { provide: FactDelivery, useFactory: () => delivery },
      ...membership.providers,
      ...replication.providers,
      { provide: RollUp, useFactory: () => new RollUp(new RollUpStore(pool), log) },
      {
        provide: CONTROL_ROUTES,
        useValue: ((router) => {
          router.service(ServerService, rpc);
          router.service(StatisticsService, statistics);
          answers.service(router, ConsolidationService, consolidation);
          membership.routes(router);
          replication.routes(router);
        }) satisfies ControlRoutes,
      },
    ],
  };
}
