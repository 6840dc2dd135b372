import type { FlowTransaction } from '@inkpost/flow/flow-client.js';
import { isDeepStrictEqual } from 'node:util';
import type { Finishing, FinishingProblem } from '../finishing/finishing.js';
import { optionsEvidence } from '../finishing/options-evidence.js';
import { JOB_COLUMNS, type Job } from '../print-job/job.js';
import type { PrinterCapabilities } from '../queues/printer-capabilities.js';
import { decideChange, type FinishingChange } from './decide-change.js';

/** Who changes: the owner, who identified at a release point and has only own jobs, or an administrator. */
export type ChangedBy = { readonly by: 'owner'; readonly accountId: string; readonly releasePoint: string } | { readonly by: 'administrator'; readonly actor: string };

export type ChangeOutcome =
  | { readonly outcome: 'changed'; readonly job: Job }
  | { readonly outcome: 'refused'; readonly problem: FinishingProblem }
  /** It was released, canceled or has expired meanwhile, or is nobody's or another's. */
  | { readonly outcome: 'not-held' };

type HeldJob = Job & { readonly capabilities: PrinterCapabilities | null };

/** Changes how a held job is to look on paper. Its lock keeps it from being released with half of the change. */
export async function changeFinishing(transaction: FlowTransaction, jobId: string, change: FinishingChange, changedBy: ChangedBy): Promise<ChangeOutcome> {
  const owner = changedBy.by === 'owner' ? changedBy.accountId : null;
  const [held] = await transaction.query<HeldJob & Record<string, unknown>>(
    'finishing-change.find',
    `SELECT ${JOB_COLUMNS}, printer.capabilities FROM job LEFT JOIN printer ON printer.queue_id = job.queue_id
     WHERE job.id = $1 AND job.job_state = 'pending-held' AND ($2::text IS NULL OR job.account_id = $2) FOR UPDATE OF job`, [jobId, owner],
  );
  if (!held) return { outcome: 'not-held' };
  const { capabilities, ...job } = held;
  const wanted = decideChange(job, change, capabilities ?? undefined);
  if ('reason' in wanted) return { outcome: 'refused', problem: wanted };
  if (isDeepStrictEqual(wanted, finishingOf(job))) return { outcome: 'changed', job };
  return { outcome: 'changed', job: await write(transaction, job, wanted, changedBy) };
}

async function write(transaction: FlowTransaction, job: Job, wanted: Finishing, changedBy: ChangedBy): Promise<Job> {
  const { colorMode, sides, copies, media, pageRanges } = wanted;
  await transaction.query(
    'finishing-change.write',
    'UPDATE job SET color_mode = $2, sides = $3, copies = $4, media = $5, page_ranges = $6, finishing_decided_by = $7 WHERE id = $1',
    [job.jobId, colorMode, sides, copies, media, pageRanges, changedBy.by],
  );
  const { by } = changedBy;
  const who = changedBy.by === 'owner' ? { by, releasePoint: changedBy.releasePoint } : { by, actor: changedBy.actor };
  const evidence = { fileName: job.fileName, queueId: job.queueId, queueName: job.queueName, ...who, ...optionsEvidence(wanted), was: optionsEvidence(job) };
  await transaction.publish({ journeyId: job.messageId, entries: [{ step: 'finishing-changed', document: job.jobId, evidence }], publish: [] });
  return { ...job, ...wanted, finishingDecidedBy: by };
}

function finishingOf({ colorMode, sides, copies, media, pageRanges }: Job): Finishing {
  return { colorMode, sides, copies, media, pageRanges };
}
