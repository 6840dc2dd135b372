import { Failure } from '@inkpost/failure/failure.js';
import type { IppPrinter } from '../client/ipp-printer.js';
import type { JobStatus } from '../client/job-status.js';
import { decideAfterCut, type CutDecision, type CutPhase } from './decide-after-cut.js';
import { findJobsByName } from './find-jobs-by-name.js';

export interface Cut {
  readonly jobName: string;
  readonly phase: CutPhase;
  /** The printer's job id where `beforeSend` noted one. */
  readonly ippJobId?: number;
  readonly requestingUserName?: string;
}

/** `job` is the one to follow with `adopt`. After `send` nothing of the job is left at the printer: half-created ones are canceled. */
export type CutOutcome = { readonly decision: 'adopt'; readonly job: JobStatus } | { readonly decision: 'send' | 'uncertain' };

/** From what forbids a second print to what allows it; with several jobs of the name the first one counts. */
const mostCautiousFirst: readonly CutDecision[] = ['adopt', 'uncertain', 'cancel-and-send', 'send'];

/**
 * Asks the printer what became of a delivery whose answer was lost, and cancels what was only half created. Says `send`
 * only when a delivery from the start cannot print twice. Throws when the printer cannot be asked now: nothing may be sent then.
 */
export async function askAfterCut(printer: IppPrinter, cut: Cut): Promise<CutOutcome> {
  const jobs = await findJobs(printer, cut);
  const decided = jobs.map((job) => ({ job, decision: decideAfterCut({ phase: cut.phase, found: job }) }));
  const first = mostCautiousFirst.flatMap((decision) => decided.find((each) => each.decision === decision) ?? [])[0];
  if (!first) return { decision: decideAfterCut({ phase: cut.phase, found: undefined }) === 'send' ? 'send' : 'uncertain' };
  if (first.decision === 'adopt') return { decision: 'adopt', job: first.job };
  if (first.decision === 'uncertain') return { decision: 'uncertain' };
  for (const { job, decision } of decided) {
    if (decision !== 'cancel-and-send') continue;
    // A refusal means that the job moved on meanwhile; the next question will see how.
    if (!(await cancelled(printer, job.jobId, cut.requestingUserName))) return { decision: 'uncertain' };
  }
  return { decision: 'send' };
}

/** By id first, since a printer may list no finished jobs; by name as well, since ids begin anew when some printers restart. */
async function findJobs(printer: IppPrinter, cut: Cut): Promise<JobStatus[]> {
  const byName = await findJobsByName(printer, cut.jobName, cut.requestingUserName);
  if (cut.ippJobId === undefined || byName.some((job) => job.jobId === cut.ippJobId)) return byName;
  const byId = await findJobById(printer, cut.ippJobId, cut.requestingUserName);
  return byId?.jobName === cut.jobName ? [byId, ...byName] : byName;
}

async function findJobById(printer: IppPrinter, jobId: number, requestingUserName: string | undefined): Promise<JobStatus | undefined> {
  try {
    return await printer.getJobAttributes(jobId, requestingUserName);
  } catch (error) {
    if (isRefusal(error)) return undefined;
    throw error;
  }
}

async function cancelled(printer: IppPrinter, jobId: number, requestingUserName: string | undefined): Promise<boolean> {
  try {
    await printer.cancelJob(jobId, requestingUserName);
    return true;
  } catch (error) {
    if (isRefusal(error)) return false;
    throw error;
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof Failure && error.code === 'ipp.request-refused';
}
