import { clockProblem } from '@inkpost/admission/check-prerequisites.js';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type {
  DomainReplicationService, GetObjectHistoryRequest, GetReplicationRequest, GetServerDifferencesRequest, GetServerMaintenanceRequest, ListGlobalObjectsRequest, PushOrdersRequest, PutServerMaintenanceRequest,
  PutSynchronizationRequest, RehearseObjectRequest, RollBackObjectRequest, RunServerMaintenanceRequest, SetGlobalRequest,
} from '@inkpost/contracts/admin/v1/replication_pb.js';
import { authorize } from '@inkpost/service/control-listener.js';
import type { Right } from '@inkpost/service/rights.js';
import { invalidField, notFound } from '@inkpost/service/rpc-errors.js';
import type { Log } from '@inkpost/telemetry/log.js';
import type { FollowMaster } from '../apply-orders/follow-master.js';
import type { TakenOrderStore } from '../apply-orders/taken-order.store.js';
import type { ProgressStore } from '../deliver-orders/progress.store.js';
import type { PushOrders } from '../deliver-orders/push-orders.js';
import type { SlaveDesk } from '../deliver-orders/slave-desk.js';
import { DEFAULT_SETTINGS, type Domain, type Member } from '../domain/domain.js';
import type { AskMaster } from '../exchange-orders/ask-master.js';
import type { KnownLog } from '../keep-log/known-log.js';
import type { LogStore } from '../keep-log/log.store.js';
import { MAINTENANCE_MINUTES_MAX, MAINTENANCE_MINUTES_MIN, RENAMED_TOLD_MAX } from '../limits.js';
import type { MaintainServers } from '../maintain-servers/maintain-servers.js';
import type { Maintenance, MaintenanceStore } from '../maintain-servers/maintenance.store.js';
import { MAINTENANCE_ITEM_NAMES, type MaintenanceItem } from '../record-change/scheduled-kinds.js';
import type { KnownDomain } from '../watch-domain/known-domain.js';
import { checkSynchronization } from './check-synchronization.js';
import type { GlobalObject, GlobalObjects } from './global-objects.js';
import type { SettingsStore } from './settings.store.js';
import type { SlaveStandings } from './slave-standings.js';

export interface ReplicationRpcParts {
  readonly known: KnownDomain;
  readonly knownLog: KnownLog;
  readonly store: LogStore;
  readonly desk: SlaveDesk;
  readonly push: PushOrders;
  readonly ask: AskMaster;
  readonly follow: FollowMaster;
  readonly taken: TakenOrderStore;
  readonly progress: ProgressStore;
  readonly objects: GlobalObjects;
  readonly settings: SettingsStore;
  readonly maintenance: MaintenanceStore;
  readonly maintain: MaintainServers;
  readonly standings: SlaveStandings;
  /** The domain is otherwise. */
  readonly onChanged: () => void;
  readonly log: Log;
}

/** How configuration reaches the servers of the domain, for administrators. */
export class ReplicationRpc implements ServiceImpl<typeof DomainReplicationService> {
  constructor(private readonly parts: ReplicationRpcParts) {}

  async getReplication(_request: GetReplicationRequest, context: HandlerContext) {
    const domain = await this.domain(context, 'configuration.read');
    const { store, knownLog } = this.parts;
    const common = { settings: { ...DEFAULT_SETTINGS, ...domain.settings }, role: domain.role, epoch: BigInt(domain.epoch) };
    if (domain.role === 'slave') return { ...common, ...(await this.asSlave()) };
    const leftOut = (await store.leftOut()).map((object) => ({ ...object, position: 0n }));
    return { ...common, position: BigInt(knownLog.state.head), servers: await this.standings(), leftOut };
  }

  async getServerDifferences({ serverId }: GetServerDifferencesRequest, context: HandlerContext) {
    await this.domain(context, 'configuration.read', true);
    const differences = this.parts.standings.differences(this.slave(serverId).serverId);
    if (!differences) throw new ConnectError('The server was not heard of yet since this one started.', Code.Unavailable);
    return { differences: differences.map((each) => ({ ...each, position: BigInt(each.position) })) };
  }

  async listGlobalObjects({ kind, includeLocal }: ListGlobalObjectsRequest, context: HandlerContext) {
    authorize(context, 'configuration.read');
    return { objects: (await this.parts.objects.list(kind, includeLocal)).map(toWire) };
  }

  async getObjectHistory({ kind, objectId }: GetObjectHistoryRequest, context: HandlerContext) {
    await this.domain(context, 'configuration.read');
    const versions = await this.parts.objects.history({ kind, objectId });
    return { versions: versions.map((version) => ({ ...version, position: BigInt(version.position), epoch: BigInt(version.epoch), recordedAt: timestampFromDate(version.recordedAt), changes: version.changes.map((change) => ({ ...change })) })) };
  }

  async getServerMaintenance(_request: GetServerMaintenanceRequest, context: HandlerContext) {
    await this.domain(context, 'configuration.read', true);
    return { maintenance: maintenanceToWire(await this.parts.maintenance.get()) };
  }

  async putSynchronization({ settings }: PutSynchronizationRequest, context: HandlerContext) {
    await this.domain(context, 'configuration.write', true);
    const checked = checkSynchronization(settings);
    await this.parts.settings.put(checked);
    this.parts.log.info('synchronization of the domain changed', { ...checked });
    await this.parts.known.refresh();
    this.parts.onChanged();
    return { settings: checked };
  }

