/**
 * How a document travels to a child: frames of a 4-byte big-endian length and that many bytes; length 0 ends the
 * document, `discardMark` takes back what was sent of it. Lengths are bounded, so a frame can't ask for memory.
 */
export const frameBytesMax = 64 * 1024;
export const discardMark = 0xff_ff_ff_ff;
export const endFrame = Buffer.alloc(4);
export const discardFrame = Buffer.alloc(4, 0xff);

/** The frames of one chunk, larger chunks in pieces. */
export function* framesOf(chunk: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < chunk.byteLength; at += frameBytesMax) {
    const piece = chunk.subarray(at, at + frameBytesMax);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(piece.byteLength);
    yield length;
    yield piece;
  }
}

/** Whole documents out of a stream of frames. */
export async function* readDocuments(input: AsyncIterable<Buffer>, sizeBytesMax: number): AsyncGenerator<Buffer<ArrayBuffer>> {
  let unread: Buffer = Buffer.alloc(0);
  let pieces: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of input) {
    unread = unread.length === 0 ? chunk : Buffer.concat([unread, chunk]);
    while (unread.length >= 4) {
      const length = unread.readUInt32BE(0);
      if (length === 0) {
        const whole = Buffer.concat(pieces);
        // Before the yield: the pieces of 50 MB must not stay in memory while the whole is examined.
        [pieces, sizeBytes] = [[], 0];
        unread = unread.subarray(4);
        yield whole;
      } else if (length === discardMark) {
        [pieces, sizeBytes] = [[], 0];
        unread = unread.subarray(4);
      } else {
        if (length > frameBytesMax || sizeBytes + length > sizeBytesMax) throw new Error(`frame of ${length} bytes refused`);
        if (unread.length < 4 + length) break;
        pieces.push(unread.subarray(4, 4 + length));
        sizeBytes += length;
        unread = unread.subarray(4 + length);
      }
    }
  }
}
