import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { Failure } from '@inkpost/failure/failure.js';
import { encodeMessage } from '../codec/encode-message.js';
import type { IppAttribute } from '../codec/message.js';
import { operationName, type OperationName } from '../codec/operation.js';
import { answerRequest, type PrinterDesk } from './answer-request.js';
import { type PrinterFacts, supportedKeywords } from './describe-printer.js';
import { hostileAnswer, noFaults, type VirtualPrinterFaults } from './faults.js';
import { JobTable, type StoredDocument, type VirtualJob } from './job-table.js';
import { receiveRequest, storeDocument, type ReceivedRequest } from './receive-request.js';

const printerPath = '/ipp/print';

export interface VirtualPrinterOptions {
  /** Where documents are put, as `job-<id>.pdf` (or `.bin`); made when missing, and never emptied. */
  readonly outputFolder: string;
  readonly name?: string;
  /** 127.0.0.1 by default. */
  readonly host?: string;
  /** 0, the default, takes any free one. */
  readonly port?: number;
  /** How long a job stays in processing; 0 by default. Jobs are printed one after the other. */
  readonly printingTimeMs?: number;
  /** A job whose document does not come is given up after this; 60 s by default. */
  readonly multipleOperationTimeOutMs?: number;
  /** What it supports of these, each list with its default first; without any it does not know the attribute. Everything by default. */
  readonly supports?: Partial<Record<'sides' | 'print-color-mode', readonly string[]>>;
  readonly faults?: Partial<VirtualPrinterFaults>;
  /** What it says of its start; now by default. */
  readonly runningSince?: Date;
  readonly onPrinted?: (document: PrintedDocument) => void;
  /** The printer goes on when the promise resolves: for tests in which something happens at exactly this moment. */
  readonly atMoment?: (moment: PrinterMoment) => Promise<void>;
}

/** Within one request: it has come, its document has begun to come, or it is carried out and not answered yet. */
export interface PrinterMoment {
  readonly operation: OperationName;
  readonly when: 'asked' | 'document-begun' | 'carried-out';
}

export interface PrintedDocument extends StoredDocument {
  readonly jobId: number;
  readonly jobName: string;
  readonly userName: string;
  readonly printedAt: Date;
  /** The job template attributes it was printed with (copies, sides, ...). */
  readonly attributes: readonly IppAttribute[];
}

/**
 * An IPP printer without paper: it takes jobs as a real one does (IPP/1.1 and 2.0), puts each document byte for byte into a file
 * and says its SHA-256. For the demo, the tests and the benchmark.
 */
export class VirtualPrinter {
  /** Switched on and off while it runs. */
  readonly faults: VirtualPrinterFaults;
  /** All documents printed since the start, oldest first. */
  readonly printed: PrintedDocument[] = [];
  private readonly server: Server;
  private readonly jobs: JobTable;
  private readonly startedAt: Date;
  private readonly desk: PrinterDesk;

  private constructor(private readonly options: VirtualPrinterOptions) {
    this.faults = { ...noFaults, ...options.faults };
    this.startedAt = options.runningSince ?? new Date();
    this.jobs = new JobTable({
      printingTimeMs: options.printingTimeMs ?? 0,
      multipleOperationTimeOutMs: this.multipleOperationTimeOutMs,
      faults: this.faults,
      onCompleted: (job) => this.notePrinted(job),
    });
    this.desk = {
      path: printerPath,
      jobs: this.jobs,
      faults: this.faults,
      facts: () => this.facts(),
      store: (jobId, format, document) => this.store(jobId, format, document),
    };
    this.server = createServer((request, response) => void this.serve(request, response));
  }

  static async start(options: VirtualPrinterOptions): Promise<VirtualPrinter> {
    await mkdir(options.outputFolder, { recursive: true });
    const printer = new VirtualPrinter(options);
    printer.server.listen(options.port ?? 0, printer.host);
    await once(printer.server, 'listening');
    return printer;
  }

  get port(): number {
    const address = this.server.address();
    return address !== null && typeof address === 'object' ? address.port : 0;
  }

  /** `ipp://127.0.0.1:<port>/ipp/print` */
  get uri(): string {
    return `ipp://${this.authority}${printerPath}`;
  }

