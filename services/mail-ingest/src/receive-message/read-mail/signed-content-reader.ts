import { SIGNED_PIECES_MAX } from '../../limits.js';
import { type ByteReader, Damaged } from './byte-reader.js';

/** What an S/MIME message is by its first bytes (RFC 8551, 3.2.2), whatever its type and name say. */
export type SmimeKind = 'signed' | 'encrypted' | 'none';

/** Content types of CMS in DER (RFC 5652, RFC 5083). */
const SIGNED = Buffer.from('06092a864886f70d010702', 'hex');
const ENVELOPED = Buffer.from('06092a864886f70d010703', 'hex');
const AUTHENTICATED_ENVELOPED = Buffer.from('060b2a864886f70d0109100117', 'hex');
/** With a length of up to five bytes before it. */
const TYPE_WITHIN_BYTES = 24;

/** Takes nothing. */
export async function smimeKind(reader: ByteReader): Promise<SmimeKind> {
  await reader.need(TYPE_WITHIN_BYTES);
  const beginning = reader.pending.subarray(0, TYPE_WITHIN_BYTES);
  if (beginning.includes(SIGNED)) return 'signed';
  return beginning.includes(ENVELOPED) || beginning.includes(AUTHENTICATED_ENVELOPED) ? 'encrypted' : 'none';
}

interface Head {
  readonly tag: number;
  /** Infinity: up to an end mark (X.690, 8.1.3.6). */
  readonly length: number;
  /** Of the head itself. */
  readonly sizeBytes: number;
}

const TAG = { endMark: 0x00, octets: 0x04, octetsInPieces: 0x24, sequence: 0x30, explicit0: 0xa0 } as const;
const INDEFINITE = 0x80;
/** More than any mail is long. */
const LENGTH_BYTES_MAX = 6;
/** Values in values of unknown length that are skipped. */
const LEVELS_MAX = 4;
/** Pieces may be small; what follows costs more by the chunk than by the byte. */
const GATHERED_BYTES = 16 * 1024;

/** The way to the content of SignedData (RFC 5652, 5.1); `skip` is any value. */
const PATH = [TAG.sequence, 'skip', TAG.explicit0, TAG.sequence, 'skip', 'skip', TAG.sequence, 'skip', TAG.explicit0] as const;

/**
 * The mail within an opaque-signed one (RFC 8551, 3.5.2) while it comes in, from DER or BER. The signature behind it isn't looked at,
 * as that of a clear-signed mail. One that is damaged ends early, perhaps with nothing.
 */
export class SignedContentReader {
  isDamaged = false;

  constructor(private readonly reader: ByteReader) {}

  async *content(): AsyncGenerator<Buffer, void, undefined> {
    try {
      for (const step of PATH) {
        const head = await this.takeHead();
        if (step === 'skip') await this.skipValue(head, 0);
        else if (head.tag !== step) throw new Damaged();
      }
      yield* this.octets(await this.takeHead());
    } catch (error) {
      if (!(error instanceof Damaged)) throw error;
      this.isDamaged = true;
    }
  }

  private async *octets({ tag, length }: Head): AsyncGenerator<Buffer, void, undefined> {
    if (tag === TAG.octetsInPieces) {
      yield* this.octetsInPieces(length);
    } else {
      if (tag !== TAG.octets) throw new Damaged();
      yield* this.exactly(length);
    }
  }

  private async *octetsInPieces(length: number): AsyncGenerator<Buffer, void, undefined> {
    let gathered: Buffer[] = [];
    let gatheredBytes = 0;
    let left = length;
    for (let count = 0; left > 0; count += 1) {
      const piece = await this.takeHead();
      if (piece.tag === TAG.endMark) break;
      if (piece.tag !== TAG.octets || count === SIGNED_PIECES_MAX) throw new Damaged();
      left -= piece.sizeBytes + piece.length;
      for await (const chunk of this.exactly(piece.length)) {
        gathered.push(chunk);
        gatheredBytes += chunk.length;
        if (gatheredBytes < GATHERED_BYTES) continue;
        yield Buffer.concat(gathered, gatheredBytes);
        [gathered, gatheredBytes] = [[], 0];
      }
    }
    if (gatheredBytes > 0) yield Buffer.concat(gathered, gatheredBytes);
  }

  private async *exactly(length: number): AsyncGenerator<Buffer, void, undefined> {
    let left = length;
    for await (const chunk of this.reader.upTo(length)) {
      left -= chunk.length;
      yield chunk;
    }
    if (left > 0) throw new Damaged();
  }

  /** X.690, 8.1 */
  private async takeHead(): Promise<Head> {
    const [tag = 0, first = 0] = await this.reader.takeWhole(2);
    if (first <= INDEFINITE) return { tag, length: first === INDEFINITE ? Number.POSITIVE_INFINITY : first, sizeBytes: 2 };
    const lengthBytes = first - INDEFINITE;
    if (lengthBytes > LENGTH_BYTES_MAX) throw new Damaged();
    return { tag, length: (await this.reader.takeWhole(lengthBytes)).readUIntBE(0, lengthBytes), sizeBytes: 2 + lengthBytes };
  }

  private async skipValue({ length }: Head, level: number): Promise<void> {
    if (Number.isFinite(length)) return this.reader.skip(length);
    if (level === LEVELS_MAX) throw new Damaged();
    for (;;) {
      const inner = await this.takeHead();
      if (inner.tag === TAG.endMark) return;
      await this.skipValue(inner, level + 1);
    }
  }
}
