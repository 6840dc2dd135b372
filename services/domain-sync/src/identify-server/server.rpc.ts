import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import type { GetServerRequest, GetStatisticsRequest, ServerService, UpdateServerRequest } from '@inkpost/contracts/admin/v1/server_pb.js';
import { authorize, callerOf } from '@inkpost/service/control-listener.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { SERVER_NAME_LENGTH_MAX } from '../limits.js';
import type { PrintTotalsStore } from '../report-prints/print-totals.store.js';
import type { DomainStore } from '../domain/domain.store.js';
import type { MachineFigures } from './measure-machine.js';
import type { ServerStore } from './server.store.js';

export interface ServerRpcParts {
  readonly servers: ServerStore;
  readonly domains: Pick<DomainStore, 'current'>;
  readonly totals: PrintTotalsStore;
  readonly measureMachine: () => Promise<MachineFigures>;
  readonly version: string;
  readonly startedAt: Date;
  /** The clock. */
  readonly now: () => Date;
  readonly log: Log;
}

const EVER = { from: '1970-01-01', to: '9999-12-31' } as const;

/** This server: who it is, how it does, what it printed (WD-022, WD-030, DOM-016, SKY-094). */
export class ServerRpc implements ServiceImpl<typeof ServerService> {
  constructor(private readonly parts: ServerRpcParts) {}

  async getServer(_request: GetServerRequest, context: HandlerContext) {
    callerOf(context);
    const { servers, domains, measureMachine, version, startedAt } = this.parts;
    const [identity, figures, domain] = await Promise.all([servers.find(), measureMachine(), domains.current()]);
    return {
      ...identity, ...figures, version,
      role: domain?.role ?? 'single',
      domainId: domain?.domainId ?? '', domainName: domain?.name ?? '', now: timestampFromDate(this.parts.now()),
      startedAt: timestampFromDate(startedAt),
      // The clock may have been set back since.
      uptimeSeconds: Math.max(0, Math.floor((this.parts.now().getTime() - startedAt.getTime()) / 1_000)),
    };
  }

  async updateServer({ name }: UpdateServerRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'configuration.write');
    const wanted = name.trim();
    if (wanted === '' || wanted.length > SERVER_NAME_LENGTH_MAX || /\p{C}/u.test(wanted)) {
      throw invalidField('name', `must be 1 to ${SERVER_NAME_LENGTH_MAX} characters on one line`);
    }
    await this.parts.servers.rename(wanted);
    this.parts.log.info('server renamed', { name: wanted, actor });
    return { name: wanted };
  }

  async getStatistics(_request: GetStatisticsRequest, context: HandlerContext) {
    authorize(context, 'configuration.read');
    const { serverId } = await this.parts.servers.find();
    const { jobs, impressions } = await this.parts.totals.overall({ ...EVER, serverId });
    return { jobs, pages: impressions };
  }
}