  /** Ends connections at once; a job in processing is not completed. Printed files stay. */
  async stop(): Promise<void> {
    this.jobs.stop();
    if (!this.server.listening) return;
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  private get host(): string {
    return this.options.host ?? '127.0.0.1';
  }

  private get authority(): string {
    return `${this.host.includes(':') ? `[${this.host}]` : this.host}:${this.port}`;
  }

  private get multipleOperationTimeOutMs(): number {
    return this.options.multipleOperationTimeOutMs ?? 60_000;
  }

  private facts(): PrinterFacts {
    return {
      name: this.options.name ?? 'Virtual Printer',
      uri: this.uri,
      moreInfoUri: `http://${this.authority}/`,
      startedAt: this.startedAt,
      isPrinting: this.jobs.isPrinting,
      isAcceptingJobs: !this.faults.busy,
      queuedJobCount: this.jobs.unfinishedCount,
      multipleOperationTimeOutMs: this.multipleOperationTimeOutMs,
      keywords: { ...supportedKeywords, ...this.options.supports },
    };
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.answer(request, response);
    } catch (error) {
      if (error instanceof Failure && !response.headersSent) endWith(response, 400, 'text/plain', error.message);
      // The client went away in the middle of a document, or the document could not be stored: the client will ask.
      else request.socket.destroy();
    }
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'GET' && request.url === '/') {
      endWith(response, 200, 'text/plain', `${this.facts().name}: ${this.printed.length} documents printed\n`);
      return;
    }
    if (request.method !== 'POST') return endWith(response, 405, 'text/plain', 'IPP is sent with POST');
    if (this.faults.http500) return endWith(response, 500, 'text/plain', 'fault http500');
    if (this.faults.hostileLength) return endWith(response, 200, 'application/ipp', hostileAnswer);
    const received = this.withMoments(await receiveRequest(request));
    await this.pass(received, 'asked');
    const answer = await answerRequest(this.desk, received);
    await this.pass(received, 'carried-out');
    if (this.isAnswerDropped(received)) {
      request.socket.destroy();
      return;
    }
    endWith(response, 200, 'application/ipp', encodeMessage(answer));
    // A client that reads the answer only after it sent a refused document to its end must be able to do so.
    for await (const _chunk of received.document) continue;
  }

  private async pass({ message }: ReceivedRequest, when: PrinterMoment['when']): Promise<void> {
    const operation = operationName(message.code);
    if (operation) await this.options.atMoment?.({ operation, when });
  }

  private withMoments(received: ReceivedRequest): ReceivedRequest {
    const pass = (): Promise<void> => this.pass(received, 'document-begun');
    return this.options.atMoment ? { ...received, document: passAfterFirstChunk(received.document, pass) } : received;
  }

  private isAnswerDropped({ message }: ReceivedRequest): boolean {
    const operation = operationName(message.code);
    if (operation === 'Create-Job') return this.faults.dropBeforeAnswer;
    return (operation === 'Send-Document' || operation === 'Print-Job') && this.faults.dropAfterDocument;
  }

  private async store(jobId: number, documentFormat: string, document: ReceivedRequest['document']): Promise<StoredDocument | undefined> {
    const path = join(this.options.outputFolder, `job-${jobId}.${documentFormat === 'application/pdf' ? 'pdf' : 'bin'}`);
    try {
      const source = this.faults.dropDuringDocument ? cutAfterFirstChunk(document) : document;
      const { sha256, sizeBytes } = await storeDocument(source, path);
      if (sizeBytes > 0) return { path, sha256, sizeBytes, documentFormat };
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
    await rm(path, { force: true });
    return undefined;
  }

  private notePrinted(job: VirtualJob): void {
    if (!job.document) return;
    const { id: jobId, name: jobName, userName, template: attributes } = job;
    const printed = { ...job.document, jobId, jobName, userName, attributes, printedAt: job.completedAt ?? new Date() };
    this.printed.push(printed);
    this.options.onPrinted?.(printed);
  }
}

async function* passAfterFirstChunk(document: AsyncIterable<Buffer>, pass: () => Promise<void>): AsyncGenerator<Buffer> {
  let isFirst = true;
  for await (const chunk of document) {
    yield chunk;
    if (isFirst) await pass();
    isFirst = false;
  }
}

async function* cutAfterFirstChunk(document: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of document) {
    yield chunk;
    throw new Error('fault dropDuringDocument');
  }
}

function endWith(response: ServerResponse, status: number, type: string, body: Buffer | string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
