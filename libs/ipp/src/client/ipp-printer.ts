import type { AddressRules } from '@inkpost/server-connection/address-rules.js';
import { boolean, findAttribute, findGroup, integer, keyword, numberOf, strings, textOf } from '../codec/attribute.js';
import { decodeMessage } from '../codec/decode-message.js';
import { encodeMessage } from '../codec/encode-message.js';
import { groupTag, type IppAttribute, type IppGroup, type IppMessage } from '../codec/message.js';
import { operationId, type OperationName } from '../codec/operation.js';
import { isSuccessful, statusCode, statusKeyword } from '../codec/status.js';
import { ippTimeouts } from '../limits.js';
import type { TlsTrust } from './connect.js';
import { answerUnreadable, statusFailure, type CallContext } from './failures.js';
import { finishingAttributes, type Finishing } from './finishing.js';
import { HttpExchange, type DocumentSource, type ExchangeTimeouts } from './http-exchange.js';
import { jobStatusAttributes, readJobStatus, type JobStatus } from './job-status.js';
import { readPrinterStatus, type PrinterStatus } from './printer-status.js';
import { answerLine, countDocument, requestLine, type WriteLine } from './trace-exchange.js';
import { parsePrinterUri, type PrinterAddress } from './printer-uri.js';

export interface IppPrinterOptions {
  /** `ipp`, `ipps`, `http` or `https`. */
  readonly uri: string;
  /** Who asks when a call names nobody; printers show it and may hide the jobs of others from it. */
  readonly requestingUserName?: string;
  readonly tls?: TlsTrust;
  readonly timeouts?: Partial<ExchangeTimeouts>;
  /** Where printers may be; absent: anywhere. */
  readonly addressRules?: AddressRules;
  /** Asked before each call: who writes the conversation down just now, if anybody does. */
  readonly trace?: () => WriteLine | undefined;
}

export interface JobRequest {
  /** At most 255 octets of UTF-8 (RFC 8011 section 5.1.3). */
  readonly jobName: string;
  readonly requestingUserName?: string;
  readonly finishing?: Finishing;
  /** Sent by Validate-Job only: Create-Job has no such attribute (RFC 8011 section 4.2.4). */
  readonly documentFormat?: string;
  /** Further job attributes, sent as they are. */
  readonly jobAttributes?: readonly IppAttribute[];
}

export interface DocumentRequest {
  readonly jobId: number;
  /** A MIME type, `application/pdf`. */
  readonly documentFormat: string;
  readonly documentName?: string;
  readonly requestingUserName?: string;
  /** False when another document of the same job follows. */
  readonly lastDocument?: boolean;
}

export interface JobsRequest {
  /** Left out, the attribute is not sent, and the printer gives the jobs not completed. */
  readonly whichJobs?: 'completed' | 'not-completed';
  readonly limit?: number;
  readonly myJobs?: boolean;
  readonly requestingUserName?: string;
  readonly requestedAttributes?: readonly string[];
}

/** A new job and the attributes the printer ignored or replaced (RFC 8011 section 4.1.7), by name. */
export interface CreatedJob extends JobStatus {
  readonly unsupportedAttributes: readonly string[];
}

type Version = IppMessage['version'];

interface Call {
  readonly operation: OperationName;
  readonly attributes: readonly IppAttribute[];
  readonly jobAttributes?: readonly IppAttribute[];
  readonly requestingUserName?: string | undefined;
  readonly document?: DocumentSource;
}

const readOnlyOperations: ReadonlySet<OperationName> = new Set(['Get-Printer-Attributes', 'Get-Jobs', 'Get-Job-Attributes', 'Validate-Job']);

/**
 * A printer spoken to over IPP/2.0, or 1.1 where that is all it knows (RFC 8010, RFC 8011). Every call throws the failures of
 * failures.ts: `acceptanceOf(error)` says whether the printer can have taken anything. Calls may run side by side; connections are kept.
 */
export class IppPrinter {
  readonly uri: string;
  private readonly address: PrinterAddress;
  private readonly exchange: HttpExchange;
  private readonly requestingUserName: string;
  private readonly trace: () => WriteLine | undefined;
  private version: Version = { major: 2, minor: 0 };
  private lastRequestId = 0;

