import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '@inkpost/testkit/free-port.js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { boolean, integer, keyword, strings } from './codec/attribute.js';
import { decodeMessage } from './codec/decode-message.js';
import { encodeMessage } from './codec/encode-message.js';
import { groupTag } from './codec/message.js';
import { operationId } from './codec/operation.js';
import { statusCode } from './codec/status.js';
import { acceptanceOf } from './client/failures.js';
import { IppPrinter } from './client/ipp-printer.js';
import { deliverDocument } from './deliver-document/deliver-document.js';
import { noFaults } from './virtual-printer/faults.js';
import { VirtualPrinter } from './virtual-printer/virtual-printer.js';

let folder: string;
let virtual: VirtualPrinter;
let printer: IppPrinter;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ipp-'));
  virtual = await VirtualPrinter.start({ outputFolder: folder });
  printer = new IppPrinter({ uri: virtual.uri, requestingUserName: 'alice' });
});

afterEach(() => {
  Object.assign(virtual.faults, noFaults);
});

afterAll(async () => {
  printer.close();
  await virtual.stop();
  await rm(folder, { recursive: true, force: true });
});

function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'no failure',
    (error: unknown) => error,
  );
}

async function* bytes(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
}

/** Counts what is read of it, to see that nothing is read ahead. */
class EndlessDocument implements AsyncIterable<Buffer> {
  readBytes = 0;

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    for (;;) {
      this.readBytes += 65_536;
      yield Buffer.alloc(65_536);
    }
  }
}

/** Accepts connections and lets them hang. */
async function startSilentServer(onConnection: (socket: Socket) => void): Promise<{ server: Server; port: number; stop: () => Promise<void> }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    onConnection(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  };
  return { server, port: address !== null && typeof address === 'object' ? address.port : 0, stop };
}

