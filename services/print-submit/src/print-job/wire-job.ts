import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { JobSchema } from '@inkpost/contracts/admin/v1/print_pb.js';
import type { Job } from './job.js';

/** Domain -> wire. */
export function toWireJob(job: Job): MessageInitShape<typeof JobSchema> {
  return {
    jobId: job.jobId, messageId: job.messageId, queueId: job.queueId, accountId: job.accountId, ownerAddress: job.ownerAddress, fileName: job.fileName,
    pages: job.pages, sizeBytes: job.sizeBytes, jobState: job.jobState, jobStateReason: job.jobStateReason, problem: job.problem,
    finishing: { colorMode: job.colorMode, sides: job.sides, decidedBy: job.finishingDecidedBy, notApplied: [...job.notApplied] },
    createdAt: timestampFromDate(job.createdAt),
    ...(job.jobHoldUntil ? { jobHoldUntil: timestampFromDate(job.jobHoldUntil) } : {}),
    ...(job.releasedAt ? { releasedAt: timestampFromDate(job.releasedAt) } : {}),
    ...(job.completedAt ? { completedAt: timestampFromDate(job.completedAt) } : {}),
  };
}
