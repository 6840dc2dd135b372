import type { DecidedFinishing, Finishing, FinishingOption } from '../finishing/finishing.js';
import type { ForcedOption } from '../filters/filter.js';
import type { PrintCount } from './count-sheets.js';
import type { JobState } from './job-moves.js';

/** One document to print for one owner on one queue; its id is the document's. */
export interface Job extends Finishing {
  readonly jobId: string;
  /** Also the id of the journey. */
  readonly messageId: string;
  readonly mailboxId: string;
  readonly queueId: string;
  readonly queueName: string;
  /** Where its queue stands now, from the root on with / between; empty: the queue is gone. */
  readonly locationPath: string;
  readonly accountId: string;
  readonly directory: string;
  readonly ownerAddress: string;
  readonly ownerName: string;
  /** BCP 47, fr or en. */
  readonly ownerLanguage: string;
  /** The account that handed the document in, as the audit log names it; empty: it came by mail. */
  readonly submitter: string;
  readonly fileName: string;
  readonly documentFormat: string;
  readonly pages: number;
  readonly sizeBytes: number;
  /** Of the clear bytes, lower-case hexadecimal. */
  readonly sha256: string;
  /** Whose options these are; owner or administrator: who changed them while it was held. */
  readonly finishingDecidedBy: DecidedFinishing['decidedBy'] | 'owner' | 'administrator';
  /** Options that the printer can't do, as far as it was asked. */
  readonly notApplied: readonly FinishingOption[];
  /** What came out, and who counted it; null: it is not printed. */
  readonly impressions: number | null;
  readonly sheets: number | null;
  readonly countedBy: PrintCount['countedBy'] | null;
  /** As the owner's directory named them when the document came. */
  readonly ownerGroups: readonly string[];
  /** The one that the price goes by; empty: none. */
  readonly userGroup: string;
  /** Thousandths of the currency: an estimate until it is printed, then what was charged. */
  readonly price: number;
  readonly tariffId: string;
  /** ISO 4217, of the installation. */
  readonly currency: string;
  /** What its owner is asked before it is released; empty: nothing. */
  readonly question: string;
  /** Options that a filter decided. */
  readonly forced: readonly ForcedOption[];
  readonly jobState: JobState;
  /** IPP's job-state-reasons and our own: uncertain, expired, printer-unreachable, … */
  readonly jobStateReason: string;
  /** One sentence for people; empty when there is nothing to say. */
  readonly problem: string;
  /** Deliveries begun. */
  readonly attempts: number;
  /** Deliveries that broke off within the document. */
  readonly cuts: number;
  readonly toldReason: string;
  readonly trace: string;
  readonly createdAt: Date;
  readonly jobHoldUntil: Date | null;
  readonly releasedAt: Date | null;
  readonly acceptedAt: Date | null;
  /** When it was completed, canceled or aborted. */
  readonly completedAt: Date | null;
  /** Until then its document can be printed once more; null: it is not kept. */
  readonly keptUntil: Date | null;
  /** The job whose document it prints once more; null: it is the first. */
  readonly reprintOf: string | null;
}

/** The state reason of a job that is canceled because its owner is erased. */
export const OWNER_ERASED = 'owner-erased';

/** The columns of table `job`, named `job` in the statement, as a {@link Job}. */
export const JOB_COLUMNS = [
  ['id', 'jobId'], ['message_id', 'messageId'], ['mailbox_id', 'mailboxId'], ['queue_id', 'queueId'], ['queue_name', 'queueName'],
  ['account_id', 'accountId'], ['directory', 'directory'], ['owner_address', 'ownerAddress'], ['owner_name', 'ownerName'], ['owner_language', 'ownerLanguage'], ['submitter', 'submitter'],
  ['file_name', 'fileName'], ['document_format', 'documentFormat'], ['pages', 'pages'], ['size_bytes', 'sizeBytes'], ['sha256', 'sha256'],
  ['color_mode', 'colorMode'], ['sides', 'sides'], ['copies', 'copies'], ['media', 'media'], ['page_ranges', 'pageRanges'], ['finishing_decided_by', 'finishingDecidedBy'], ['not_applied', 'notApplied'],
  ['impressions', 'impressions'], ['sheets', 'sheets'], ['counted_by', 'countedBy'],
  ['owner_groups', 'ownerGroups'], ['user_group', 'userGroup'], ['price', 'price'], ['tariff_id', 'tariffId'], ['question', 'question'], ['forced', 'forced'],
  ['job_state', 'jobState'], ['job_state_reason', 'jobStateReason'], ['problem', 'problem'], ['attempts', 'attempts'], ['cuts', 'cuts'],
  ['told_reason', 'toldReason'], ['trace', 'trace'], ['created_at', 'createdAt'], ['job_hold_until', 'jobHoldUntil'],
  ['released_at', 'releasedAt'], ['accepted_at', 'acceptedAt'], ['completed_at', 'completedAt'], ['kept_until', 'keptUntil'], ['reprint_of', 'reprintOf'],
].map(([column, name]) => `job.${column} AS "${name}"`).concat(
  '(SELECT currency FROM charging) AS currency',
  `coalesce((SELECT location.path FROM queue AS stands JOIN location ON location.id = stands.location_id WHERE stands.id = job.queue_id), '') AS "locationPath"`,
).join(', ');
