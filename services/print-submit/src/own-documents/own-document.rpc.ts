import type { MessageInitShape } from '@bufbuild/protobuf';
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import type {
  ChangeOwnFinishingRequest, DeleteOwnDocumentsRequest, Identification as WireIdentification, ListOwnDocumentsRequest, ListOwnHistoryRequest, OpenByCodeRequest, OwnDocumentSchema, OwnDocumentService, ReleaseOwnDocumentsRequest,
} from '@inkpost/contracts/admin/v1/own_documents_pb.js';
import { callerOf } from '@inkpost/service/control-listener.js';
import { fromCursor, toCursor } from '@inkpost/service/page-place.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import { printLimits } from '../limits.js';
import type { Job } from '../print-job/job.js';
import type { FinishingChanges } from '../change-finishing/finishing-changes.js';
import type { FinishingChoices } from '../change-finishing/decide-change.js';
import { checkJobId } from '../print-job/job-id.js';
import { toWireHeldJob } from '../print-job/wire-job.js';
import { checkGivenCode, checkReleasePoint } from '../release-job/given-code.js';
import type { JobRelease } from '../release-job/job-release.js';
import type { ReleaseAdmission } from '../release-job/release-admission.js';
import { type Identification, PROOFS } from '../release-profiles/identification.js';
import type { DocumentDeletion } from './document-deletion.js';
import type { OwnDocument } from './own-document.js';
import type { OwnDocumentStore } from './own-document.store.js';

/** People's own documents at a release point: needs no right, since each is asked for by its owner's account alone. */
export class OwnDocumentRpc implements ServiceImpl<typeof OwnDocumentService> {
  constructor(
    private readonly documents: OwnDocumentStore,
    private readonly jobRelease: JobRelease,
    private readonly deletion: DocumentDeletion,
    private readonly changes: FinishingChanges,
    private readonly admission: ReleaseAdmission,
  ) {}

  openByCode = async (request: OpenByCodeRequest, context: HandlerContext) => {
    callerOf(context);
    return this.jobRelease.open(checkGivenCode(request));
  };

  listOwnDocuments = async ({ who }: ListOwnDocumentsRequest, context: HandlerContext) => {
    callerOf(context);
    return { documents: await this.toWireAll(await this.documents.list(identified(who))) };
  };

  releaseOwnDocuments = async ({ who, jobIds, confirmedJobIds }: ReleaseOwnDocumentsRequest, context: HandlerContext) => {
    callerOf(context);
    checkJobIds(jobIds);
    checkJobIds(confirmedJobIds);
    const { jobs, notReleased } = await this.jobRelease.releaseOwn(identified(who), { jobIds, confirmedJobIds });
    return { documents: jobs.map((job) => toWire(job)), notReleased: [...notReleased] };
  };

  changeOwnFinishing = async ({ who, jobId, change }: ChangeOwnFinishingRequest, context: HandlerContext) => {
    callerOf(context);
    checkJobId('jobId', jobId);
    if (!change) throw invalidField('change', 'is missing');
    const owner = identified(who);
    const changed = await this.changes.changeByOwner(jobId, change, owner);
    if (changed.outcome === 'refused') throw invalidField(changed.problem.field, changed.problem.reason);
    return changed.outcome === 'not-held' ? {} : { document: (await this.toWireAll([changed.job]))[0] };
  };

  deleteOwnDocuments = async ({ who, jobIds }: DeleteOwnDocumentsRequest, context: HandlerContext) => {
    callerOf(context);
    checkJobIds(jobIds);
    return { documents: (await this.deletion.delete(identified(who), jobIds)).map((job) => toWire(job)) };
  };

  listOwnHistory = async ({ who, limit: wanted, cursor }: ListOwnHistoryRequest, context: HandlerContext) => {
    callerOf(context);
    if (wanted > printLimits.jobsListedMax) throw invalidField('limit', `must be at most ${printLimits.jobsListedMax}`);
    const after = cursor === '' ? undefined : fromCursor(cursor);
    if (cursor !== '' && !after) throw invalidField('cursor', 'must be the nextCursor of an earlier answer');
    const limit = wanted === 0 ? printLimits.jobsListedDefault : wanted;
    const found = await this.documents.history(identified(who), after, limit + 1);
    const documents = found.slice(0, limit);
    const last = documents.at(-1);
    return { documents: documents.map((job) => toWire(job)), nextCursor: last && found.length > limit ? toCursor({ at: last.createdAt, id: last.jobId }) : '' };
  };

  /** With what the held ones can be changed to, and what they would cost now. */
  private async toWireAll(jobs: readonly (Job | OwnDocument)[]) {
    const choices = await this.changes.choicesOf(jobs);
    return (await this.admission.priced(jobs)).map((job) => toWire(job, choices.get(job.jobId)));
  }
}

function identified(who: WireIdentification | undefined): Identification {
  if (!who || who.accountId === '') throw invalidField('who.accountId', 'is missing');
  const means = PROOFS.find((each) => each === who.means);
  if (!means) throw invalidField('who.means', `must be one of ${PROOFS.join(', ')}`);
  return { accountId: who.accountId, means, releasePoint: checkReleasePoint(who.releasePoint) };
}

function checkJobIds(jobIds: readonly string[]): void {
  if (jobIds.length > printLimits.jobsAtOnceMax) throw invalidField('jobIds', `must be at most ${printLimits.jobsAtOnceMax}`);
  for (const jobId of jobIds) checkJobId('jobIds', jobId);
}

function toWire(job: Job | OwnDocument, choices?: FinishingChoices): MessageInitShape<typeof OwnDocumentSchema> {
  return { job: toWireHeldJob(job, choices), queueName: job.queueName, allowedMeans: 'allowedMeans' in job ? [...job.allowedMeans] : [] };
}
