import { findAttribute, numberOf, textOf, textsOf } from '../codec/attribute.js';
import type { IppGroup } from '../codec/message.js';

/** job-state (RFC 8011 section 5.3.7) by its number. */
const jobStates = {
  3: 'pending',
  4: 'pending-held',
  5: 'processing',
  6: 'processing-stopped',
  7: 'canceled',
  8: 'aborted',
  9: 'completed',
} as const;

/** `unknown`: the printer said so (out-of-band), said nothing, or said something not registered. */
export type JobState = (typeof jobStates)[keyof typeof jobStates] | 'unknown';

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
    attributes: group,
  };
}

function readJobState(group: IppGroup): JobState {
  const value = findAttribute(group, 'job-state')?.values[0];
  if (value?.syntax !== 'enum' && value?.syntax !== 'integer') return 'unknown';
  return jobStates[value.value as keyof typeof jobStates] ?? 'unknown';
}

/** RFC 8011 section 5.3.7: a job in one of these never changes again. */
export function isFinished(state: JobState): boolean {
  return state === 'completed' || state === 'canceled' || state === 'aborted';
}
