import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, connect, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acceptanceOf } from './client/failures.js';
import { IppPrinter } from './client/ipp-printer.js';
import { askAfterCut } from './deliver-document/ask-after-cut.js';
import { deliverDocument } from './deliver-document/deliver-document.js';
import { VirtualPrinter } from './virtual-printer/virtual-printer.js';

const chunkBytes = 64 * 1024;
const document = randomBytes(20 * chunkBytes);

async function* read(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let offset = 0; offset < bytes.length; offset += chunkBytes) yield bytes.subarray(offset, offset + chunkBytes);
}

/** Passes bytes between client and printer, until told to end a connection: an honest cut in the wire. */
class CuttingRelay {
  connections = 0;
  /** Ends each connection once the client sent so many bytes on it. */
  cutAfterClientBytes = Number.POSITIVE_INFINITY;
  /** Ends each connection instead of passing the printer's answer on, once the client sent so many bytes on it. */
  dropAnswersAfterClientBytes = Number.POSITIVE_INFINITY;
  private readonly sockets = new Set<Socket>();

  private constructor(
    readonly server: Server,
    private readonly printerPort: number,
  ) {
    server.on('connection', (client) => this.relay(client));
  }

  static async start(printerPort: number): Promise<CuttingRelay> {
    const server = createServer().listen(0, '127.0.0.1');
    const relay = new CuttingRelay(server, printerPort);
    await once(server, 'listening');
    return relay;
  }

  get uri(): string {
    return `ipp://127.0.0.1:${portOf(this.server)}/ipp/print`;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private relay(client: Socket): void {
    this.connections += 1;
    const printer = connect(this.printerPort, '127.0.0.1');
    const end = (): void => {
      client.destroy();
      printer.destroy();
    };
    let clientBytes = 0;
    client.on('data', (chunk) => {
      clientBytes += chunk.length;
      if (clientBytes > this.cutAfterClientBytes) end();
      else printer.write(chunk);
    });
    printer.on('data', (chunk) => {
      if (clientBytes > this.dropAnswersAfterClientBytes) end();
      else client.write(chunk);
    });
    for (const socket of [client, printer]) {
      this.sockets.add(socket);
      socket.on('error', end);
      socket.on('close', end);
    }
  }
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  return address.port;
}

function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'no failure',
    (error: unknown) => error,
  );
}

let folder: string;
let virtual: VirtualPrinter;
let relay: CuttingRelay;
let printer: IppPrinter;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ipp-'));
  virtual = await VirtualPrinter.start({ outputFolder: folder });
  relay = await CuttingRelay.start(virtual.port);
  printer = new IppPrinter({ uri: relay.uri });
});

afterEach(async () => {
  printer.close();
  await relay.stop();
  await virtual.stop();
  await rm(folder, { recursive: true, force: true });
});

function deliver(): ReturnType<typeof deliverDocument> {
  return deliverDocument(printer, { jobName: 'job-7', documentFormat: 'application/pdf', open: async () => read(document), beforeSend: async () => {} });
}

/** Nothing went wrong for good: a second delivery prints the document, and it is the only print. */
async function expectOnePrintAfterSendingAgain(): Promise<void> {
  Object.assign(virtual.faults, { dropBeforeAnswer: false, dropDuringDocument: false });
  relay.cutAfterClientBytes = Number.POSITIVE_INFINITY;
  await deliver();
  expect(virtual.printed).toHaveLength(1);
  expect((await readFile(virtual.printed[0]?.path ?? '')).equals(document)).toBe(true);
  expect(await printer.getJobs({ whichJobs: 'not-completed' })).toEqual([]);
}