  constructor(options: IppPrinterOptions) {
    this.address = parsePrinterUri(options.uri);
    this.uri = this.address.printerUri;
    this.trace = options.trace ?? (() => undefined);
    this.requestingUserName = options.requestingUserName ?? 'inkpost';
    this.exchange = new HttpExchange({ address: this.address, trust: options.tls ?? {}, addressRules: options.addressRules, timeouts: { ...ippTimeouts, ...options.timeouts } });
  }

  /** Without `requestedAttributes` the printer gives all it has. */
  async getPrinterAttributes(requestedAttributes: readonly string[] = []): Promise<PrinterStatus> {
    const attributes = requestedAttributes.length > 0 ? [keyword('requested-attributes', ...requestedAttributes)] : [];
    const answer = await this.call({ operation: 'Get-Printer-Attributes', attributes });
    return readPrinterStatus(findGroup(answer, groupTag.printer) ?? { tag: groupTag.printer, attributes: [] });
  }

  /** Asks whether a job like this would be accepted; gives the names of the attributes that would be ignored. */
  async validateJob(job: JobRequest): Promise<readonly string[]> {
    return unsupportedNames(await this.call(jobCall('Validate-Job', job)));
  }

  /** Makes a job without a document; it prints nothing until {@link sendDocument}. */
  async createJob(job: JobRequest): Promise<CreatedJob> {
    const answer = await this.call(jobCall('Create-Job', job));
    return { ...this.jobOf(answer, 'Create-Job'), unsupportedAttributes: unsupportedNames(answer) };
  }

  /** Streams a document into a job made by {@link createJob}; `source` is read once and only as fast as the printer takes it. */
  async sendDocument(document: DocumentRequest, source: DocumentSource): Promise<JobStatus> {
    const attributes = [
      integer('job-id', document.jobId),
      strings('mimeMediaType', 'document-format', [document.documentFormat]),
      ...(document.documentName === undefined ? [] : [strings('name', 'document-name', [document.documentName])]),
      boolean('last-document', document.lastDocument ?? true),
    ];
    const { requestingUserName } = document;
    const answer = await this.call({ operation: 'Send-Document', attributes, requestingUserName, document: source });
    // Printers exist that answer with the success alone.
    const group = findGroup(answer, groupTag.job) ?? { tag: groupTag.job, attributes: [] };
    return readJobStatus(withJobId(group, document.jobId)) ?? this.jobOf(answer, 'Send-Document');
  }

  async getJobs(request: JobsRequest = {}): Promise<JobStatus[]> {
    const attributes = [
      ...(request.limit === undefined ? [] : [integer('limit', request.limit)]),
      keyword('requested-attributes', ...(request.requestedAttributes ?? jobStatusAttributes)),
      ...(request.whichJobs === undefined ? [] : [keyword('which-jobs', request.whichJobs)]),
      ...(request.myJobs === undefined ? [] : [boolean('my-jobs', request.myJobs)]),
    ];
    const answer = await this.call({ operation: 'Get-Jobs', attributes, requestingUserName: request.requestingUserName });
    return answer.groups.filter((group) => group.tag === groupTag.job).flatMap((group) => readJobStatus(group) ?? []);
  }

  /** `client-error-not-found` is thrown as `ipp.request-refused` with that `status` in its fields. */
  async getJobAttributes(jobId: number, requestingUserName?: string): Promise<JobStatus> {
    const attributes = [integer('job-id', jobId), keyword('requested-attributes', ...jobStatusAttributes)];
    const answer = await this.call({ operation: 'Get-Job-Attributes', attributes, requestingUserName });
    return this.jobOf(answer, 'Get-Job-Attributes');
  }

  /** A job that is already finished is refused with the status `client-error-not-possible`. */
  async cancelJob(jobId: number, requestingUserName?: string): Promise<void> {
    await this.call({ operation: 'Cancel-Job', attributes: [integer('job-id', jobId)], requestingUserName });
  }

  /** PWG 5100.7: says that no document follows, for a job whose last one was sent with `lastDocument: false`. */
  async closeJob(jobId: number, requestingUserName?: string): Promise<void> {
    await this.call({ operation: 'Close-Job', attributes: [integer('job-id', jobId)], requestingUserName });
  }

  /** Closes the kept connections; a call under way fails with `ipp.answer-lost`. */
  close(): void {
    this.exchange.close();
  }

