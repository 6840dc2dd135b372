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

/** Whole documents out of a stream of frames; their bytes are copied once. */
export async function* readDocuments(input: AsyncIterable<Buffer>, sizeBytesMax: number): AsyncGenerator<Buffer<ArrayBuffer>> {
  let pieces: Buffer[] = [];
  let sizeBytes = 0;
  /** Of the frame that is being read; 0: its length comes next, perhaps in parts. */
  let missingBytes = 0;
  let beginning: Buffer = Buffer.alloc(0);
  for await (const chunk of input) {
    for (let at = 0; at < chunk.length; ) {
      if (missingBytes > 0) {
        const piece = chunk.subarray(at, at + missingBytes);
        pieces.push(piece);
        missingBytes -= piece.length;
        at += piece.length;
        continue;
      }
      const taken = chunk.subarray(at, at + 4 - beginning.length);
      beginning = Buffer.concat([beginning, taken]);
      at += taken.length;
      if (beginning.length < 4) break;
      const length = beginning.readUInt32BE(0);
      beginning = Buffer.alloc(0);
      if (length === 0 || length === discardMark) {
        const whole = length === 0 ? Buffer.concat(pieces) : undefined;
        // Before the yield: the pieces of 50 MB must not stay in memory while the whole is examined.
        [pieces, sizeBytes] = [[], 0];
        if (whole) yield whole;
      } else {
        sizeBytes += length;
        if (length > frameBytesMax || sizeBytes > sizeBytesMax) throw new Error(`frame of ${length} bytes refused`);
        missingBytes = length;
      }
    }
  }
}
