import { dateTimeFrom, enumeration, integer, keyword, strings } from '../codec/attribute.js';
import type { IppAttribute } from '../codec/message.js';
import { jobStateCode } from '../client/job-status.js';
import { upTime } from './describe-printer.js';
import type { VirtualJob } from './job-table.js';

interface JobPlace {
  readonly printerUri: string;
  readonly startedAt: Date;
}

export function jobUri(place: JobPlace, job: VirtualJob): string {
  return `${place.printerUri}/${job.id}`;
}

/** The job attributes that RFC 8011 section 5.3 requires, and the template attributes it was created with. */
export function describeJob(place: JobPlace, job: VirtualJob, now: Date): IppAttribute[] {
  const documentKOctets = Math.ceil((job.document?.sizeBytes ?? 0) / 1024);
  return [
    integer('job-id', job.id),
    strings('uri', 'job-uri', [jobUri(place, job)]),
    strings('uri', 'job-printer-uri', [place.printerUri]),
    strings('name', 'job-name', [job.name]),
    strings('name', 'job-originating-user-name', [job.userName]),
    enumeration('job-state', jobStateCode[job.state]),
    keyword('job-state-reasons', ...job.reasons),
    integer('number-of-documents', job.document ? 1 : 0),
    integer('job-k-octets', documentKOctets),
    integer('job-k-octets-processed', job.state === 'completed' ? documentKOctets : 0),
    integer('job-printer-up-time', upTime(place.startedAt, now)),
    ...moments(place, 'creation', job.createdAt),
    ...moments(place, 'processing', job.processingAt),
    ...moments(place, 'completed', job.completedAt),
    ...job.template,
  ];
}

function moments(place: JobPlace, event: string, at: Date | undefined): IppAttribute[] {
  if (at === undefined) {
    return [`time-at-${event}`, `date-time-at-${event}`].map((name) => ({ name, values: [{ syntax: 'no-value' }] }));
  }
  const dateTime = { syntax: 'dateTime', value: dateTimeFrom(at) } as const;
  return [integer(`time-at-${event}`, upTime(place.startedAt, at)), { name: `date-time-at-${event}`, values: [dateTime] }];
}
