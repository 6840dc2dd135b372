import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import type {
  CancelSubmittedJobRequest, ChooseQueueRequest, FindPrintQueuesRequest, ListPrintLocationsRequest, ListSubmittedJobsRequest, PrintApiService,
} from '@inkpost/contracts/admin/v1/print_api_pb.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import { GENERAL, type FinishingStore } from '../finishing/finishing.store.js';
import { printLimits, programLimits } from '../limits.js';
import type { LocationStore } from '../locations/location.store.js';
import type { JobCancellation } from '../manage-jobs/job-cancellation.js';
import { checkJobId } from '../print-job/job-id.js';
import { toWireJob } from '../print-job/wire-job.js';
import { wireCapabilities } from '../queues/printer-capabilities.js';
import type { QueueStore, ShownQueue } from '../queues/queue.store.js';
import type { PrintApiStore } from './print-api.store.js';
import { checkOptions } from './wanted-options.js';

export interface PrintApiParts {
  readonly store: PrintApiStore;
  readonly queues: QueueStore;
  readonly locations: LocationStore;
  readonly finishing: FinishingStore;
  readonly cancellation: JobCancellation;
}

/** What programs that print for others see (WD-015, WD-017): queues and places, and the jobs that each account handed in itself. */
export class PrintApiRpc implements ServiceImpl<typeof PrintApiService> {
  constructor(private readonly parts: PrintApiParts) {}

  findPrintQueues = async ({ search, brand, model, locationId, limit: wanted, cursor }: FindPrintQueuesRequest, context: HandlerContext) => {
    authorize(context, 'print-on-behalf');
    if (search.length > printLimits.searchLengthMax || search.split(/\s+/u).length > printLimits.searchWordsMax) {
      throw invalidField('search', `must have at most ${printLimits.searchWordsMax} words, ${printLimits.searchLengthMax} characters in all`);
    }
    const limit = Math.min(wanted || printLimits.queuesListedDefault, printLimits.queuesListedMax);
    const queues = await this.parts.queues.list({ search, brand: brand.trim(), model: model.trim(), locationId, groupId: '' }, cursor, limit);
    const holding = await this.parts.store.holdingQueues(queues.map(({ queueId }) => queueId));
    return { queues: queues.map((queue) => toWire(queue, holding.has(queue.queueId))), nextCursor: queues.length === limit ? (queues.at(-1)?.queueId ?? '') : '' };
  };

  listPrintLocations = async (_request: ListPrintLocationsRequest, context: HandlerContext) => {
    authorize(context, 'print-on-behalf');
    return { locations: (await this.parts.locations.list()).map(({ locationId, path }) => ({ locationId, path })) };
  };

  chooseQueue = async ({ target, options }: ChooseQueueRequest, context: HandlerContext) => {
    authorize(context, 'print-on-behalf');
    const { store, finishing } = this.parts;
    const checked = options && checkOptions(options, await finishing.decide(GENERAL));
    if (checked && 'reason' in checked) throw invalidField(`options.${checked.field}`, checked.reason);
    switch (target.case) {
      case 'queueId':
        return wireChoice(await store.chooseQueue(target.value));
      case 'location':
        return wireChoice(await store.chooseAtPlace(target.value.trim().replaceAll(/^\/+|\/+$/gu, '').replaceAll(/\s*\/\s*/gu, '/')));
      case undefined:
      default:
        throw invalidField('target', 'is missing: name a queue or a place');
    }
  };

  listSubmittedJobs = async ({ jobIds }: ListSubmittedJobsRequest, context: HandlerContext) => {
    const { actor } = authorize(context, 'print-on-behalf');
    if (jobIds.length > programLimits.jobsAskedMax) throw invalidField('jobIds', `must be at most ${programLimits.jobsAskedMax}`);
    for (const jobId of jobIds) checkJobId('jobIds', jobId);
    return { jobs: (await this.parts.store.jobsOf(actor, jobIds)).map(toWireJob) };
  };

  cancelSubmittedJob = async ({ jobId }: CancelSubmittedJobRequest, context: HandlerContext) => {
    const { actor } = authorize(context, 'print-on-behalf');
    checkJobId('jobId', jobId);
    const find = async () => (await this.parts.store.jobsOf(actor, [jobId]))[0];
    const job = await find();
    if (!job) return {};
    await this.parts.cancellation.cancel(job, false, { actor, by: 'submitter' });
    return { job: toWireJob((await find()) ?? job) };
  };
}

function toWire({ queueId, name, brand, model, locationId, locationPath, tags, printerState, capabilities }: ShownQueue, validation: boolean) {
  return { queueId, name, brand, model, locationId, locationPath, tags: [...tags], printerState, validation, ...(capabilities ? { capabilities: wireCapabilities(capabilities) } : {}) };
}

function wireChoice(choice: Awaited<ReturnType<PrintApiStore['chooseQueue']>>) {
  return choice.outcome === 'location-ambiguous' ? { ...choice, queueIds: [...choice.queueIds] } : choice;
}
