const NOTHING = Buffer.alloc(0);

/** What is read ends before what it announced, or isn't what it should be. */
export class Damaged extends Error {}

/** A stream of bytes that can be looked at before it is taken. */
export class ByteReader {
  /** Read, not yet taken. */
  pending: Buffer = NOTHING;
  /** Where `pending` can grow without being copied; nothing before its end is ever written again. */
  private room: Buffer = NOTHING;
  private roomUsed = 0;
  private readonly source: AsyncIterator<Buffer>;

  constructor(source: AsyncIterable<Buffer>) {
    this.source = source[Symbol.asyncIterator]();
  }

  /** Adds the next chunk to what is pending; false at the end. */
  async fill(): Promise<boolean> {
    const { done, value } = await this.source.next();
    if (done) return false;
    if (this.pending.length === 0) [this.pending, this.room, this.roomUsed] = [value, NOTHING, 0];
    else this.append(value);
    return true;
  }

  /** Fills until this many bytes are pending; false when there aren't as many. */
  async need(length: number): Promise<boolean> {
    while (this.pending.length < length) if (!(await this.fill())) return false;
    return true;
  }

  /** Takes the first `length` pending bytes. */
  take(length: number): Buffer {
    const taken = this.pending.subarray(0, length);
    this.pending = this.pending.subarray(length);
    return taken;
  }

  /** As `take`, waiting for them. Throws `Damaged` when there aren't as many. */
  async takeWhole(length: number): Promise<Buffer> {
    if (!(await this.need(length))) throw new Damaged();
    return this.take(length);
  }

  /** Throws `Damaged` when there aren't as many. */
  async skip(length: number): Promise<void> {
    let left = length;
    for await (const chunk of this.upTo(length)) left -= chunk.length;
    if (left > 0) throw new Damaged();
  }

  /** The next `length` bytes, chunk by chunk; fewer at the end. */
  async *upTo(length: number): AsyncGenerator<Buffer, void, undefined> {
    for (let left = length; left > 0 && (await this.need(1)); ) {
      const chunk = this.take(Math.min(left, this.pending.length));
      left -= chunk.length;
      yield chunk;
    }
  }

  /** All that is left, chunk by chunk. */
  async *rest(): AsyncGenerator<Buffer, void, undefined> {
    do {
      if (this.pending.length > 0) yield this.take(this.pending.length);
    } while (await this.fill());
  }

  /** Small chunks after a long pending piece would otherwise cost a copy of the piece each: a sender chooses their size. */
  private append(chunk: Buffer): void {
    const pendingBytes = this.pending.length;
    if (this.room.length - this.roomUsed < chunk.length) {
      this.room = Buffer.allocUnsafe(2 * pendingBytes + chunk.length);
      this.pending.copy(this.room);
      this.roomUsed = pendingBytes;
    }
    chunk.copy(this.room, this.roomUsed);
    this.roomUsed += chunk.length;
    this.pending = this.room.subarray(this.roomUsed - pendingBytes - chunk.length, this.roomUsed);
  }
}

export async function drain(source: AsyncIterable<Buffer>): Promise<void> {
  for await (const _ of source);
}
