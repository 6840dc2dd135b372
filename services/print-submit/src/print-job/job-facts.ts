import type { MessageInitShape } from '@bufbuild/protobuf';
import { type Timestamp, timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { OwnerSchema } from '@inkpost/contracts/flow/v1/document_pb.js';
import type { JobRecordedSchema, JobSummarySchema } from '@inkpost/contracts/flow/v1/print_pb.js';
import type { Publication } from '@inkpost/flow/flow-client.js';
import type { Charge } from '../balances/charge-print.js';
import type { FinishingOption } from '../finishing/finishing.js';
import { isDuplex, type PrintCount } from './count-sheets.js';
import type { Job } from './job.js';

/** The owner as the flow's facts name it; codes and notices go to this address alone. */
export function ownerOf(job: Job): MessageInitShape<typeof OwnerSchema> {
  return { accountId: job.accountId, directory: job.directory, address: job.ownerAddress, displayName: job.ownerName, language: job.ownerLanguage };
}

export function summaryOf(job: Pick<Job, 'jobId' | 'fileName' | 'pages'>): MessageInitShape<typeof JobSummarySchema> {
  return { jobId: job.jobId, fileName: job.fileName, pages: job.pages };
}

/** What others hear of a printed job: its owner's notice, and the statistics without a title. */
export function completedFacts(job: Job, completedAt: Date, count: PrintCount, charge: Charge): Publication[] {
  const at = timestampFromDate(completedAt);
  return [
    { subject: 'print.job-completed.v1', payload: { messageId: job.messageId, owner: ownerOf(job), queueId: job.queueId, queueName: job.queueName, job: summaryOf(job), completedAt: at } },
    {
      subject: 'print.job-recorded.v1',
      payload: recordOf(job, at, count, charge),
    },
  ];
}

function recordOf(job: Job, completedAt: Timestamp, { impressions, sheets }: PrintCount, { price, userGroup }: Charge): MessageInitShape<typeof JobRecordedSchema> {
  const { jobId, queueId, locationPath, accountId, mailboxId, pages, directory, notApplied, colorMode, copies, media } = job;
  const isDone = (option: FinishingOption): boolean => !notApplied.includes(option);
  return {
    jobId, queueId, locationPath, accountId, mailboxId, pages, completedAt, directory, ownerLabel: job.ownerAddress, origin: job.submitter === '' ? 'mail' : 'print-api', impressions, sheets, price: BigInt(price), userGroup,
    duplex: isDuplex(job), color: colorMode === 'color' && isDone('colorMode'), copies: isDone('copies') ? copies : 1, media: isDone('media') ? media : '',
  };
}

/** Told whenever a job that its owner waits for will not be printed; `statusText` is shown to people. */
export function abortedFact(job: Job, reason: string, statusText: string): Publication {
  return {
    subject: 'print.job-aborted.v1',
    payload: { messageId: job.messageId, owner: ownerOf(job), queueId: job.queueId, queueName: job.queueName, job: summaryOf(job), reason, statusText },
  };
}
