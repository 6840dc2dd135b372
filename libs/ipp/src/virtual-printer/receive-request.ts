import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { decodeMessage } from '../codec/decode-message.js';
import { malformedMessage } from '../codec/malformed-message.js';
import { MessageBoundary } from '../codec/message-boundary.js';
import type { IppMessage } from '../codec/message.js';

export interface ReceivedRequest {
  readonly message: IppMessage;
  /** The bytes behind the attributes, as they arrive; to be read at most once. */
  readonly document: AsyncIterable<Buffer>;
}

/** Reads the attributes of a request and leaves its document in the stream. Throws `ipp.malformed-message`. */
export async function receiveRequest(request: IncomingMessage): Promise<ReceivedRequest> {
  const chunks: AsyncIterator<Buffer> = request[Symbol.asyncIterator]();
  const boundary = new MessageBoundary();
  for (let sizeBytes = 0; ; ) {
    const next = await chunks.next();
    if (next.done) throw malformedMessage('the message ends too early', sizeBytes);
    sizeBytes += next.value.length;
    const split = boundary.push(next.value);
    if (split) return { message: decodeMessage(split.attributes).message, document: documentBytes(split.rest, chunks) };
  }
}

async function* documentBytes(first: Buffer, chunks: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first;
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
}

/** Writes a document to a file as it arrives, whatever its size. */
export async function storeDocument(document: AsyncIterable<Buffer>, path: string): Promise<{ sha256: string; sizeBytes: number }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const measure = async function* (bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of bytes) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      yield chunk;
    }
  };
  await pipeline(Readable.from(document, { objectMode: false }), measure, createWriteStream(path, { mode: 0o600 }));
  return { sha256: hash.digest('hex'), sizeBytes };
}
