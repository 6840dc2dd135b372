import type { MessageInitShape } from '@bufbuild/protobuf';
import { type Timestamp, timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { OwnerSchema } from '@inkpost/contracts/flow/v1/document_pb.js';
import type { JobRecordedSchema, JobSummarySchema } from '@inkpost/contracts/flow/v1/print_pb.js';
import type { Publication } from '@inkpost/flow/flow-client.js';
import type { Job } from './job.js';

/** The owner as the flow's facts name it; codes and notices go to this address alone. */
export function ownerOf(job: Job): MessageInitShape<typeof OwnerSchema> {
  return { accountId: job.accountId, directory: job.directory, address: job.ownerAddress, displayName: job.ownerName, language: job.ownerLanguage };
}

export function summaryOf(job: Pick<Job, 'jobId' | 'fileName' | 'pages'>): MessageInitShape<typeof JobSummarySchema> {
  return { jobId: job.jobId, fileName: job.fileName, pages: job.pages };
}

/** What others hear of a printed job: its owner's notice, and the statistics without a title. */
export function completedFacts(job: Job, completedAt: Date): Publication[] {
  const at = timestampFromDate(completedAt);
  return [
    { subject: 'print.job-completed.v1', payload: { messageId: job.messageId, owner: ownerOf(job), queueName: job.queueName, job: summaryOf(job), completedAt: at } },
    {
      subject: 'print.job-recorded.v1',
      payload: recordOf(job, at),
    },
  ];
}

/** As far as nobody counted them, impressions follow from pages, and sheets from both sides. */
function recordOf(job: Job, completedAt: Timestamp): MessageInitShape<typeof JobRecordedSchema> {
  const { jobId, queueId, accountId, mailboxId, pages, directory, notApplied } = job;
  const duplex = job.sides !== 'one-sided' && !notApplied.includes('sides');
  return {
    jobId, queueId, accountId, mailboxId, pages, copies: 1, completedAt, directory, ownerLabel: job.ownerAddress, origin: 'mail', duplex,
    color: job.colorMode === 'color' && !notApplied.includes('colorMode'), impressions: pages, sheets: duplex ? Math.ceil(pages / 2) : pages,
  };
}

/** Told whenever a job that its owner waits for will not be printed; `statusText` is shown to people. */
export function abortedFact(job: Job, reason: string, statusText: string): Publication {
  return {
    subject: 'print.job-aborted.v1',
    payload: { messageId: job.messageId, owner: ownerOf(job), queueName: job.queueName, job: summaryOf(job), reason, statusText },
  };
}
