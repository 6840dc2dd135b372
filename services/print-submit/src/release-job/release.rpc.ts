import { setTimeout as sleep } from 'node:timers/promises';
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import type { ListWaitingRequest, ReleaseRequest, ReleaseService, RequestCodeRequest } from '@inkpost/contracts/admin/v1/print_pb.js';
import { callerOf } from '@inkpost/service/control-listener.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { codeRequestLimits, printLimits } from '../limits.js';
import { checkJobId } from '../print-job/job-id.js';
import type { CodeRequests } from '../request-code/code-requests.js';
import { checkGivenCode } from './given-code.js';
import type { JobRelease } from './job-release.js';
import { toWireJob } from '../print-job/wire-job.js';

/** A release point (SKY-005): needs no right, since the code is the right. */
export class ReleaseRpc implements ServiceImpl<typeof ReleaseService> {
  constructor(
    private readonly jobRelease: JobRelease,
    private readonly codes: CodeRequests,
    private readonly log: Log,
  ) {}

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
    if (request.confirmedJobIds.length > printLimits.jobsAtOnceMax) throw invalidField('confirmedJobIds', `must be at most ${printLimits.jobsAtOnceMax}`);
    for (const jobId of request.confirmedJobIds) checkJobId('confirmedJobIds', jobId);
    const released = await this.jobRelease.releaseByCode(given, request);
    return 'jobs' in released ? { outcome: released.outcome, jobs: released.jobs.map(toWireJob), notReleased: [...released.notReleased] } : { ...released, jobs: [] };
  };

  requestCode = async ({ address, source }: RequestCodeRequest, context: HandlerContext) => {
    callerOf(context);
    const { addressLengthMax, answeredAfterMs } = codeRequestLimits;
    if (address.length > addressLengthMax || address.includes('\u0000')) throw invalidField('address', `must be at most ${addressLengthMax} characters of text`);
    // Nobody waits for its outcome, so that neither the answer nor its time says whether something waits.
    this.codes.request(address, source).then(
      (outcome) => this.log.info('new code wanted', { outcome, source }),
      (error: unknown) => this.log.warning('new code not mailed', { error, source }),
    );
    await sleep(answeredAfterMs);
    return {};
  };
}
