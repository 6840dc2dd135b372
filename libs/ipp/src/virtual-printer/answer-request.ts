import { booleanOf, numberOf, strings, textOf } from '../codec/attribute.js';
import { groupTag, type IppAttribute, type IppGroup, type IppMessage } from '../codec/message.js';
import type { OperationName } from '../codec/operation.js';
import { statusCode, type StatusKeyword } from '../codec/status.js';
import { checkRequest, pickRequested, sortTemplate } from './check-request.js';
import { describeJob } from './describe-job.js';
import { describePrinter, type PrinterFacts } from './describe-printer.js';
import type { VirtualPrinterFaults } from './faults.js';
import { isIncoming, type JobTable, type StoredDocument, type VirtualJob } from './job-table.js';
import type { ReceivedRequest } from './receive-request.js';

/** What answering needs of the printer around it. */
export interface PrinterDesk {
  readonly path: string;
  readonly jobs: JobTable;
  readonly faults: Readonly<VirtualPrinterFaults>;
  readonly facts: () => PrinterFacts;
  /** Takes a document to its file; `undefined` when it is empty. */
  readonly store: (jobId: number, documentFormat: string, document: ReceivedRequest['document']) => Promise<StoredDocument | undefined>;
}

interface Reply {
  readonly status: StatusKeyword;
  readonly groups?: readonly IppGroup[];
}

interface Asked {
  readonly desk: PrinterDesk;
  readonly request: ReceivedRequest;
  /** The operation attributes. */
  readonly attributes: IppGroup;
}

/** Carries out one request and gives its response. */
export async function answerRequest(desk: PrinterDesk, request: ReceivedRequest): Promise<IppMessage> {
  const { message } = request;
  const versionMax = desk.faults.version1Only ? 1 : 2;
  const checked = checkRequest(message, desk.path, versionMax);
  const reply = 'refusal' in checked ? { status: checked.refusal } : await carryOut(checked.operation, { desk, request, attributes: checked.attributes });
  const operation: IppGroup = {
    tag: groupTag.operation,
    attributes: [strings('charset', 'attributes-charset', ['utf-8']), strings('naturalLanguage', 'attributes-natural-language', ['en'])],
  };
  const version = message.version.major === 1 || message.version.major === versionMax ? message.version : { major: versionMax, minor: 2 - versionMax };
  return { version, code: statusCode[reply.status], requestId: message.requestId, groups: [operation, ...(reply.groups ?? [])] };
}

async function carryOut(operation: OperationName, asked: Asked): Promise<Reply> {
  switch (operation) {
    case 'Get-Printer-Attributes':
      return getPrinterAttributes(asked);
    case 'Validate-Job':
      return validateJob(asked);
    case 'Create-Job':
      return createJob(asked, async () => {});
    case 'Print-Job':
      return createJob(asked, (job) => takeOnlyDocument(asked, job));
    case 'Send-Document':
      return sendDocument(asked);
    case 'Get-Jobs':
      return getJobs(asked);
    case 'Get-Job-Attributes':
      return withJob(asked, (job) => ({ status: 'successful-ok', groups: [jobGroup(asked, job, ['all'])] }));
    case 'Cancel-Job':
      return withJob(asked, (job) => ({ status: asked.desk.jobs.cancel(job) ? 'successful-ok' : 'client-error-not-possible' }));
    case 'Cancel-My-Jobs':
      for (const job of ownJobs(asked, 'not-completed')) asked.desk.jobs.cancel(job);
      return { status: 'successful-ok' };
    case 'Close-Job':
      break;
  }
  return withJob(asked, (job) => {
    asked.desk.jobs.close(job);
    return { status: 'successful-ok' };
  });
}

function getPrinterAttributes({ desk, attributes }: Asked): Reply {
  const described = describePrinter(desk.facts(), new Date());
  return { status: 'successful-ok', groups: [{ tag: groupTag.printer, attributes: pickRequested(described, attributes, ['all']) }] };
}

function validateJob({ desk, request, attributes }: Asked): Reply {
  const { unsupported } = sortTemplate(request.message, desk.facts().keywords);
  if (unsupported.length === 0 || desk.faults.ignoresSilently) return { status: 'successful-ok' };
  const strict = desk.faults.insistsOnFidelity || booleanOf(attributes, 'ipp-attribute-fidelity') === true;
  return {
    status: strict ? 'client-error-attributes-or-values-not-supported' : 'successful-ok-ignored-or-substituted-attributes',
    groups: [{ tag: groupTag.unsupported, attributes: unsupported }],
  };
}

