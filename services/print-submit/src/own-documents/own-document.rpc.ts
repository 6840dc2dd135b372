import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import type {
  DeleteOwnDocumentsRequest, Identification as WireIdentification, ListOwnDocumentsRequest, ListOwnHistoryRequest, OpenByCodeRequest, OwnDocumentSchema, OwnDocumentService, ReleaseOwnDocumentsRequest,
} from '@inkpost/contracts/admin/v1/own_documents_pb.js';
import { callerOf } from '@inkpost/service/control-listener.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import { printLimits } from '../limits.js';
import { fromCursor, toCursor } from '../manage-jobs/job-cursor.js';
import type { Job } from '../print-job/job.js';
import { checkJobId } from '../print-job/job-id.js';
import { checkGivenCode, checkReleasePoint } from '../release-job/given-code.js';
import type { JobRelease } from '../release-job/job-release.js';
import { type Identification, MEANS } from '../release-profiles/identification.js';
import type { DocumentDeletion } from './document-deletion.js';
import type { OwnDocument } from './own-document.js';
import type { OwnDocumentStore } from './own-document.store.js';

/** People's own documents at a release point: needs no right, since each is asked for by its owner's account alone. */
export class OwnDocumentRpc implements ServiceImpl<typeof OwnDocumentService> {
  constructor(
    private readonly documents: OwnDocumentStore,
    private readonly jobRelease: JobRelease,
    private readonly deletion: DocumentDeletion,
  ) {}

  openByCode = async (request: OpenByCodeRequest, context: HandlerContext) => {
    callerOf(context);
    return this.jobRelease.open(checkGivenCode(request));
  };

  listOwnDocuments = async ({ who }: ListOwnDocumentsRequest, context: HandlerContext) => {
    callerOf(context);
    return { documents: (await this.documents.list(identified(who))).map(toWire) };
  };

  releaseOwnDocuments = async ({ who, jobIds }: ReleaseOwnDocumentsRequest, context: HandlerContext) => {
    callerOf(context);
    checkJobIds(jobIds);
    return { documents: (await this.jobRelease.releaseOwn(identified(who), jobIds)).map(toWire) };
  };

  deleteOwnDocuments = async ({ who, jobIds }: DeleteOwnDocumentsRequest, context: HandlerContext) => {
    callerOf(context);
    checkJobIds(jobIds);
    return { documents: (await this.deletion.delete(identified(who), jobIds)).map(toWire) };
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
    return { documents: documents.map(toWire), nextCursor: last && found.length > limit ? toCursor(last) : '' };
  };
}

function identified(who: WireIdentification | undefined): Identification {
  if (!who || who.accountId === '') throw invalidField('who.accountId', 'is missing');
  const means = MEANS.find((each) => each === who.means);
  if (!means) throw invalidField('who.means', `must be one of ${MEANS.join(', ')}`);
  return { accountId: who.accountId, means, releasePoint: checkReleasePoint(who.releasePoint) };
}

function checkJobIds(jobIds: readonly string[]): void {
  if (jobIds.length > printLimits.jobsAtOnceMax) throw invalidField('jobIds', `must be at most ${printLimits.jobsAtOnceMax}`);
  for (const jobId of jobIds) checkJobId('jobIds', jobId);
}

function toWire(job: Job | OwnDocument): MessageInitShape<typeof OwnDocumentSchema> {
  return {
    jobId: job.jobId, fileName: job.fileName, pages: job.pages, queueId: job.queueId, queueName: job.queueName, jobState: job.jobState, jobStateReason: job.jobStateReason,
    finishing: { colorMode: job.colorMode, sides: job.sides, decidedBy: job.finishingDecidedBy, notApplied: [...job.notApplied] },
    allowedMeans: 'allowedMeans' in job ? [...job.allowedMeans] : [],
    createdAt: timestampFromDate(job.createdAt),
    ...(job.jobHoldUntil ? { jobHoldUntil: timestampFromDate(job.jobHoldUntil) } : {}),
    ...(job.releasedAt ? { releasedAt: timestampFromDate(job.releasedAt) } : {}),
    ...(job.completedAt ? { completedAt: timestampFromDate(job.completedAt) } : {}),
  };
}
