import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import type {
  GetQueueTraceRequest, QueueTraceSchema, QueueTraceService, ReadQueueTraceLogRequest, StartQueueTraceRequest, StopQueueTraceRequest,
} from '@inkpost/contracts/admin/v1/queue_traces_pb.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { invalidField, notFound } from '@inkpost/service/rpc-errors.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { traceLimits } from '../limits.js';
import type { QueueTrace, QueueTraceStore } from './queue-trace.store.js';
import type { QueueTraces } from './queue-traces.js';

const MINUTE_MS = 60_000;

/** Traced conversations with printers, for administrators (WD-028). They show who prints what: that is for whoever may diagnose. */
export class QueueTraceRpc implements ServiceImpl<typeof QueueTraceService> {
  constructor(
    private readonly store: QueueTraceStore,
    private readonly traces: QueueTraces,
    private readonly log: Log,
  ) {}

  startQueueTrace = async ({ queueId, until: wanted }: StartQueueTraceRequest, context: HandlerContext) => {
    const { actor } = authorize(context, 'diagnostics');
    await this.existing(queueId);
    const until = wanted ? timestampDate(wanted) : new Date(Date.now() + traceLimits.minutesDefault * MINUTE_MS);
    const remainingMs = until.getTime() - Date.now();
    if (!(remainingMs > 0)) throw invalidField('until', 'must be a time to come');
    // A request takes its time, and clocks differ.
    if (remainingMs > (traceLimits.minutesMax + 1) * MINUTE_MS) throw invalidField('until', `must be at most ${traceLimits.minutesMax / 60} hours from now`);
    await this.store.start(queueId, until, actor);
    this.log.info('queue traced', { queueId, until, actor });
    return this.changed(queueId);
  };

  stopQueueTrace = async ({ queueId }: StopQueueTraceRequest, context: HandlerContext) => {
    const { actor } = authorize(context, 'diagnostics');
    await this.existing(queueId);
    await this.store.stop(queueId);
    this.log.info('queue no longer traced', { queueId, actor });
    return this.changed(queueId);
  };

  getQueueTrace = async ({ queueId }: GetQueueTraceRequest, context: HandlerContext) => {
    authorize(context, 'diagnostics');
    return { trace: toWire(await this.existing(queueId)) };
  };

  readQueueTraceLog = async ({ queueId }: ReadQueueTraceLogRequest, context: HandlerContext) => {
    const { actor } = authorize(context, 'diagnostics');
    await this.existing(queueId);
    this.log.info('traced conversation read', { queueId, actor });
    return { log: await this.store.read(queueId) };
  };

  private async changed(queueId: string) {
    await this.traces.refresh();
    return { trace: toWire(await this.existing(queueId)) };
  }

  private async existing(queueId: string): Promise<QueueTrace | undefined> {
    const trace = await this.store.find(queueId);
    if (trace === 'no-queue') throw notFound('queue', queueId);
    return trace;
  }
}

function toWire(trace: QueueTrace | undefined): MessageInitShape<typeof QueueTraceSchema> {
  if (!trace) return {};
  const { startedAt, until, startedBy, active, sizeBytes } = trace;
  return { startedAt: timestampFromDate(startedAt), until: timestampFromDate(until), startedBy, active, sizeBytes };
}
