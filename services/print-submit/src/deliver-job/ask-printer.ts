import { asFailure, CauseDown, type Failure, PermanentFailure } from '@inkpost/failure/failure.js';
import type { IppPrinter } from '@inkpost/ipp/client/ipp-printer.js';
import type { JobStatus } from '@inkpost/ipp/client/job-status.js';
import { askAfterCut } from '@inkpost/ipp/deliver-document/ask-after-cut.js';
import { type Delivery, printerJobName } from './delivery.js';

/**
 * What became of a delivery whose answer was lost:
 * - `has-it`: the printer has the document, or had it,
 * - `has-nothing`: it can be sent again without a second print,
 * - `uncertain`: nobody can say; a person decides,
 * - `no-answer`: ask again; until then nothing is sent.
 */
export type Answer =
  | { readonly kind: 'has-it'; readonly job: JobStatus }
  | { readonly kind: 'has-nothing' }
  | { readonly kind: 'uncertain'; readonly problem: string }
  | { readonly kind: 'no-answer'; readonly failure: Failure };

/** A printer that can be reached and still gives no usable answer after so many questions never will. */
const UNUSABLE_ANSWERS_MAX = 8;

/**
 * Asks the printer by the delivery's name and number. `asked` counts the questions before this one, by this process or the one that
 * died; each may have canceled the job to make way, so that a canceled job no longer shows a person's will.
 */
export async function askPrinter(printer: IppPrinter, delivery: Delivery, asked: number): Promise<Answer> {
  const { phase, printerJobId, job } = delivery;
  try {
    const outcome = await askAfterCut(printer, {
      jobName: printerJobName(delivery),
      phase: phase === 'creating' ? 'creating' : 'sending',
      requestingUserName: job.ownerAddress,
      ...(printerJobId === undefined ? {} : { ippJobId: printerJobId }),
    });
    if (outcome.decision !== 'adopt') {
      if (outcome.decision === 'send') return { kind: 'has-nothing' };
      return { kind: 'uncertain', problem: 'The printer took the document, perhaps all of it, and cannot say what became of it.' };
    }
    return asked > 0 && outcome.job.jobState === 'canceled' ? judgeCanceled(outcome.job) : { kind: 'has-it', job: outcome.job };
  } catch (error) {
    return judgeNoAnswer(asFailure(error), asked);
  }
}

/** Ours to make way for another try, or a person's: when it was empty, nothing was printed either way. */
function judgeCanceled(job: JobStatus): Answer {
  const isEmpty = job.numberOfDocuments === 0 && (job.jobKOctets ?? 0) === 0 && (job.jobImpressionsCompleted ?? 0) === 0;
  return isEmpty ? { kind: 'has-nothing' } : { kind: 'uncertain', problem: 'The job was canceled at the printer while the document was arriving; a part of it may have been printed.' };
}

function judgeNoAnswer(failure: Failure, asked: number): Answer {
  const neverWill = failure instanceof PermanentFailure || (!(failure instanceof CauseDown) && asked >= UNUSABLE_ANSWERS_MAX);
  return neverWill ? { kind: 'uncertain', problem: `The printer cannot be asked what became of the document: ${failure.message}.` } : { kind: 'no-answer', failure };
}