describe('what the printer says', () => {
  it('busy: nothing was accepted, and it is worth another try', async () => {
    virtual.faults.busy = true;
    const failure = await failureOf(printer.createJob({ jobName: 'x' }));
    expect(failure).toMatchObject({ name: 'TransientFailure', code: 'ipp.printer-busy', fields: { status: 'server-error-busy', acceptance: 'nothing' } });
  });

  it('HTTP 500: transient, and after a job was sent nobody knows', async () => {
    virtual.faults.http500 = true;
    expect(await failureOf(printer.createJob({ jobName: 'x' }))).toMatchObject({ name: 'TransientFailure', code: 'ipp.http-error', fields: { httpStatus: 500, acceptance: 'unknown' } });
    expect(acceptanceOf(await failureOf(printer.getPrinterAttributes()))).toBe('nothing');
  });

  it('hostile bytes: they are refused as an unreadable answer', async () => {
    virtual.faults.hostileLength = true;
    expect(await failureOf(printer.createJob({ jobName: 'x' }))).toMatchObject({ code: 'ipp.answer-unreadable', fields: { acceptance: 'unknown' }, cause: { code: 'ipp.malformed-message' } });
  });

  it('a version it does not know: the client goes on with 1.1, and goes on so', async () => {
    const old = new IppPrinter({ uri: virtual.uri });
    virtual.faults.version1Only = true;
    const { job } = await deliverDocument(old, { jobName: 'old', documentFormat: 'application/pdf', open: async () => bytes('%PDF'), beforeSend: async () => {} });
    expect(await old.getJobAttributes(job.jobId)).toMatchObject({ jobState: 'completed', jobName: 'old' });
    old.close();
  });

  it('a refusal of a long document: it comes through to a client that reads it last', async () => {
    const { jobId } = await printer.createJob({ jobName: 'canceled' });
    await printer.cancelJob(jobId);
    const attributes = [
      strings('charset', 'attributes-charset', ['utf-8']),
      strings('naturalLanguage', 'attributes-natural-language', ['en']),
      strings('uri', 'printer-uri', [virtual.uri]),
      integer('job-id', jobId),
      boolean('last-document', true),
    ];
    const groups = [{ tag: groupTag.operation, attributes }];
    const message = encodeMessage({ version: { major: 2, minor: 0 }, code: operationId['Send-Document'], requestId: 1, groups });
    const body = Buffer.concat([message, Buffer.alloc(20 * 1024 * 1024)]);
    const socket = connect(virtual.port, '127.0.0.1').pause();
    socket.write(`POST /ipp/print HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`);
    await new Promise<void>((resolve) => {
      socket.write(body, () => resolve());
    });
    const answer = await new Promise<Buffer>((resolve) => {
      socket.once('data', resolve);
      socket.resume();
    });
    expect(decodeMessage(answer.subarray(answer.indexOf('\r\n\r\n') + 4)).message.code).toBe(statusCode['server-error-job-canceled']);
    socket.destroy();
  });

  it('a refusal before the document is whole: the rest stays unread and the connection is given up', async () => {
    const refusal = encodeMessage({ version: { major: 2, minor: 0 }, code: statusCode['server-error-job-canceled'], requestId: 1, groups: [] });
    const headers = `HTTP/1.1 200 OK\r\nContent-Type: application/ipp\r\nContent-Length: ${refusal.length}\r\n\r\n`;
    let closed = 0;
    const hasty = await startSilentServer((socket) => {
      socket.once('close', () => (closed += 1));
      socket.once('data', () => socket.write(Buffer.concat([Buffer.from(headers), refusal])));
      socket.resume();
    });
    const hastyPrinter = new IppPrinter({ uri: `ipp://127.0.0.1:${hasty.port}/` });
    const document = new EndlessDocument();
    const failure = await failureOf(hastyPrinter.sendDocument({ jobId: 1, documentFormat: 'application/pdf' }, document));
    expect(failure).toMatchObject({ name: 'PermanentFailure', code: 'ipp.job-canceled' });
    const readWhenRefused = document.readBytes;
    await sleep(100);
    expect(document.readBytes).toBe(readWhenRefused);
    expect(closed).toBe(1);
    hastyPrinter.close();
    await hasty.stop();
  });

  it('a job that is over cannot be canceled', async () => {
    const { jobId } = await printer.createJob({ jobName: 'over' });
    await printer.cancelJob(jobId);
    expect(await failureOf(printer.cancelJob(jobId))).toMatchObject({ code: 'ipp.request-refused', fields: { status: 'client-error-not-possible' } });
  });

  it('finishing options: honoured ones reach the paper, others are named', async () => {
    const { unsupportedAttributes } = await deliverDocument(printer, {
      jobName: 'finished',
      documentFormat: 'application/pdf',
      finishing: { copies: 3, sides: 'two-sided-short-edge', printColorMode: 'monochrome', media: 'x-acme-napkin', pageRanges: [{ first: 1, last: 2 }, { first: 5, last: 5 }] },
      open: async () => bytes('%PDF'),
      beforeSend: async () => {},
    });
    expect(unsupportedAttributes).toEqual(['media']);
    expect(virtual.printed.at(-1)).toMatchObject({
      jobName: 'finished',
      userName: 'alice',
      attributes: [
        { name: 'copies', values: [{ value: 3 }] },
        { name: 'sides', values: [{ value: 'two-sided-short-edge' }] },
        { name: 'print-color-mode', values: [{ value: 'monochrome' }] },
        { name: 'page-ranges', values: [{ lower: 1, upper: 2 }, { lower: 5, upper: 5 }] },
      ],
    });
    expect(await printer.validateJob({ jobName: 'x', jobAttributes: [keyword('x-acme-fold', 'z')] })).toEqual(['x-acme-fold']);
  });

  it('an option that it does not have: some printers refuse the job for it, whatever the client asked for, and name it', async () => {
    const simplex = await VirtualPrinter.start({ outputFolder: join(folder, 'simplex'), supports: { sides: ['one-sided'], 'print-color-mode': [] } });
    const client = new IppPrinter({ uri: simplex.uri });
    expect(await client.getPrinterAttributes()).toMatchObject({ sidesSupported: ['one-sided'], printColorModeSupported: [], colorSupported: false });
    const finishing = { sides: 'two-sided-long-edge', printColorMode: 'color' } as const;
    expect(await client.createJob({ jobName: 'x', finishing })).toMatchObject({ unsupportedAttributes: ['sides', 'print-color-mode'] });
    simplex.faults.insistsOnFidelity = true;
    const refusal = await failureOf(client.createJob({ jobName: 'x', finishing }));
    expect(refusal).toMatchObject({ code: 'ipp.request-refused', fields: { status: 'client-error-attributes-or-values-not-supported', unsupportedAttributes: 'sides print-color-mode', acceptance: 'nothing' } });
    Object.assign(simplex.faults, { insistsOnFidelity: false, ignoresSilently: true });
    expect(await client.createJob({ jobName: 'x', finishing })).toMatchObject({ unsupportedAttributes: [] });
    client.close();
    await simplex.stop();
  });

  it('several documents for a job: it waits until the job is closed', async () => {
    const { jobId } = await printer.createJob({ jobName: 'closed' });
    await printer.sendDocument({ jobId, documentFormat: 'application/pdf', lastDocument: false }, bytes('%PDF'));
    expect(await printer.getJobAttributes(jobId)).toMatchObject({ jobState: 'pending', jobStateReasons: ['job-incoming'], numberOfDocuments: 1 });
    await printer.closeJob(jobId);
    expect(await printer.getJobAttributes(jobId)).toMatchObject({ jobState: 'completed' });
  });
});

