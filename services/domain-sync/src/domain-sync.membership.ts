import type { Provider } from '@nestjs/common';
import type { ConnectRouter } from '@connectrpc/connect';
import type { AddressGuard } from '@inkpost/admission/reach-server.js';
import { ConfigurationService } from '@inkpost/contracts/admin/v1/configuration_pb.js';
import { DomainDoorService, DomainService } from '@inkpost/contracts/admin/v1/domain_pb.js';
import { MaintenanceProofService } from '@inkpost/contracts/admin/v1/maintenance_proof_pb.js';
import { AdmissionService, MembershipService } from '@inkpost/contracts/domain/v1/admission_pb.js';
import type { FlowClient } from '@inkpost/flow/flow-client.js';
import type { Pool } from '@inkpost/postgres/pool.js';
import type { MasterKey } from '@inkpost/secrets/master-key.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { AdministerDomain } from './administer-domain/administer-domain.js';
import { DomainRpc } from './administer-domain/domain.rpc.js';
import { obey } from './administer-domain/obey.js';
import { AdmissionRpc } from './admit-server/admission.rpc.js';
import { AdmissionStore } from './admit-server/admission.store.js';
import { AdmitServer } from './admit-server/admit-server.js';
import type { ServerAnswers } from './answer-servers/answer-servers.js';
import { MembershipRpc } from './answer-servers/membership.rpc.js';
import { OBJECT_OWNERS, type Owners } from './call-owner/owners.js';
import { ChangeMaster } from './change-master/change-master.js';
import type { DomainStore } from './domain/domain.store.js';
import type { BuiltReplication } from './domain-sync.replication.js';
import { MembershipStore } from './domain/membership.store.js';
import { OwnServer, type OwnServerParts } from './domain/own-server.js';
import type { Succeed } from './domain/succeed.js';
import { KeepObjects } from './keep-objects/keep-objects.js';
import { LeaveDomain } from './leave-domain/leave-domain.js';
import type { DspClients } from './reach-server/dsp-clients.js';
import { ReportFigures } from './report-figures/report-figures.js';
import { DoorRpc } from './show-door/door.rpc.js';

export interface MembershipParts extends OwnServerParts {
  readonly pool: Pool;
  readonly flow: FlowClient;
  readonly masterKey: MasterKey;
  readonly controlKey: Uint8Array;
  readonly domains: DomainStore;
  readonly succeed: Succeed;
  readonly answers: ServerAnswers;
  readonly clients: DspClients;
  readonly owners: Owners;
  readonly guard: AddressGuard;
  /** This server joined, left or became the master: whatever depends on it looks anew. */
  readonly onPlaceChanged: () => void;
  /** Replication is put together after membership, and asked for when somebody wants it. */
  readonly replication: () => Pick<BuiltReplication, 'standings' | 'hold' | 'place'>;
  readonly log: Log;
}

export interface BuiltMembership {
  readonly providers: readonly Provider[];
  readonly routes: (router: ConnectRouter) => void;
  /** Asks the master at once what changed. */
  readonly reportSoon: () => void;
  /** Likewise, as so many members do. */
  readonly reportAmong: (members: number) => void;
}

/** How this server comes into a domain, keeps its place and leaves it: the composition of these parts. */
export function buildMembership(parts: MembershipParts): BuiltMembership {
  const { pool, flow, masterKey, controlKey, domains, succeed, answers, clients, owners, guard, log } = parts;
  const own = new OwnServer(parts);
  const keepers = OBJECT_OWNERS.map((owner) => owners.client(ConfigurationService, owner));
  const keep = new KeepObjects(pool, keepers, log);
  const onPlaceChanged = (): void => {
    keep.soon();
    parts.onPlaceChanged();
  };
  const memberships = new MembershipStore(pool, flow, masterKey);
  const admissions = new AdmissionStore(pool, masterKey);
  const admit = new AdmitServer({ domains, memberships, admissions, own, log });
  const leave = new LeaveDomain({ domains, memberships, clients, onPlaceChanged, log });
  const tellOthers = (): void => void report.tellOthers().catch((error: unknown) => log.warning('other servers not told who is master, they will ask', { error }));
  const { replication } = parts;
  const ownId = async () => (await own.identity()).serverId;
  const change = new ChangeMaster({ domains, memberships, clients, succeed, ownId, tellOthers, onPlaceChanged, log, place: () => replication().place(), whileLevel: (serverId, act) => replication().hold.whileLevel(serverId, act) });
  succeed.watch(() => keep.soon());
  const report: ReportFigures = new ReportFigures({ domains, memberships, clients, own, change, admit, log });
  // Of the new master the members are asked anew.
  succeed.watch(() => void domains.members().then((members) => report.soonAmong(members.length), (error: unknown) => log.warning('the new master is asked later', { error })));
  const administer = new AdministerDomain({ domains, memberships, own, admit, leave, change, report, guard, onPlaceChanged, log });
  const passwords = owners.client(MaintenanceProofService, 'guest-account');
  return {
    providers: [
      { provide: ReportFigures, useFactory: () => report },
      { provide: KeepObjects, useFactory: () => keep },
    ],
    routes: (router) => {
      router.service(AdmissionService, new AdmissionRpc({ passwords, admissions, admit, obey: (command, sha256) => obey(command, sha256, { administer, standings: replication().standings }), log }));
      router.service(DomainService, new DomainRpc({ administer, domains, memberships, own, guard, passwords, log }));
      router.service(DomainDoorService, new DoorRpc({ domains, controlKey, onUnknownCertificate: () => report.soon() }));
      answers.service(router, MembershipService, new MembershipRpc({ domains, memberships, admit, leave, change }));
    },
    reportSoon: () => report.soon(),
    reportAmong: (members) => report.soonAmong(members),
  };
}
