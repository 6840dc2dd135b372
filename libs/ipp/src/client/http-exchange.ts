import { Agent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { Readable, type Duplex } from 'node:stream';
import { asFailure, Failure } from '@inkpost/failure/failure.js';
import type { AddressRules } from '@inkpost/server-connection/address-rules.js';
import { ippLimits, ippTimeouts } from '../limits.js';
import { connectToPrinter, type TlsTrust } from './connect.js';
import { answerLost, answerUnreadable, documentUnreadable, httpFailure, printerUnreachable, type CallContext } from './failures.js';
import type { PrinterAddress } from './printer-uri.js';

/** The bytes of a document: any async source, read only as fast as the printer takes them. A Readable is destroyed in the end. */
export type DocumentSource = AsyncIterable<Uint8Array>;

export type ExchangeTimeouts = { readonly [name in keyof typeof ippTimeouts]: number };

export interface ExchangeOptions {
  readonly address: PrinterAddress;
  readonly trust: TlsTrust;
  readonly timeouts: ExchangeTimeouts;
  /** Where the printer may be; undefined: anywhere. */
  readonly addressRules: AddressRules | undefined;
}

/**
 * Carries IPP over HTTP (RFC 8010 section 4) to one printer, on connections kept alive between calls. Requests without a
 * document have a Content-Length; with one they are chunked, since its length need not be known.
 */
export class HttpExchange {
  private readonly agent: PrinterAgent;

  constructor(private readonly options: ExchangeOptions) {
    this.agent = new PrinterAgent(options);
  }

  /** Sends a request and gives the whole body of its 200 answer; everything else is thrown as one of the failures of failures.ts. */
  async post(context: CallContext, attributes: Buffer, document?: DocumentSource): Promise<Buffer> {
    const { address, timeouts } = this.options;
    const request = httpRequest({
      agent: this.agent,
      host: address.host,
      port: address.port,
      path: address.path,
      method: 'POST',
      headers: {
        'content-type': 'application/ipp',
        accept: 'application/ipp',
        'user-agent': 'inkpost',
        ...(document ? { 'transfer-encoding': 'chunked' } : { 'content-length': attributes.length }),
      },
    });
    const exchange = new PendingExchange(request, context, document ? timeouts.documentStallTimeoutMs : timeouts.answerTimeoutMs);
    exchange.send(attributes, document);
    try {
      return await exchange.answer;
    } catch (error) {
      // A kept connection may have been closed by the printer just now: harmless to repeat when nothing changes by it.
      if (context.readOnly && request.reusedSocket && wasClosed(error)) {
        this.agent.destroyIdle();
        return this.post(context, attributes, document);
      }
      throw error;
    } finally {
      // An iteration that never began doesn't close what it would have read, an open file for one.
      if (document instanceof Readable) document.destroy();
    }
  }

  /** Closes all connections; a call under way fails with `ipp.answer-lost`. */
  close(): void {
    this.agent.destroy();
  }
}

function wasClosed(error: unknown): boolean {
  return error instanceof Failure && error.code === 'ipp.answer-lost' && error.fields['reason'] !== 'time-out';
}

/** Hands out connections only once they are connected and verified, so that an error before that is certainly before the first byte. */
class PrinterAgent extends Agent {
  constructor(private readonly exchange: ExchangeOptions) {
    super({ keepAlive: true, maxFreeSockets: 2, timeout: exchange.timeouts.idleConnectionTimeoutMs });
  }

  override createConnection(_options: unknown, callback?: (error: Error | null, stream: Duplex) => void): undefined {
    void this.connect((error, stream) => callback?.(error, stream));
    return undefined;
  }

  private async connect(whenDone: (error: Error | null, stream: Duplex) => void): Promise<void> {
    const { timeouts } = this.exchange;
    const [attempt] = await Promise.allSettled([connectToPrinter(this.exchange, timeouts.connectTimeoutMs)]);
    if (attempt.status === 'fulfilled') whenDone(null, attempt.value);
    // Node looks at the error alone, its types ask for a stream beside it.
    else whenDone(asFailure(attempt.reason), new Socket());
  }

  destroyIdle(): void {
    for (const sockets of Object.values(this.freeSockets)) sockets?.forEach((socket) => socket.destroy());
  }
}

/** One request and the wait for its answer; whatever happens first decides. */
class PendingExchange {
  readonly answer: Promise<Buffer>;
  private readonly settle: { resolve: (body: Buffer) => void; reject: (error: unknown) => void };
  private response: IncomingMessage | undefined;
  private connected = false;
  private settled = false;
  private quietTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly request: ClientRequest,
    private readonly context: CallContext,
    private readonly quietMsMax: number,
  ) {
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    this.answer = promise.finally(() => {
      this.settled = true;
      clearTimeout(this.quietTimer);
    });
    this.settle = { resolve, reject };
    request.once('socket', () => {
      this.connected = true;
      this.noteProgress();
    });
    // The agent's time-out is for idle connections; while a call runs our own one counts.
    request.setTimeout(0);
    request.on('error', (error) => this.onRequestError(error));
    request.once('close', () => this.onRequestClosed());
    request.once('response', (response) => this.onResponse(response));
  }

  send(attributes: Buffer, document: DocumentSource | undefined): void {
    if (!document) {
      this.request.end(attributes);
      return;
    }
    const body = Readable.from(this.watch(attributes, document), { objectMode: false });
    body.on('error', (error) => {
      this.settle.reject(documentUnreadable(this.context, error));
      this.request.destroy();
    });
    this.request.once('close', () => body.destroy());
    body.pipe(this.request);
  }

  private async *watch(attributes: Buffer, document: DocumentSource): AsyncGenerator<Uint8Array> {
    yield attributes;
    for await (const chunk of document) {
      this.noteProgress();
      yield chunk;
    }
  }

  private noteProgress(): void {
    clearTimeout(this.quietTimer);
    if (!this.connected || this.settled) return;
    this.quietTimer = setTimeout(() => {
      this.settle.reject(answerLost(this.context, 'time-out'));
      this.request.destroy();
    }, this.quietMsMax);
  }

  private onRequestError(error: NodeJS.ErrnoException): void {
    if (error instanceof Failure) this.settle.reject(error);
    // Once an answer came, it counts: a printer that refuses early closes while we still send.
    else if (!this.response) this.settle.reject(this.connected ? answerLost(this.context, error.code ?? error.message, error) : this.notConnected(error));
  }

  private notConnected(error: NodeJS.ErrnoException): Failure {
    return printerUnreachable(this.context.printer, error.code ?? error.message, error);
  }

  private onRequestClosed(): void {
    if (!this.response) this.settle.reject(answerLost(this.context, 'connection closed'));
  }

  private onResponse(response: IncomingMessage): void {
    this.response = response;
    this.noteProgress();
    this.gather(response).then(this.settle.resolve, (error: unknown) => {
      response.destroy();
      this.settle.reject(error instanceof Failure ? error : answerLost(this.context, 'answer cut short', error));
    });
  }

  private async gather(response: IncomingMessage): Promise<Buffer> {
    if (response.statusCode !== 200) throw httpFailure(this.context, response.statusCode ?? 0);
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      this.noteProgress();
      sizeBytes += chunk.length;
      if (sizeBytes > ippLimits.messageBytesMax) throw answerUnreadable(this.context, 'it is larger than the limit');
      chunks.push(chunk);
    }
    // The printer has decided without the rest of the document: no use sending it.
    if (!this.request.writableFinished) this.request.destroy();
    return Buffer.concat(chunks);
  }
}