  private async call(call: Call): Promise<IppMessage> {
    const context = { printer: this.uri, operation: call.operation, readOnly: readOnlyOperations.has(call.operation) };
    const { version } = this;
    const answer = await this.exchangeOnce(context, call, version);
    if (isSuccessful(answer.code)) return answer;
    if (answer.code === statusCode['server-error-version-not-supported'] && version.major === 2) {
      this.version = { major: 1, minor: 1 };
      // A document has been read by now and cannot be sent twice; the failure says that nothing was accepted.
      if (!call.document) return this.call(call);
    }
    throw statusFailure(context, answer.code, { statusMessage: textOf(findGroup(answer, groupTag.operation), 'status-message'), unsupportedAttributes: unsupportedNames(answer) });
  }

  private async exchangeOnce(context: CallContext, call: Call, version: Version): Promise<IppMessage> {
    this.lastRequestId = (this.lastRequestId % 0x7fff_ffff) + 1;
    const request = { version, code: operationId[call.operation], requestId: this.lastRequestId, groups: this.requestGroups(call) };
    const write = this.trace();
    write?.(requestLine(call.operation, request));
    try {
      const answer = await this.send(context, encodeMessage(request), write && call.document ? countDocument(call.document, write) : call.document);
      write?.(answerLine(answer));
      return answer;
    } catch (error) {
      write?.(`-- ${error instanceof Error ? error.message : 'failed'}`);
      throw error;
    }
  }

  private async send(context: CallContext, request: Buffer, document: DocumentSource | undefined): Promise<IppMessage> {
    const body = await this.exchange.post(context, request, document);
    try {
      return decodeMessage(body).message;
    } catch (cause) {
      throw answerUnreadable(context, cause instanceof Error ? cause.message : 'unknown', cause);
    }
  }

  private requestGroups(call: Call): IppGroup[] {
    // RFC 8011 section 4.1.4 fixes the first three and their order.
    const operation: IppAttribute[] = [
      strings('charset', 'attributes-charset', ['utf-8']),
      strings('naturalLanguage', 'attributes-natural-language', ['en']),
      strings('uri', 'printer-uri', [this.address.printerUri]),
    ];
    const user = strings('name', 'requesting-user-name', [call.requestingUserName ?? this.requestingUserName]);
    // RFC 8011 section 4.2.1.1: job-id follows the target it belongs to.
    const [first, ...rest] = call.attributes;
    if (first?.name === 'job-id') operation.push(first, user, ...rest);
    else operation.push(user, ...call.attributes);
    const groups: IppGroup[] = [{ tag: groupTag.operation, attributes: operation }];
    if (call.jobAttributes && call.jobAttributes.length > 0) groups.push({ tag: groupTag.job, attributes: [...call.jobAttributes] });
    return groups;
  }

  private jobOf(answer: IppMessage, operation: OperationName): JobStatus {
    const group = findGroup(answer, groupTag.job);
    const job = group && readJobStatus(group);
    if (job) return job;
    const context = { printer: this.uri, operation, readOnly: readOnlyOperations.has(operation) };
    throw answerUnreadable(context, `it says ${statusKeyword(answer.code)} without a job-id`);
  }
}

function jobCall(operation: 'Validate-Job' | 'Create-Job', job: JobRequest): Call {
  const format = job.documentFormat === undefined || operation === 'Create-Job' ? [] : [strings('mimeMediaType', 'document-format', [job.documentFormat])];
  return {
    operation,
    attributes: [strings('name', 'job-name', [job.jobName]), boolean('ipp-attribute-fidelity', false), ...format],
    jobAttributes: [...finishingAttributes(job.finishing ?? {}), ...(job.jobAttributes ?? [])],
    requestingUserName: job.requestingUserName,
  };
}

function unsupportedNames(answer: IppMessage): string[] {
  return findGroup(answer, groupTag.unsupported)?.attributes.map((attribute) => attribute.name) ?? [];
}

function withJobId(group: IppGroup, jobId: number): IppGroup {
  if (numberOf(group, 'job-id') !== undefined) return group;
  const others = group.attributes.filter((attribute) => attribute !== findAttribute(group, 'job-id'));
  return { tag: group.tag, attributes: [integer('job-id', jobId), ...others] };
}
