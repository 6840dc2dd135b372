import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { OwnerSchema } from '@inkpost/contracts/flow/v1/document_pb.js';
import type { JobSummarySchema } from '@inkpost/contracts/flow/v1/print_pb.js';
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
      payload: { jobId: job.jobId, queueId: job.queueId, accountId: job.accountId, mailboxId: job.mailboxId, pages: job.pages, copies: 1, completedAt: at },
    },
  ];
}

/** Told whenever a job that its owner waits for will not be printed; `statusText` is shown to people. */
export function abortedFact(job: Job, reason: string, statusText: string): Publication {
  return {
    subject: 'print.job-aborted.v1',
    payload: { messageId: job.messageId, owner: ownerOf(job), queueName: job.queueName, job: summaryOf(job), reason, statusText },
  };
}