describe('a printer that does not answer', () => {
  it('is unreachable when nobody listens', async () => {
    const absent = new IppPrinter({ uri: `ipp://127.0.0.1:${await freePort()}/` });
    expect(await failureOf(absent.createJob({ jobName: 'x' }))).toMatchObject({ name: 'CauseDown', code: 'ipp.printer-unreachable', fields: { reason: 'ECONNREFUSED', acceptance: 'nothing' } });
  });

  it('leaves no document open behind it', async () => {
    const absent = new IppPrinter({ uri: `ipp://127.0.0.1:${await freePort()}/` });
    const document = Readable.from(bytes('%PDF'));
    await failureOf(absent.sendDocument({ jobId: 1, documentFormat: 'application/pdf' }, document));
    expect(document.destroyed).toBe(true);
  });

  it('is unreachable when TLS does not come about in time', async () => {
    const silent = await startSilentServer(() => {});
    const secure = new IppPrinter({ uri: `ipps://127.0.0.1:${silent.port}/`, timeouts: { connectTimeoutMs: 150 } });
    expect(await failureOf(secure.createJob({ jobName: 'x' }))).toMatchObject({ code: 'ipp.printer-unreachable', fields: { reason: 'time-out', acceptance: 'nothing' } });
    await silent.stop();
  });

  it('has an unknown outcome once a job was asked for', async () => {
    const silent = await startSilentServer((socket) => socket.resume());
    const mute = new IppPrinter({ uri: `ipp://127.0.0.1:${silent.port}/`, timeouts: { answerTimeoutMs: 150 } });
    expect(await failureOf(mute.createJob({ jobName: 'x' }))).toMatchObject({ name: 'TransientFailure', code: 'ipp.answer-lost', fields: { reason: 'time-out', acceptance: 'unknown' } });
    await silent.stop();
  });

  it('and takes no bytes makes the document wait, not pile up in memory', async () => {
    const silent = await startSilentServer((socket) => socket.pause());
    const stuck = new IppPrinter({ uri: `ipp://127.0.0.1:${silent.port}/`, timeouts: { documentStallTimeoutMs: 400 } });
    const document = new EndlessDocument();
    expect(await failureOf(stuck.sendDocument({ jobId: 1, documentFormat: 'application/pdf' }, document))).toMatchObject({ code: 'ipp.answer-lost', fields: { reason: 'time-out' } });
    // What the kernel's socket buffers take is not ours.
    expect(document.readBytes).toBeLessThan(16 * 1024 * 1024);
    await silent.stop();
  });
});
