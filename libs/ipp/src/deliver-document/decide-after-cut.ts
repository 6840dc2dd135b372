import { isFinished, type JobStatus } from '../client/job-status.js';

/**
 * How far a delivery had come, by its own durable notes, when it was cut: `creating` = Create-Job may have been sent, and no byte of the
 * document; `sending` = the job's id was noted and Send-Document may have begun.
 */
export type CutPhase = 'creating' | 'sending';

/**
 * - `send`: nothing of the document is at the printer; deliver from the start.
 * - `cancel-and-send`: a job without its document is there; cancel it, and only when that succeeded deliver from the start.
 * - `adopt`: the printer has the job with its document; follow it like one whose answer came. Its state may be canceled or aborted.
 * - `uncertain`: the printer may have printed it; a person decides. Never an automatic second print.
 */
export type CutDecision = 'send' | 'cancel-and-send' | 'adopt' | 'uncertain';

/** What the decision looks at; every {@link JobStatus} fits. */
export type FoundJob = Pick<JobStatus, 'jobState' | 'jobStateReasons' | 'jobKOctets' | 'numberOfDocuments' | 'jobImpressionsCompleted'>;

/**
 * What to do after an answer was lost, or after we were killed, from our own note and the printer's word on the job of our name
 * (`found`, `undefined` = it knows none). It prefers a visible doubt to a second print.
 */
export function decideAfterCut({ phase, found }: { readonly phase: CutPhase; readonly found: FoundJob | undefined }): CutDecision {
  if (!found) return phase === 'creating' ? 'send' : 'uncertain';
  return phase === 'creating' ? decideWhileCreating(found) : decideWhileSending(found);
}

/** Not a byte of ours had left, so a document in the job came from elsewhere: another worker with the same job. */
function decideWhileCreating(found: FoundJob): CutDecision {
  if (hasDocument(found)) return 'adopt';
  // An empty job that ended (canceled by hand, given up after multiple-operation-time-out) has printed nothing.
  return isFinished(found.jobState) ? 'send' : 'cancel-and-send';
}

function decideWhileSending(found: FoundJob): CutDecision {
  switch (found.jobState) {
    case 'completed':
    case 'canceled':
      return 'adopt';
    case 'aborted':
      return wasInterrupted(found) && !hasPrinted(found) ? 'send' : 'adopt';
    case 'unknown':
      return 'uncertain';
    case 'pending':
    case 'pending-held':
      // A part of the document is no obstacle: a job that was not begun is canceled before it prints.
      return isIncoming(found) ? 'cancel-and-send' : 'adopt';
    case 'processing':
    case 'processing-stopped':
      break;
  }
  if (!isIncoming(found)) return 'adopt';
  return hasDocument(found) ? 'uncertain' : 'cancel-and-send';
}

/** RFC 8011 section 5.3.8: `job-incoming` stands while the printer waits for (more of) the document. */
function isIncoming(found: FoundJob): boolean {
  return found.jobStateReasons.includes('job-incoming');
}

/** RFC 8011 section 5.3.8: the job ended because the document never came whole. */
function wasInterrupted(found: FoundJob): boolean {
  return found.jobStateReasons.includes('submission-interrupted') || isIncoming(found);
}

function hasPrinted(found: FoundJob): boolean {
  return (found.jobImpressionsCompleted ?? 0) > 0;
}

function hasDocument(found: FoundJob): boolean {
  return (found.jobKOctets ?? 0) > 0 || (found.numberOfDocuments ?? 0) > 0 || hasPrinted(found);
}
