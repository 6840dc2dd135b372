import { ByteReader, drain } from './byte-reader.js';

const [TAB, LF, CR, SPACE, HYPHEN] = [0x09, 0x0a, 0x0d, 0x20, 0x2d];
/** Of a delimiter line, what may follow the boundary: `--`, padding, line end. */
const LINE_END_WITHIN = 100;

/**
 * The parts of a multipart body (RFC 2046, 5.1.1), one after the other: the next one comes when the one before was read or left.
 * Preamble and epilogue are skipped; a multipart that is cut off ends with its last bytes.
 */
export async function* splitMultipart(body: AsyncIterable<Buffer>, boundary: string): AsyncGenerator<AsyncIterable<Buffer>, void, undefined> {
  const reader = new ByteReader(body);
  const scanner = new DelimiterScanner(reader, boundary);
  await drain(scanner.part());
  while (!scanner.ended) {
    scanner.startPart();
    yield scanner.part();
    // Whatever its reader left, for example of a part that is not wanted.
    await drain(scanner.part());
  }
  await drain(reader.rest());
}

interface Delimiter {
  /** Where the part before it ends: the line break before a delimiter belongs to the delimiter. */
  readonly at: number;
  readonly next: number;
  readonly closing: boolean;
}

/** Looks for whole delimiters at once instead of going line by line: mails are long, delimiters few. */
class DelimiterScanner {
  /** The closing delimiter was passed, or the body is over. */
  ended = false;
  private atDelimiter = false;
  private atLineStart = true;
  private readonly needle: Buffer;

  constructor(
    private readonly reader: ByteReader,
    boundary: string,
  ) {
    this.needle = Buffer.from(`\n--${boundary}`);
  }

  startPart(): void {
    this.atDelimiter = false;
    this.atLineStart = true;
  }

  /** The bytes up to the next delimiter; what a reader before took is not given again. */
  async *part(): AsyncGenerator<Buffer, void, undefined> {
    for (let final = false; !this.atDelimiter; ) {
      const found = this.find(final);
      if (typeof found === 'number') {
        if (found > 0) yield this.take(found);
        if (final) [this.atDelimiter, this.ended] = [true, true];
        else final = !(await this.reader.fill());
        continue;
      }
      // Passed before its part's end is given out, lest a reader that stops there finds it again.
      const content = this.take(found.at);
      this.reader.take(found.next - found.at);
      [this.atDelimiter, this.ended] = [true, found.closing];
      if (content.length > 0) yield content;
    }
  }

  private take(length: number): Buffer {
    this.atLineStart = false;
    return this.reader.take(length);
  }

  /** The next delimiter, or how many bytes surely stand before any. `final`: nothing more will come. */
  private find(final: boolean): Delimiter | number {
    const { pending } = this.reader;
    for (let start = this.candidate(-1); start !== undefined; start = this.candidate(start + 1)) {
      const after = start + this.needle.length;
      const line = readLineEnd(pending, after, final);
      if (line === 'cut' && pending.length - after < LINE_END_WITHIN) return this.lengthBefore(start);
      if (typeof line === 'object') return { at: this.lengthBefore(start), ...line };
    }
    return final ? pending.length : this.lengthBeforeDoubt();
  }

  /** Where the needle stands next; -1 at the start of a part, whose line break was taken with the delimiter before. */
  private candidate(from: number): number | undefined {
    const { pending } = this.reader;
    if (from === -1 && this.atLineStart && pending.subarray(0, this.needle.length - 1).equals(this.needle.subarray(1))) return -1;
    const at = pending.indexOf(this.needle, Math.max(from, 0));
    return at === -1 ? undefined : at;
  }

  /** A line break may be CRLF or LF alone. */
  private lengthBefore(lineBreak: number): number {
    return lineBreak > 0 && this.reader.pending[lineBreak - 1] === CR ? lineBreak - 1 : Math.max(lineBreak, 0);
  }

  /** All but what may turn out to be the beginning of a delimiter. */
  private lengthBeforeDoubt(): number {
    const { pending } = this.reader;
    if (this.atLineStart && this.needle.subarray(1, pending.length + 1).equals(pending)) return 0;
    const lastBreak = pending.lastIndexOf(LF);
    const tail = lastBreak === -1 ? undefined : pending.subarray(lastBreak);
    if (tail && tail.length < this.needle.length && this.needle.subarray(0, tail.length).equals(tail)) return this.lengthBefore(lastBreak);
    return pending.at(-1) === CR ? pending.length - 1 : pending.length;
  }
}

/** What follows the boundary in a delimiter line: `--` in the last one, padding, line end. Undefined: it is another line. */
function readLineEnd(bytes: Buffer, from: number, final: boolean): Omit<Delimiter, 'at'> | 'cut' | undefined {
  const closing = bytes[from] === HYPHEN && bytes[from + 1] === HYPHEN;
  let at = closing ? from + 2 : from;
  while (bytes[at] === SPACE || bytes[at] === TAB) at += 1;
  if (bytes[at] === CR) at += 1;
  if (bytes[at] === LF) return { next: at + 1, closing };
  if (at === bytes.length) return final ? { next: at, closing } : 'cut';
  // The first half of the closing mark.
  return at === from && bytes[at] === HYPHEN && at + 1 === bytes.length && !final ? 'cut' : undefined;
}
