import { createHash } from 'node:crypto';
import type { SubmitDocumentRequest, SubmissionFacts } from '@inkpost/contracts/admin/v1/print_api_pb.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import { SIGNATURE_WITHIN_BYTES } from '../limits.js';

/** A document as it comes over the wire: first what is said of it, then its bytes, then the sign that it is whole. */
export class IncomingDocument {
  private readonly beginning: Buffer[] = [];

  private constructor(
    readonly facts: SubmissionFacts,
    private readonly parts: AsyncIterator<SubmitDocumentRequest>,
  ) {}

  /** Throws the refusal of a call that does not begin with facts. */
  static async open(requests: AsyncIterable<SubmitDocumentRequest>): Promise<IncomingDocument> {
    const parts = requests[Symbol.asyncIterator]();
    const first = await parts.next();
    if (first.done === true || first.value.part.case !== 'facts') throw invalidField('facts', 'must come first');
    return new IncomingDocument(first.value.part.value, parts);
  }

  /** Whether the signature stands where a PDF has it (ISO 32000-1, Annex H). Reads no more than is needed to know. */
  async isPdf(): Promise<boolean> {
    for (let size = 0; size < SIGNATURE_WITHIN_BYTES;) {
      const piece = await this.nextPiece();
      if (!piece) break;
      this.beginning.push(piece);
      size += piece.length;
    }
    return Buffer.concat(this.beginning).subarray(0, SIGNATURE_WITHIN_BYTES).includes('%PDF-');
  }

  /** All of it, once. Throws where it ends before it is whole. */
  async *bytes(): AsyncGenerator<Buffer> {
    while (this.beginning.length > 0) {
      const [piece] = this.beginning.splice(0, 1);
      if (piece) yield piece;
    }
    for (let piece = await this.nextPiece(); piece; piece = await this.nextPiece()) yield piece;
  }

  /** Reads it to its end and keeps nothing; gives its SHA-256 in hexadecimal. */
  async digest(): Promise<string> {
    const hash = createHash('sha256');
    for await (const piece of this.bytes()) hash.update(piece);
    return hash.digest('hex');
  }

  private received = 0n;
  private isWhole = false;

  /** Undefined: that was all. */
  private async nextPiece(): Promise<Buffer | undefined> {
    if (this.isWhole) return undefined;
    const step = await this.parts.next();
    if (step.done === true) throw invalidField('document', 'broke off before its end');
    const { part } = step.value;
    if (part.case === 'piece') {
      this.received += BigInt(part.value.length);
      return Buffer.from(part.value.buffer, part.value.byteOffset, part.value.length);
    }
    if (part.case !== 'sizeBytes' || part.value !== this.received) throw invalidField('document', 'is not as long as was said');
    this.isWhole = true;
    return undefined;
  }
}
