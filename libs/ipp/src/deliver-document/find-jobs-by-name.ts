import { Failure } from '@inkpost/failure/failure.js';
import type { IppPrinter, JobsRequest } from '../client/ipp-printer.js';
import type { JobStatus } from '../client/job-status.js';

/** Completed jobs come newest first (RFC 8011 section 4.2.6.2); ours ended between the cut and now. */
const completedJobsAsked = 500;

/**
 * The printer's jobs of exactly this name, unfinished ones first. Ask as the user who made them: printers hide the names of
 * others' jobs. Printers that ignore `limit` or the requested attributes, or know no `which-jobs`, are coped with.
 */
export async function findJobsByName(printer: IppPrinter, jobName: string, requestingUserName?: string): Promise<JobStatus[]> {
  const user = requestingUserName === undefined ? {} : { requestingUserName };
  const unfinished = await getJobs(printer, { ...user, whichJobs: 'not-completed' });
  const completed = await getJobs(printer, { ...user, whichJobs: 'completed', limit: completedJobsAsked });
  const byId = new Map<number, JobStatus>();
  // The later answer wins: a job may have ended between the two questions.
  for (const job of [...unfinished, ...completed]) if (job.jobName === jobName) byId.set(job.jobId, job);
  return [...byId.values()];
}

async function getJobs(printer: IppPrinter, request: JobsRequest): Promise<JobStatus[]> {
  try {
    return await printer.getJobs(request);
  } catch (error) {
    if (!(error instanceof Failure) || error.fields['status'] !== 'client-error-attributes-or-values-not-supported') throw error;
    // Without which-jobs the printer gives what is not completed: less than we asked for, never something wrong.
    const { whichJobs: _unsupported, ...rest } = request;
    return printer.getJobs(rest);
  }
}
