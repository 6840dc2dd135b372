import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { encodeMessage } from '@inkpost/ipp/codec/encode-message.js';
import { answerRequest, type PrinterDesk } from '@inkpost/ipp/virtual-printer/answer-request.js';
import { supportedKeywords } from '@inkpost/ipp/virtual-printer/describe-printer.js';
import { noFaults } from '@inkpost/ipp/virtual-printer/faults.js';
import { JobTable, type StoredDocument } from '@inkpost/ipp/virtual-printer/job-table.js';
import { receiveRequest } from '@inkpost/ipp/virtual-printer/receive-request.js';
import { PrintCheck } from './print-check.js';

const path = '/ipp/print';
const multipleOperationTimeOutMs = 60_000;

/**
 * The virtual printer of libs/ipp without its folder: it hashes each document and forgets it, so that next to nothing of the
 * measured time is the printer's.
 */
export class CheckingPrinter {
  private check = new PrintCheck(new Set());
  private readonly startedAt = new Date();
  private readonly jobs = new JobTable({ printingTimeMs: 0, multipleOperationTimeOutMs, faults: noFaults, onCompleted: () => undefined });
  private readonly server: Server = createServer((request, response) => void this.serve(request, response));

  static async start(): Promise<CheckingPrinter> {
    const printer = new CheckingPrinter();
    await once(printer.server.listen(0, '127.0.0.1'), 'listening');
    return printer;
  }

  get uri(): string {
    const address = this.server.address();
    return `ipp://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}${path}`;
  }

  /** From now on, these documents are expected, each once. */
  expect(sha256s: Iterable<string>): PrintCheck {
    this.check = new PrintCheck(new Set(sha256s));
    return this.check;
  }

  async stop(): Promise<void> {
    this.jobs.stop();
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.answer(request, response);
    } catch {
      // The client went away in the middle of a document, or sent what is not IPP.
      request.socket.destroy();
    }
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let taken: StoredDocument | undefined;
    const desk: PrinterDesk = {
      path,
      jobs: this.jobs,
      faults: noFaults,
      facts: () => this.facts(),
      store: async (_jobId, documentFormat, document) => {
        taken = await hashDocument(documentFormat, document);
        return taken;
      },
    };
    const body = encodeMessage(await answerRequest(desk, await receiveRequest(request)));
    response.writeHead(200, { 'content-type': 'application/ipp', 'content-length': body.length });
    response.end(body);
    if (taken) this.check.note(taken.sha256);
  }

  private facts() {
    const { uri, startedAt } = this;
    return { name: 'Checking printer', uri, moreInfoUri: uri, startedAt, isPrinting: this.jobs.isPrinting, isAcceptingJobs: true, queuedJobCount: 0, multipleOperationTimeOutMs, keywords: supportedKeywords };
  }
}

async function hashDocument(documentFormat: string, document: AsyncIterable<Buffer>): Promise<StoredDocument | undefined> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of document) {
    hash.update(chunk);
    sizeBytes += chunk.length;
  }
  return sizeBytes > 0 ? { path: '', sha256: hash.digest('hex'), sizeBytes, documentFormat } : undefined;
}
