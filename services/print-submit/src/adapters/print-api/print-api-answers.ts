import { fieldsOf, otherVersion } from '@inkpost/server-connection/server-exchange.js';
import { shownText } from '@inkpost/server-connection/shown-text.js';
import type { JobThere } from '../../ports/print-server.port.js';

const QUOTED_MAX = 300;
const WORD_MAX = 100;

export interface ServerInformation {
  readonly serverId: string;
  readonly name: string;
  readonly version: string;
}

// What another server says is looked at as anything from outside. Each throws a `StrangeAnswer` where it isn't what is agreed.

export function readServer(body: unknown): ServerInformation {
  const { serverId, name, version } = fieldsOf(body);
  if (typeof serverId !== 'string' || serverId === '' || typeof name !== 'string' || typeof version !== 'string') throw otherVersion();
  return { serverId: shownText(serverId, QUOTED_MAX), name: shownText(name, QUOTED_MAX), version: shownText(version, QUOTED_MAX) };
}

export function readJob(body: unknown): JobThere {
  const { jobId, jobState, jobStateReason, problem, final, pages, impressions, sheets } = fieldsOf(body);
  if (typeof jobId !== 'string' || jobId === '' || typeof jobState !== 'string' || typeof jobStateReason !== 'string' || typeof final !== 'boolean') throw otherVersion();
  return {
    jobId: shownText(jobId, QUOTED_MAX), jobState: shownText(jobState, WORD_MAX), jobStateReason: shownText(jobStateReason, WORD_MAX), final,
    problem: typeof problem === 'string' ? shownText(problem, QUOTED_MAX) : '', pages: readCount(pages), impressions: readCount(impressions), sheets: readCount(sheets),
  };
}

export function readJobs(body: unknown): JobThere[] {
  return readList(fieldsOf(body)['jobs']).map(readJob);
}

/** Of the places there: identifiers and paths. */
export function readLocations(body: unknown): readonly string[] {
  return readList(fieldsOf(body)['locations']).flatMap((each) => {
    const { locationId, path } = fieldsOf(each);
    if (typeof locationId !== 'string' || typeof path !== 'string') throw otherVersion();
    return [locationId, path];
  });
}

export function readQueueIds(body: unknown): readonly string[] {
  return readList(fieldsOf(body)['queues']).map((each) => {
    const { queueId } = fieldsOf(each);
    if (typeof queueId !== 'string') throw otherVersion();
    return queueId;
  });
}

/** The last part of a problem's type (RFC 9457); empty: it names none. */
export function readProblemType(body: unknown): string {
  const type = typeof body === 'object' && body !== null && 'type' in body ? body.type : '';
  return typeof type === 'string' ? (/[a-z-]+$/.exec(type)?.[0] ?? '') : '';
}

function readList(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw otherVersion();
  return value;
}

function readCount(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value < 2 ** 31 ? value : null;
}
