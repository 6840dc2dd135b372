import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import type { ListWaitingRequest, ReleaseRequest, ReleaseService } from '@inkpost/contracts/admin/v1/print_pb.js';
import { callerOf } from '@inkpost/service/control-listener.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import { printLimits } from '../limits.js';
import { checkJobId } from '../print-job/job-id.js';
import { checkGivenCode } from './given-code.js';
import type { JobRelease } from './job-release.js';
import { toWireJob } from '../print-job/wire-job.js';

/** A release point (SKY-005): needs no right, since the code is the right. */
export class ReleaseRpc implements ServiceImpl<typeof ReleaseService> {
  constructor(private readonly jobRelease: JobRelease) {}

  listWaiting = async (request: ListWaitingRequest, context: HandlerContext) => {
    callerOf(context);
    const waiting = await this.jobRelease.listWaiting(checkGivenCode(request));
    return { ...waiting, jobs: 'jobs' in waiting ? waiting.jobs.map(toWireJob) : [] };
  };

  release = async (request: ReleaseRequest, context: HandlerContext) => {
    callerOf(context);
    const given = checkGivenCode(request);
    if (request.jobIds.length > printLimits.jobsAtOnceMax) throw invalidField('jobIds', `must be at most ${printLimits.jobsAtOnceMax}; an empty list means all`);
    for (const jobId of request.jobIds) checkJobId('jobIds', jobId);
    const released = await this.jobRelease.releaseByCode(given, request.jobIds);
    return { ...released, jobs: 'jobs' in released ? released.jobs.map(toWireJob) : [] };
  };
}
