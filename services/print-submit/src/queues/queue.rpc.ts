import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import { FieldProblemSchema } from '@inkpost/contracts/admin/v1/diagnostics_pb.js';
import type {
  CreateQueueRequest, DeleteQueueRequest, GetQueueRequest, ListQueueFiltersRequest, ListQueuesRequest, QueueSchema, QueueService, QueueSettings as WireSettings, UpdateQueueRequest,
} from '@inkpost/contracts/admin/v1/print_pb.js';
import { PermanentFailure } from '@inkpost/failure/failure.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { invalidField, notFound } from '@inkpost/service/rpc-errors.js';
import { printLimits } from '../limits.js';
import { checkExpert, wireExpert } from './expert-settings.js';
import { wireCapabilities } from './printer-capabilities.js';
import { checkQueueSettings, type QueueSettings } from './queue-settings.js';
import type { QueueStore, ShownQueue } from './queue.store.js';

/** The print queues as administrators set them. */
export class QueueRpc implements ServiceImpl<typeof QueueService> {
  /** @param onChanged hears of queues that are new or have other settings: their printer is asked, what waits for it is tried. */
  constructor(
    private readonly queues: QueueStore,
    private readonly onChanged: (queueId: string) => void,
  ) {}

  listQueues = async ({ search, brand, model, locationId, groupId, limit: wanted, cursor }: ListQueuesRequest, context: HandlerContext) => {
    authorize(context, 'configuration.read');
    if (search.length > printLimits.searchLengthMax || search.split(/\s+/u).length > printLimits.searchWordsMax) {
      throw invalidField('search', `must have at most ${printLimits.searchWordsMax} words, ${printLimits.searchLengthMax} characters in all`);
    }
    const limit = Math.min(wanted || printLimits.queuesListedDefault, printLimits.queuesListedMax);
    const queues = await this.queues.list({ search, brand: brand.trim(), model: model.trim(), locationId, groupId }, cursor, limit);
    return { queues: queues.map(toWire), nextCursor: queues.length === limit ? (queues.at(-1)?.queueId ?? '') : '' };
  };

  listQueueFilters = async (_request: ListQueueFiltersRequest, context: HandlerContext) => {
    authorize(context, 'configuration.read');
    return this.queues.filters();
  };

  getQueue = async ({ queueId }: GetQueueRequest, context: HandlerContext) => {
    authorize(context, 'configuration.read');
    const queue = await this.queues.find(queueId);
    if (!queue) throw notFound('queue', queueId);
    return { queue: toWire(queue) };
  };

  createQueue = async ({ settings }: CreateQueueRequest, context: HandlerContext) => {
    authorize(context, 'configuration.write');
    const wanted = await this.checked(settings);
    const queue = await this.queues.create(wanted);
    if (!queue) throw alreadyThere(wanted.queueId);
    this.onChanged(queue.queueId);
    return { queue: toWire(queue) };
  };

  updateQueue = async ({ queueId, settings }: UpdateQueueRequest, context: HandlerContext) => {
    authorize(context, 'configuration.write');
    if (settings && settings.queueId !== '' && settings.queueId !== queueId) throw invalidField('queueId', 'cannot be changed: make a new queue');
    const queue = await this.queues.update(await this.checked(settings && { ...settings, queueId }));
    if (!queue) throw notFound('queue', queueId);
    this.onChanged(queueId);
    return { queue: toWire(queue) };
  };

  deleteQueue = async ({ queueId }: DeleteQueueRequest, context: HandlerContext) => {
    authorize(context, 'configuration.write');
    const deletion = await this.queues.delete(queueId);
    if (deletion.kind === 'unknown') throw notFound('queue', queueId);
    if (deletion.kind === 'in-use') {
      throw new PermanentFailure('print.queue-in-use', `The queue "${queueId}" ${deletion.by}.`);
    }
    return {};
  };

  private async checked(wire: WireSettings | undefined): Promise<QueueSettings> {
    if (!wire) throw invalidField('settings', 'are missing');
    const { queueId, name, printerUri, validation, holdHours, keepHours, certificateAuthority, brand, model, serialNumber, locationId, geocode, tags, comment, groupId } = wire;
    const expert = checkExpert(wire.expert);
    if ('field' in expert) throw invalidField(expert.field, expert.reason);
    const settings = checkQueueSettings({ expert, queueId, name, printerUri, validation, holdHours, keepHours, certificateAuthority, brand, model, serialNumber, locationId, geocode, tags, comment, groupId });
    if ('field' in settings) throw invalidField(settings.field, settings.reason);
    const missing = await this.queues.findMissing(settings);
    if (missing) throw invalidField(missing, `names no ${missing === 'groupId' ? 'group, or a template' : 'place'}: make it first, or choose another`);
    return settings;
  }
}

function alreadyThere(queueId: string): ConnectError {
  const problem = { field: 'queueId', reason: 'is taken' };
  return new ConnectError(`There is a queue "${queueId}" already.`, Code.AlreadyExists, undefined, [{ desc: FieldProblemSchema, value: problem }]);
}

function toWire({ printerState, problem, jobsHeld, jobsWaiting, createdAt, locationPath, capabilities, expert, ...settings }: ShownQueue): MessageInitShape<typeof QueueSchema> {
  return {
    settings: { ...settings, tags: [...settings.tags], expert: wireExpert(expert) },
    printerState, problem, jobsHeld, jobsWaiting, createdAt: timestampFromDate(createdAt), locationPath,
    ...(capabilities ? { capabilities: wireCapabilities(capabilities) } : {}),
  };
}
