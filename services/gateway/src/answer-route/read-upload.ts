import type { IncomingMessage } from 'node:http';
import { LIMITS } from '../limits.js';
import { Problem } from './problem.js';
import { parseJson } from './read-body.js';
import type { Upload, UploadRequest } from './route.js';

/** What the header says of a document. Throws a Problem. */
export function readDetails(request: IncomingMessage, { header }: Upload): unknown {
  const text = request.headers[header.toLowerCase()];
  if (typeof text !== 'string') throw new Problem('malformed-json', `Say what the document is in the header field ${header}, as JSON.`);
  // Node reads fields as Latin-1, clients write them as they like: only ASCII means the same to all.
  if (/[^\x20-\x7e]/.test(text)) throw new Problem('malformed-json', `The header field ${header} must be ASCII: write other characters as \\uXXXX.`);
  return parseJson(text);
}

/** The document of a request, not read yet. Throws a Problem where its head shows that it can't be taken. */
export function openUpload(request: IncomingMessage, { mediaType, sizeBytesMax }: Upload): UploadRequest {
  const { 'content-type': contentType = '', 'content-encoding': encoding = 'identity', 'content-length': length = '0', 'idempotency-key': key = '' } = request.headers;
  if (contentType.split(';', 1)[0]?.trim().toLowerCase() !== mediaType) throw new Problem('not-a-pdf', `Send the document itself as the body, with "Content-Type: ${mediaType}".`);
  if (encoding !== 'identity') throw new Problem('not-a-pdf', 'The document must not be compressed.');
  if (Number(length) > sizeBytesMax) throw tooLarge(sizeBytesMax);
  if (typeof key !== 'string' || !/^[\x21-\x7e]*$/.test(key) || key.length > LIMITS.idempotencyKeyMax) {
    throw new Problem('invalid-request', 'Idempotency-Key is not valid.', { errors: [{ field: 'Idempotency-Key', reason: `must have at most ${LIMITS.idempotencyKeyMax} printable ASCII characters without spaces` }] });
  }
  return { content: limited(request, sizeBytesMax), idempotencyKey: key };
}

async function* limited(request: IncomingMessage, sizeBytesMax: number): AsyncGenerator<Buffer> {
  let size = 0;
  request.setTimeout(LIMITS.uploadSilenceMs, () => request.destroy());
  try {
    // Leaving the loop must not destroy the connection: the answer goes out on it.
    for await (const piece of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += piece.length;
      if (size > sizeBytesMax) throw tooLarge(sizeBytesMax);
      yield piece;
    }
  } finally {
    request.setTimeout(0);
  }
}

function tooLarge(sizeBytesMax: number): Problem {
  return new Problem('body-too-large', `The document must have at most ${sizeBytesMax} bytes.`);
}