async function createJob(asked: Asked, takeIn: (job: VirtualJob) => Promise<void>): Promise<Reply> {
  const { desk, request, attributes } = asked;
  if (desk.faults.busy) return { status: 'server-error-busy' };
  const validity = validateJob(asked);
  if (validity.status === 'client-error-attributes-or-values-not-supported') return validity;
  const job = desk.jobs.create({
    name: textOf(attributes, 'job-name') ?? 'Untitled',
    userName: userNameOf(attributes),
    template: sortTemplate(request.message, desk.facts().keywords).accepted,
  });
  await takeIn(job);
  return { status: validity.status, groups: [...(validity.groups ?? []), jobGroup(asked, job, newJobAttributes)] };
}

function sendDocument(asked: Asked): Promise<Reply> {
  const lastDocument = booleanOf(asked.attributes, 'last-document');
  return withJob(asked, async (job) => {
    if (lastDocument === undefined) return { status: 'client-error-bad-request' };
    if (!isIncoming(job)) return { status: job.state === 'canceled' ? 'server-error-job-canceled' : 'client-error-not-possible' };
    if (job.isReceiving) return { status: 'server-error-busy' };
    if (job.document && !lastDocument) return { status: 'server-error-multiple-document-jobs-not-supported' };
    await takeDocument(asked, job, lastDocument);
    return { status: 'successful-ok', groups: [jobGroup(asked, job, newJobAttributes)] };
  });
}

/** RFC 8011 section 4.2.1: a Print-Job whose document stays away is over at once, since none can follow. */
async function takeOnlyDocument(asked: Asked, job: VirtualJob): Promise<void> {
  try {
    await takeDocument(asked, job, true);
  } catch (error) {
    asked.desk.jobs.close(job);
    throw error;
  }
}

async function takeDocument({ desk, request, attributes }: Asked, job: VirtualJob, lastDocument: boolean): Promise<void> {
  clearTimeout(job.incomingTimer);
  job.isReceiving = true;
  try {
    const format = textOf(attributes, 'document-format') ?? 'application/octet-stream';
    // RFC 8011 section 4.3.1: a Send-Document without data only says that no document follows.
    job.document = (await desk.store(job.id, format, request.document)) ?? job.document;
  } catch (error) {
    desk.jobs.awaitDocument(job);
    throw error;
  } finally {
    job.isReceiving = false;
  }
  if (lastDocument) desk.jobs.close(job);
  else desk.jobs.awaitDocument(job);
}

function getJobs(asked: Asked): Reply {
  const { desk, attributes } = asked;
  const whichJobs = textOf(attributes, 'which-jobs') ?? 'not-completed';
  if (whichJobs !== 'completed' && whichJobs !== 'not-completed' && whichJobs !== 'all') {
    const unsupported: IppAttribute = { name: 'which-jobs', values: [{ syntax: 'keyword', value: whichJobs }] };
    return { status: 'client-error-attributes-or-values-not-supported', groups: [{ tag: groupTag.unsupported, attributes: [unsupported] }] };
  }
  if (desk.faults.forgetJobs) return { status: 'successful-ok' };
  const jobs = booleanOf(attributes, 'my-jobs') === true ? ownJobs(asked, whichJobs) : desk.jobs.list(whichJobs);
  const listed = jobs.slice(0, numberOf(attributes, 'limit') ?? jobs.length);
  return { status: 'successful-ok', groups: listed.map((job) => jobGroup(asked, job, ['job-id', 'job-uri'])) };
}

function ownJobs({ desk, attributes }: Asked, which: 'completed' | 'not-completed' | 'all'): VirtualJob[] {
  const userName = userNameOf(attributes);
  return desk.jobs.list(which).filter((job) => job.userName === userName);
}

function userNameOf(attributes: IppGroup): string {
  return textOf(attributes, 'requesting-user-name') ?? 'anonymous';
}

async function withJob({ desk, attributes }: Asked, act: (job: VirtualJob) => Reply | Promise<Reply>): Promise<Reply> {
  const id = numberOf(attributes, 'job-id') ?? Number(/\/(\d+)$/.exec(textOf(attributes, 'job-uri') ?? '')?.[1]);
  if (!Number.isInteger(id)) return { status: 'client-error-bad-request' };
  const job = desk.faults.forgetJobs ? undefined : desk.jobs.find(id);
  return job ? act(job) : { status: 'client-error-not-found' };
}

/** RFC 8011 section 4.2.1.2: what the answer to a new job says of it. */
const newJobAttributes = ['job-id', 'job-uri', 'job-state', 'job-state-reasons', 'job-name'] as const;

function jobGroup({ desk, attributes }: Asked, job: VirtualJob, fallback: readonly string[]): IppGroup {
  const { uri, startedAt } = desk.facts();
  const described = describeJob({ printerUri: uri, startedAt }, job, new Date());
  return { tag: groupTag.job, attributes: pickRequested(described, attributes, fallback) };
}
