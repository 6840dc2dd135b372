const NOTHING = Buffer.alloc(0);

/** A stream of bytes that can be looked at before it is taken. */
export class ByteReader {
  /** Read, not yet taken. */
  pending: Buffer = NOTHING;
  private readonly source: AsyncIterator<Buffer>;

  constructor(source: AsyncIterable<Buffer>) {
    this.source = source[Symbol.asyncIterator]();
  }

  /** Adds the next chunk to what is pending; false at the end. */
  async fill(): Promise<boolean> {
    const { done, value } = await this.source.next();
    if (done) return false;
    this.pending = this.pending.length === 0 ? value : Buffer.concat([this.pending, value]);
    return true;
  }

  /** Takes the first `length` pending bytes. */
  take(length: number): Buffer {
    const taken = this.pending.subarray(0, length);
    this.pending = this.pending.subarray(length);
    return taken;
  }

  /** All that is left, chunk by chunk. */
  async *rest(): AsyncGenerator<Buffer, void, undefined> {
    do {
      if (this.pending.length > 0) yield this.take(this.pending.length);
    } while (await this.fill());
  }
}

export async function drain(source: AsyncIterable<Buffer>): Promise<void> {
  for await (const _ of source);
}