  async pushOrders({ serverId }: PushOrdersRequest, context: HandlerContext) {
    await this.domain(context, 'configuration.write', true);
    const slaves = serverId === '' ? this.parts.known.slaves : [this.slave(serverId)];
    this.parts.standings.push(slaves);
    return { servers: slaves.length };
  }

  async setGlobal({ kind, objectId, global }: SetGlobalRequest, context: HandlerContext) {
    await this.domain(context, 'configuration.write', true);
    return { object: toWire(await this.parts.objects.setGlobal({ kind, objectId }, global)) };
  }

  async rehearseObject({ kind, objectId, serverIds }: RehearseObjectRequest, context: HandlerContext) {
    await this.domain(context, 'configuration.write', true);
    for (const serverId of serverIds) this.slave(serverId);
    const { changes, results } = await this.parts.objects.rehearse({ kind, objectId }, serverIds);
    return { changes: changes.map((change) => ({ ...change })), results: results.map(({ member: { serverId, name }, ...result }) => ({ serverId, name, ...result })) };
  }

  async rollBackObject({ kind, objectId, position }: RollBackObjectRequest, context: HandlerContext) {
    await this.domain(context, 'configuration.write', true);
    return { outcome: await this.parts.objects.rollBack({ kind, objectId }, Number(position)) };
  }

  async putServerMaintenance({ enabled, everyMinutes, items }: PutServerMaintenanceRequest, context: HandlerContext) {
    await this.domain(context, 'configuration.write', true);
    if (everyMinutes < MAINTENANCE_MINUTES_MIN || everyMinutes > MAINTENANCE_MINUTES_MAX) throw invalidField('everyMinutes', `must be from ${MAINTENANCE_MINUTES_MIN} to ${MAINTENANCE_MINUTES_MAX}`);
    await this.parts.maintenance.put(enabled, everyMinutes, itemsOf(items));
    this.parts.maintain.now();
    return { maintenance: maintenanceToWire(await this.parts.maintenance.get()) };
  }

  async runServerMaintenance({ items }: RunServerMaintenanceRequest, context: HandlerContext) {
    await this.domain(context, 'configuration.write', true);
    return { maintenance: maintenanceToWire(await this.parts.maintain.run(itemsOf(items))) };
  }

  private async domain(context: HandlerContext, right: Right, ofMaster = false): Promise<Domain> {
    authorize(context, right);
    const { known } = this.parts;
    return ofMaster ? known.demandMaster() : known.demand();
  }

  private slave(serverId: string): Member {
    const member = this.parts.known.slaves.find((each) => each.serverId === serverId);
    if (!member) throw notFound('slave', serverId);
    return member;
  }

  private async asSlave() {
    const { store, taken, ask, follow } = this.parts;
    const [{ position }, pending, renamed] = await Promise.all([store.head(), taken.pending(), taken.lastRenamed(RENAMED_TOLD_MAX)]);
    return {
      position: BigInt(position), problem: ask.problem, renamed, unapplied: pending.map((order) => ({ kind: order.kind, objectId: order.objectId, name: order.name, problem: order.problem, position: BigInt(order.position) })),
      ...(follow.lastHeardAt > 0 ? { heardAt: timestampFromDate(new Date(follow.lastHeardAt)) } : {}),
    };
  }

  /** What was heard since the start, else what was noted before. */
  private async standings() {
    const { known, knownLog, desk, push, progress } = this.parts;
    const noted = new Map((await progress.list()).map((row) => [row.serverId, row]));
    return known.slaves.map(({ serverId, name }) => {
      const { standing, heard } = desk.heardOf(serverId);
      const before = noted.get(serverId);
      const { unapplied = [], unappliedCount = 0 } = heard ?? before ?? {};
      const position = heard?.position ?? before?.position ?? 0;
      const contactedAt = heard?.heardAt ?? before?.contactedAt;
      return {
        serverId, name, standing, position: BigInt(position), missing: knownLog.state.after(position).length, problem: push.problemOf(serverId) || (clockProblem(heard?.clockAheadMs ?? 0) ?? ''), unappliedCount,
        unapplied: unapplied.map((order) => ({ ...order, position: BigInt(order.position) })), renamed: (before?.renamed ?? []).map((object) => ({ ...object })),
        ...(heard?.clockAheadMs === undefined ? {} : { clockAheadSeconds: BigInt(Math.round(heard.clockAheadMs / 1_000)) }),
        ...(contactedAt ? { contactedAt: timestampFromDate(contactedAt) } : {}),
      };
    });
  }
}

function itemsOf(items: readonly string[]): MaintenanceItem[] {
  const known = items.filter((item): item is MaintenanceItem => (MAINTENANCE_ITEM_NAMES as readonly string[]).includes(item));
  if (known.length < items.length) throw invalidField('items', `must be of ${MAINTENANCE_ITEM_NAMES.join(', ')}`);
  return known;
}

function toWire({ state, position, behindServerIds }: GlobalObject) {
  const { kind, objectId, name, provenance } = state;
  return { kind, objectId, name, provenance, position: BigInt(position), behindServerIds: [...behindServerIds] };
}

function maintenanceToWire({ nextAt, lastAt, items, ...maintenance }: Maintenance) {
  return { ...maintenance, items: [...items], ...(nextAt ? { nextAt: timestampFromDate(nextAt) } : {}), ...(lastAt ? { lastAt: timestampFromDate(lastAt) } : {}) };
}
