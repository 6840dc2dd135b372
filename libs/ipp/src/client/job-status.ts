import { numberOf, textOf, textsOf } from '../codec/attribute.js';
import type { IppGroup } from '../codec/message.js';
import { namesByCode } from '../codec/names-by-code.js';

/** The numbers of job-state (RFC 8011 section 5.3.7). */
export const jobStateCode = {
  pending: 3,
  'pending-held': 4,
  processing: 5,
  'processing-stopped': 6,
  canceled: 7,
  aborted: 8,
  completed: 9,
} as const;

const jobStates = namesByCode(jobStateCode);

/** `unknown`: the printer said so (out-of-band), said nothing, or said something not registered. */
export type JobState = keyof typeof jobStateCode | 'unknown';

/** A job as the printer describes it. What it didn't say is `undefined`; `attributes` has all it said. */
export interface JobStatus {
  readonly jobId: number;
  readonly jobUri: string | undefined;
  readonly jobName: string | undefined;
  readonly jobState: JobState;
  /** Keywords such as `job-incoming`, `none`, `job-printing`; vendors add theirs. */
  readonly jobStateReasons: readonly string[];
  readonly jobStateMessage: string | undefined;
  readonly jobOriginatingUserName: string | undefined;
  /** Size of the documents in units of 1024 octets, rounded up; many printers don't count. */
  readonly jobKOctets: number | undefined;
  readonly numberOfDocuments: number | undefined;
  readonly jobImpressionsCompleted: number | undefined;
  readonly jobMediaSheetsCompleted: number | undefined;
  readonly attributes: IppGroup;
}

/** The attributes that a {@link JobStatus} is read from; what to ask Get-Jobs and Get-Job-Attributes for. */
export const jobStatusAttributes = [
  'job-id',
  'job-uri',
  'job-name',
  'job-state',
  'job-state-reasons',
  'job-state-message',
  'job-originating-user-name',
  'job-k-octets',
  'number-of-documents',
  'job-impressions-completed',
  'job-media-sheets-completed',
] as const;

/** Reads one job-attributes group; `undefined` when it has no job-id. */
export function readJobStatus(group: IppGroup): JobStatus | undefined {
  const jobId = numberOf(group, 'job-id');
  if (jobId === undefined) return undefined;
  return {
    jobId,
    jobUri: textOf(group, 'job-uri'),
    jobName: textOf(group, 'job-name'),
    jobState: readJobState(group),
    jobStateReasons: textsOf(group, 'job-state-reasons'),
    jobStateMessage: textOf(group, 'job-state-message'),
    jobOriginatingUserName: textOf(group, 'job-originating-user-name'),
    jobKOctets: numberOf(group, 'job-k-octets'),
    numberOfDocuments: numberOf(group, 'number-of-documents'),
    jobImpressionsCompleted: numberOf(group, 'job-impressions-completed'),
    jobMediaSheetsCompleted: numberOf(group, 'job-media-sheets-completed'),
    attributes: group,
  };
}

function readJobState(group: IppGroup): JobState {
  const code = numberOf(group, 'job-state');
  return (code === undefined ? undefined : jobStates.get(code)) ?? 'unknown';
}

/** RFC 8011 section 5.3.7: a job in one of these never changes again. */
export function isFinished(state: JobState): boolean {
  return state === 'completed' || state === 'canceled' || state === 'aborted';
}
