import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import type {
  CancelJobRequest, ChangeFinishingRequest, ChangeOwnerRequest, CountJobsRequest, GetJobRequest, JobService, ListJobsRequest, RedirectJobRequest, ReleaseJobRequest, ReprintJobRequest,
} from '@inkpost/contracts/admin/v1/print_pb.js';
import { type Timestamp, timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
import { PermanentFailure } from '@inkpost/failure/failure.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { fromCursor, toCursor } from '@inkpost/service/page-place.js';
import { invalidField, notFound } from '@inkpost/service/rpc-errors.js';
import { printLimits } from '../limits.js';
import type { FinishingChanges } from '../change-finishing/finishing-changes.js';
import { checkOwner } from '../change-owner/check-owner.js';
import type { OwnerChange } from '../change-owner/owner-change.js';
import type { Job } from '../print-job/job.js';
import { checkJobId } from '../print-job/job-id.js';
import { JOB_STATES, moveJob } from '../print-job/job-moves.js';
import { toWireHeldJob, toWireJob } from '../print-job/wire-job.js';
import type { RedirectionStore } from '../redirect-job/redirection.store.js';
import type { JobRelease } from '../release-job/job-release.js';
import type { JobReprint } from '../reprint-job/job-reprint.js';
import { whyNotReprinted } from '../reprint-job/why-not-reprinted.js';
import type { JobCancellation } from './job-cancellation.js';
import type { JobStore } from './job.store.js';

/** Jobs as an administrator sees them. */
export class JobRpc implements ServiceImpl<typeof JobService> {
  constructor(
    private readonly jobs: JobStore,
    private readonly release: JobRelease,
    private readonly cancellation: JobCancellation,
    private readonly redirections: RedirectionStore,
    private readonly changes: FinishingChanges,
    private readonly owners: OwnerChange,
    private readonly reprints: JobReprint,
    /** Hears of each queue that has a new job. */
    private readonly onMoved: (queueId: string) => void,
  ) {}

  listJobs = async (request: ListJobsRequest, context: HandlerContext) => {
    authorize(context, 'jobs.read');
    for (const state of request.jobStates) {
      if (!JOB_STATES.some((known) => known === state)) throw invalidField('jobStates', `must be of ${JOB_STATES.join(', ')}`);
    }
    if (request.limit > printLimits.jobsListedMax) throw invalidField('limit', `must be at most ${printLimits.jobsListedMax}`);
    const after = request.cursor === '' ? undefined : fromCursor(request.cursor);
    if (request.cursor !== '' && !after) throw invalidField('cursor', 'must be the nextCursor of an earlier answer');
    const limit = request.limit === 0 ? printLimits.jobsListedDefault : request.limit;
    const { jobStates, queueId, accountId, mailboxId, createdFrom, createdBefore, answered } = request;
    const found = await this.jobs.list({ jobStates, queueId, accountId, mailboxId, createdFrom: dateOf(createdFrom), createdBefore: dateOf(createdBefore), answered }, after, limit + 1);
    const jobs = found.slice(0, limit);
    const last = jobs.at(-1);
    return { jobs: jobs.map((job) => ({ ...toWireJob(job), ...(job.nextTryAt ? { nextTryAt: timestampFromDate(job.nextTryAt) } : {}) })), nextCursor: last && found.length > limit ? toCursor({ at: last.createdAt, id: last.jobId }) : '' };
  };

  getJob = async ({ jobId }: GetJobRequest, context: HandlerContext) => {
    authorize(context, 'jobs.read');
    return { job: await this.withChoices(await this.find(jobId)) };
  };

  countJobs = async (_request: CountJobsRequest, context: HandlerContext) => {
    authorize(context, 'jobs.read');
    return this.jobs.countUnfinished();
  };

  releaseJob = async ({ jobId }: ReleaseJobRequest, context: HandlerContext) => {
    const { actor } = authorize(context, 'jobs.manage');
    const { jobState } = await this.find(jobId);
    const move = (['release', 'printAgain'] as const).find((each) => moveJob(jobState, each));
    if (!move) throw new PermanentFailure('print.release-refused', `Only a held or an uncertain job can be released; this one is ${jobState}.`);
    const released = await this.release.releaseByAdministrator(jobId, move, actor);
    if (!released) throw new PermanentFailure('print.release-refused', 'The job changed at this moment: look at it again.');
    return { job: toWireJob(released) };
  };

  cancelJob = async ({ jobId, printed }: CancelJobRequest, context: HandlerContext) => {
    const { actor } = authorize(context, 'jobs.manage');
    await this.cancellation.cancel(await this.find(jobId), printed, { actor, by: 'administrator' });
    return { job: toWireJob(await this.find(jobId)) };
  };

  redirectJob = async ({ jobId, queueId }: RedirectJobRequest, context: HandlerContext) => {
    const { actor } = authorize(context, 'jobs.manage');
    const job = await this.find(jobId);
    if (job.queueId === queueId) throw invalidField('queueId', 'must be another queue than the job is on');
    const outcome = await this.redirections.redirect(job, queueId, actor);
    if (outcome === 'queue-unknown') throw invalidField('queueId', 'names no queue');
    if (outcome === 'overtaken') throw new PermanentFailure('print.redirect-refused', `Only a job that is held or waits for its printer can go elsewhere; this one is ${(await this.find(jobId)).jobState}.`);
    this.onMoved(queueId);
    return { job: toWireJob(await this.find(jobId)) };
  };

  changeFinishing = async ({ jobId, change }: ChangeFinishingRequest, context: HandlerContext) => {
    const { actor } = authorize(context, 'jobs.manage');
    if (!change) throw invalidField('change', 'is missing: give at least one option');
    await this.find(jobId);
    const changed = await this.changes.changeByAdministrator(jobId, change, actor);
    if (changed.outcome === 'refused') throw invalidField(changed.problem.field, changed.problem.reason);
    if (changed.outcome === 'not-held') throw new PermanentFailure('print.change-refused', `Only a held job can be changed; this one is ${(await this.find(jobId)).jobState}.`);
    return { job: await this.withChoices(changed.job) };
  };

  reprintJob = async ({ jobId, queueId }: ReprintJobRequest, context: HandlerContext) => {
    const { actor } = authorize(context, 'jobs.manage');
    const job = await this.find(jobId);
    const reason = whyNotReprinted(job, new Date());
    if (reason !== undefined) throw new PermanentFailure('print.reprint-refused', reason);
    const reprinted = await this.reprints.reprint(job, queueId || job.queueId, actor);
    if (reprinted.outcome === 'reprinted') return { job: toWireJob(await this.find(reprinted.jobId)) };
    if (reprinted.outcome === 'queue-unknown') throw invalidField('queueId', queueId === '' ? `is missing: the queue "${job.queueId}" that it was printed on is gone` : 'names no queue');
    throw new PermanentFailure('print.reprint-refused', 'The document is no longer kept.');
  };

  changeOwner = async ({ jobId, owner }: ChangeOwnerRequest, context: HandlerContext) => {
    const { actor } = authorize(context, 'jobs.manage');
    if (!owner) throw invalidField('owner', 'is missing');
    const problem = checkOwner(owner);
    if (problem) throw invalidField(problem.field, problem.reason);
    const job = await this.find(jobId);
    if (job.jobState !== 'pending-held') throw new PermanentFailure('print.owner-change-refused', `Only a held job can be given to somebody else; this one is ${job.jobState}.`);
    if (job.accountId === owner.accountId) throw new PermanentFailure('print.owner-change-refused', 'The job is theirs already.');
    if (!(await this.owners.change(job, owner, actor))) throw new PermanentFailure('print.owner-change-refused', 'The job or the account changed at this moment: look at them again.');
    return { job: await this.withChoices(await this.find(jobId)) };
  };

  private async withChoices(job: Job) {
    return toWireHeldJob(job, (await this.changes.choicesOf([job])).get(job.jobId));
  }

  private async find(jobId: string): Promise<Job> {
    checkJobId('jobId', jobId);
    const job = await this.jobs.find(jobId);
    if (!job) throw notFound('job', jobId);
    return job;
  }
}

function dateOf(timestamp: Timestamp | undefined): Date | undefined {
  return timestamp && timestampDate(timestamp);
}