describe('a lost answer', () => {
  it('to Create-Job: the empty job is found by its name and canceled, then the document is sent', async () => {
    virtual.faults.dropBeforeAnswer = true;
    const failure = await failureOf(deliver());
    expect(failure).toMatchObject({ name: 'TransientFailure', code: 'ipp.answer-lost', fields: { operation: 'Create-Job' } });
    expect(acceptanceOf(failure)).toBe('unknown');
    expect(await printer.getJobs()).toMatchObject([{ jobName: 'job-7', jobState: 'pending', jobStateReasons: ['job-incoming'] }]);
    expect(await askAfterCut(printer, { jobName: 'job-7', phase: 'creating' })).toEqual({ decision: 'send' });
    expect(await printer.getJobs({ whichJobs: 'completed' })).toMatchObject([{ jobName: 'job-7', jobState: 'canceled' }]);
    await expectOnePrintAfterSendingAgain();
  });

  it('to a document printed whole: the job is adopted and not printed again', async () => {
    virtual.faults.dropAfterDocument = true;
    const failure = await failureOf(deliver());
    expect(failure).toMatchObject({ code: 'ipp.answer-lost', fields: { operation: 'Send-Document', acceptance: 'unknown' } });
    const outcome = await askAfterCut(printer, { jobName: 'job-7', phase: 'sending' });
    expect(outcome).toMatchObject({ decision: 'adopt', job: { jobState: 'completed', jobName: 'job-7' } });
    expect(virtual.printed).toHaveLength(1);
  });

  it('to a document still being printed: the job is adopted', async () => {
    Object.assign(virtual.faults, { dropAfterDocument: true, neverCompletes: true });
    await failureOf(deliver());
    expect(await askAfterCut(printer, { jobName: 'job-7', phase: 'sending' })).toMatchObject({ decision: 'adopt', job: { jobState: 'processing' } });
  });

  it('from a printer that then knows no job: nothing is decided without a person', async () => {
    Object.assign(virtual.faults, { dropAfterDocument: true, forgetJobs: true });
    await failureOf(deliver());
    expect(await askAfterCut(printer, { jobName: 'job-7', phase: 'sending', ippJobId: 1 })).toEqual({ decision: 'uncertain' });
  });

  it('when the printer ends the connection within the document: the job is canceled and sent again', async () => {
    virtual.faults.dropDuringDocument = true;
    expect(await failureOf(deliver())).toMatchObject({ code: 'ipp.answer-lost', fields: { operation: 'Send-Document' } });
    expect(await askAfterCut(printer, { jobName: 'job-7', phase: 'sending', ippJobId: 1 })).toEqual({ decision: 'send' });
    await expectOnePrintAfterSendingAgain();
  });

  it('when the wire is cut within the document: the job is canceled and sent again', async () => {
    relay.cutAfterClientBytes = 5 * chunkBytes;
    expect(await failureOf(deliver())).toMatchObject({ code: 'ipp.answer-lost', fields: { operation: 'Send-Document' } });
    relay.cutAfterClientBytes = Number.POSITIVE_INFINITY;
    expect(await askAfterCut(printer, { jobName: 'job-7', phase: 'sending' })).toEqual({ decision: 'send' });
    await expectOnePrintAfterSendingAgain();
  });

  it('when the wire is cut before the answer to the document: the job is adopted', async () => {
    relay.dropAnswersAfterClientBytes = document.length;
    expect(await failureOf(deliver())).toMatchObject({ code: 'ipp.answer-lost', fields: { operation: 'Send-Document' } });
    relay.dropAnswersAfterClientBytes = Number.POSITIVE_INFINITY;
    expect(await askAfterCut(printer, { jobName: 'job-7', phase: 'sending' })).toMatchObject({ decision: 'adopt' });
    expect(virtual.printed).toHaveLength(1);
  });

  it('when our own document breaks off: the job is canceled and sent again', async () => {
    async function* breakingOff(): AsyncGenerator<Buffer> {
      yield document.subarray(0, chunkBytes);
      throw new Error('spool lost');
    }
    const delivery = deliverDocument(printer, { jobName: 'job-7', documentFormat: 'application/pdf', open: async () => breakingOff(), beforeSend: async () => {} });
    expect(await failureOf(delivery)).toMatchObject({ code: 'ipp.document-unreadable', fields: { acceptance: 'unknown' } });
    expect(await askAfterCut(printer, { jobName: 'job-7', phase: 'sending' })).toEqual({ decision: 'send' });
    await expectOnePrintAfterSendingAgain();
  });

  it('cannot be settled while the printer is away: asking fails and nothing is sent', async () => {
    await virtual.stop();
    expect(await failureOf(askAfterCut(printer, { jobName: 'job-7', phase: 'creating' }))).toMatchObject({ name: 'TransientFailure' });
  });
});

describe('connections', () => {
  it('are kept between calls and documents', async () => {
    for (let count = 0; count < 5; count += 1) await deliver();
    expect(virtual.printed).toHaveLength(5);
    expect(relay.connections).toBe(1);
  });

  it('not used for a while are closed before the printer closes them', async () => {
    const impatient = new IppPrinter({ uri: relay.uri, timeouts: { idleConnectionTimeoutMs: 50 } });
    await impatient.getPrinterAttributes(['printer-state']);
    await sleep(200);
    await impatient.getPrinterAttributes(['printer-state']);
    expect(relay.connections).toBe(2);
    impatient.close();
  });

  it('closed by the printer meanwhile are replaced without a word when a question is repeated', async () => {
    await printer.getPrinterAttributes(['printer-state']);
    relay.cutAfterClientBytes = 0;
    const question = printer.getPrinterAttributes(['printer-state']);
    await once(relay.server, 'connection');
    relay.cutAfterClientBytes = Number.POSITIVE_INFINITY;
    expect(await question).toMatchObject({ printerState: 'idle' });
    expect(relay.connections).toBe(2);
  });
});
