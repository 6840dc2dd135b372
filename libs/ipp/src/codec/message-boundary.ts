import { ippLimits } from '../limits.js';
import { malformedMessage } from './malformed-message.js';
import { groupTag } from './message.js';

const headerBytes = 8;
const firstValueTag = 0x10;

/**
 * Finds where the attributes of a message end while its bytes arrive in chunks, so that the document behind them is never
 * gathered in memory. Each byte is looked at once, however small the chunks are. Past {@link ippLimits} it throws `ipp.malformed-message`.
 */
export class MessageBoundary {
  private readonly chunks: Buffer[] = [];
  private gatheredBytes = 0;
  /** Bytes still to be passed over before the next tag or length is due. */
  private skip = headerBytes;
  private expecting: 'tag' | 'name-length' | 'value-length' = 'tag';
  private highByte: number | undefined;

  /** Gives the attributes' bytes and what came after them once the end is seen; until then `undefined`. */
  push(chunk: Buffer): { readonly attributes: Buffer; readonly rest: Buffer } | undefined {
    const end = this.scan(chunk);
    const taken = end ?? chunk.length;
    this.gatheredBytes += taken;
    if (this.gatheredBytes > ippLimits.messageBytesMax) throw malformedMessage('attributes larger than the limit', this.gatheredBytes);
    this.chunks.push(chunk.subarray(0, taken));
    return end === undefined ? undefined : { attributes: Buffer.concat(this.chunks), rest: chunk.subarray(end) };
  }

  private scan(chunk: Buffer): number | undefined {
    let offset = 0;
    while (offset < chunk.length) {
      if (this.skip > 0) {
        const step = Math.min(this.skip, chunk.length - offset);
        this.skip -= step;
        offset += step;
        continue;
      }
      const byte = chunk.readUInt8(offset);
      offset += 1;
      if (this.expecting === 'tag') {
        if (byte === groupTag.end) return offset;
        if (byte >= firstValueTag) this.expecting = 'name-length';
      } else {
        this.takeLengthByte(byte);
      }
    }
    return undefined;
  }

  private takeLengthByte(byte: number): void {
    if (this.highByte === undefined) {
      this.highByte = byte;
      return;
    }
    this.skip = this.highByte * 256 + byte;
    this.highByte = undefined;
    this.expecting = this.expecting === 'name-length' ? 'value-length' : 'tag';
  }
}
