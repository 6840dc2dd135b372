import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { FinishingChoicesSchema, JobSchema } from '@inkpost/contracts/admin/v1/print_pb.js';
import type { FinishingChoices } from '../change-finishing/decide-change.js';
import { countFromPages, type PrintCount } from './count-sheets.js';
import type { Job } from './job.js';

/** Domain -> wire. */
export function toWireJob(job: Job): MessageInitShape<typeof JobSchema> {
  return toWireHeldJob(job, undefined);
}

/** With what a held job can be changed to, where that is known. */
export function toWireHeldJob(job: Job, choices: FinishingChoices | undefined): MessageInitShape<typeof JobSchema> {
  const { impressions, sheets, countedBy } = countOf(job);
  return {
    jobId: job.jobId, messageId: job.messageId, queueId: job.queueId, accountId: job.accountId, ownerAddress: job.ownerAddress, fileName: job.fileName,
    pages: job.pages, sizeBytes: job.sizeBytes, jobState: job.jobState, jobStateReason: job.jobStateReason, problem: job.problem,
    finishing: {
      colorMode: job.colorMode, sides: job.sides, copies: job.copies, media: job.media, pageRanges: job.pageRanges,
      decidedBy: job.finishingDecidedBy, notApplied: [...job.notApplied],
    },
    impressions, sheets, countedBy, price: BigInt(job.price), currency: job.currency, question: job.question, forced: [...job.forced],
    mailboxId: job.mailboxId, queueName: job.queueName, reprintOf: job.reprintOf ?? '', attempts: job.attempts,
    ...(choices ? { finishingChoices: wireChoices(choices) } : {}),
    createdAt: timestampFromDate(job.createdAt),
    ...(job.jobHoldUntil ? { jobHoldUntil: timestampFromDate(job.jobHoldUntil) } : {}),
    ...(job.releasedAt ? { releasedAt: timestampFromDate(job.releasedAt) } : {}),
    ...(job.completedAt ? { completedAt: timestampFromDate(job.completedAt) } : {}),
    // What ran out is no longer kept, though its bytes may go a little later.
    ...(job.keptUntil && job.keptUntil > new Date() ? { keptUntil: timestampFromDate(job.keptUntil) } : {}),
  };
}

function wireChoices({ colorModes, sides, copiesMax, media, pageRanges }: FinishingChoices): MessageInitShape<typeof FinishingChoicesSchema> {
  return { colorModes: [...colorModes], sides: [...sides], copiesMax, media: [...media], pageRanges };
}

/** What came out, else what will. */
function countOf(job: Job): PrintCount {
  const { impressions, sheets, countedBy } = job;
  return impressions === null || sheets === null || countedBy === null ? countFromPages(job) : { impressions, sheets, countedBy };
}
