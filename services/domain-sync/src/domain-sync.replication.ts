import type { Provider } from '@nestjs/common';
import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { DomainReplicationService } from '@inkpost/contracts/admin/v1/replication_pb.js';
import { ReplicationService, ServerFiguresSchema } from '@inkpost/contracts/domain/v1/replication_pb.js';
import type { FlowClient } from '@inkpost/flow/flow-client.js';
import type { Pool } from '@inkpost/postgres/pool.js';
import type { MasterKey } from '@inkpost/secrets/master-key.js';
import type { ControlRoutes } from '@inkpost/service/control-routes.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { GlobalObjects } from './administer-replication/global-objects.js';
import { ReplicationRpc } from './administer-replication/replication.rpc.js';
import { SettingsStore } from './administer-replication/settings.store.js';
import { SlaveStandings } from './administer-replication/slave-standings.js';
import type { ServerAnswers } from './answer-servers/answer-servers.js';
import { ApplyOrders } from './apply-orders/apply-orders.js';
import { MailRenamed } from './apply-orders/mail-renamed.js';
import { FollowMaster } from './apply-orders/follow-master.js';
import { TakenOrderStore } from './apply-orders/taken-order.store.js';
import type { Owners } from './call-owner/owners.js';
import { HoldChanges } from './change-master/hold-changes.js';
import { OperationBudget } from './deliver-orders/operation-budget.js';
import { ProgressStore } from './deliver-orders/progress.store.js';
import { PushOrders } from './deliver-orders/push-orders.js';
import { SlaveDesk } from './deliver-orders/slave-desk.js';
import { WriteOrders } from './deliver-orders/write-orders.js';
import type { DomainStore } from './domain/domain.store.js';
import type { Succeed } from './domain/succeed.js';
import { AskMaster } from './exchange-orders/ask-master.js';
import { KeepWaiting } from './exchange-orders/keep-waiting.js';
import { ReplicationAnswers } from './exchange-orders/replication-service.js';
import type { MachineFigures } from './identify-server/measure-machine.js';
import { KnownLog } from './keep-log/known-log.js';
import { TrimLog } from './keep-log/trim-log.js';
import { LogStore } from './keep-log/log.store.js';
import { MaintainServers } from './maintain-servers/maintain-servers.js';
import { MaintenanceStore } from './maintain-servers/maintenance.store.js';
import type { DspClients } from './reach-server/dsp-clients.js';
import { RecordChange } from './record-change/record-change.js';
import { KnownDomain } from './watch-domain/known-domain.js';
import { Replication } from './watch-domain/replication.js';

export interface ReplicationRuntime {
  readonly serverId: string;
  readonly serverName: () => Promise<string>;
  readonly version: string;
  readonly startedAt: Date;
  /** The clock. */
  readonly now: () => Date;
  readonly measureMachine: () => Promise<MachineFigures>;
  readonly pool: Pool;
  readonly flow: FlowClient;
  readonly masterKey: MasterKey;
  readonly domains: DomainStore;
  readonly succeed: Pick<Succeed, 'watch'>;
  readonly answers: Pick<ServerAnswers, 'service'>;
  readonly clients: Pick<DspClients, 'clientFor'>;
  readonly owners: Owners;
  readonly log: Log;
  /** The master has a newer revision of the domain and its members than this server, or doesn't answer. */
  readonly onNewerRevision: (members: number) => void;
  readonly onMasterUnreached: () => void;
}

export interface BuiltReplication {
  readonly replication: Replication;
  readonly changes: RecordChange;
  readonly objects: GlobalObjects;
  readonly maintain: MaintainServers;
  readonly mailRenamed: MailRenamed;
  readonly standings: SlaveStandings;
  readonly hold: HoldChanges;
  /** Where this server stands in the log, and how much of it it could not apply. */
  readonly place: () => Promise<{ readonly position: number; readonly pendingCount: number }>;
  /** Something is to be said to a slave, or may be: also to one that could not be reached. */
  readonly wake: (serverId: string) => void;
  readonly providers: Provider[];
  readonly routes: ControlRoutes;
}

/** Puts together what replicates configuration: a part of the composition root. */
export function buildReplication(runtime: ReplicationRuntime): BuiltReplication {
  const { serverId, serverName, pool, flow, masterKey, domains, clients, owners, log } = runtime;
  const stopping = new AbortController();
  const store = new LogStore(pool);
  const [knownLog, known, taken, progress, waiting] = [new KnownLog(store), new KnownDomain(domains, serverId), new TakenOrderStore(pool), new ProgressStore(pool), new KeepWaiting()];
  const changes = new RecordChange({ flow, domains, owners, store, log, onRecorded: () => replication.now() });
  const desk = new SlaveDesk({ known, log: knownLog, budget: new OperationBudget(), writeOrders: new WriteOrders(knownLog, masterKey), now: runtime.now, elapsedMs: () => performance.now() });
  const mailRenamed = new MailRenamed({ store: taken, owners, serverName, log });
  const apply = new ApplyOrders({ store: taken, contents: store, owners, serverName, onRenamed: () => mailRenamed.now(), log });
  const figures = async () => {
    const machine = await runtime.measureMachine();
    return create(ServerFiguresSchema, { ...machine, name: await serverName(), version: runtime.version, now: timestampFromDate(runtime.now()), uptimeSeconds: BigInt(Math.max(0, Math.floor((runtime.now().getTime() - runtime.startedAt.getTime()) / 1_000))) });
  };
  const follow = new FollowMaster({ serverId, domains, store: taken, log: store, apply, owners, masterKey, figures, onNewerRevision: () => runtime.onNewerRevision(known.members.size) });
  const push = new PushOrders({ known, desk, clients, log });
  const ask = new AskMaster({ known, follow, clients, now: runtime.now, log, onUnreached: runtime.onMasterUnreached });
  const replication: Replication = new Replication({ known, knownLog, desk, push, ask, waiting, apply, taken, progress, changes, owners, isHolding: () => hold.isHolding, stopping, log });
  runtime.succeed.watch(() => replication.now());
  const wake = (slaveId: string): void => {
    push.wake(slaveId);
    waiting.wake(slaveId);
  };
  const answers = new ReplicationAnswers({ known, desk, waiting, follow, stopping: stopping.signal });
  const maintenance = new MaintenanceStore(pool);
  const maintain = new MaintainServers({ store: maintenance, known, knownLog, changes, owners, log });
  const objects = new GlobalObjects({ known, knownLog, store, desk, changes, owners, masterKey, wake });
  const standings = new SlaveStandings({ known, knownLog, desk, wake });
  const hold = new HoldChanges({ domains, standings, store, knownLog, owners, changes, onUntold: () => replication.lookThroughAgain() });
  const place = async () => ({ position: (await store.head()).position, pendingCount: (await taken.pending()).length });
  const rpc = new ReplicationRpc({ known, knownLog, store, desk, push, ask, follow, taken, progress, objects, settings: new SettingsStore(pool), maintenance, maintain, standings, onChanged: () => replication.now(), log });
  return {
    replication, changes, wake, objects, maintain, standings, hold, place, mailRenamed,
    // By factories: Nest tells of the end of the process only what it made itself.
    providers: [{ provide: RecordChange, useFactory: () => changes }, { provide: Replication, useFactory: () => replication }, { provide: MaintainServers, useFactory: () => maintain }, { provide: TrimLog, useFactory: () => new TrimLog(store, log) }, { provide: MailRenamed, useFactory: () => mailRenamed }],
    routes: (router) => {
      router.service(DomainReplicationService, rpc);
      runtime.answers.service(router, ReplicationService, answers);
    },
  };
}
