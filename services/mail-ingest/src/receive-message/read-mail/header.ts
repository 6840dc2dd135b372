import { FIELD_CHARACTERS_MAX, HEADER_BYTES_MAX } from '../../limits.js';
import type { ByteReader } from './byte-reader.js';
import { decodeUnknown } from './decode-charset.js';
import { parseStructuredField, type StructuredField } from './structured-field.js';

/** A header's fields; names in lower case, values unfolded but not decoded. */
export class Header {
  private readonly fields = new Map<string, string[]>();

  /**
   * @param sizeBytes that it takes in the mail, the blank line behind it included.
   * @param isWhole false: it was longer than may be, and fields are missing.
   */
  constructor(
    bytes: Buffer,
    readonly sizeBytes: number = bytes.length,
    readonly isWhole = true,
  ) {
    const lines = decodeUnknown(bytes).replaceAll(/\r?\n(?=[ \t])/g, '').split(/\r?\n/);
    for (const line of lines) {
      const [head, name] = /^([!-9;-~]+)[ \t]*:/.exec(line) ?? [];
      if (head === undefined || name === undefined) continue;
      const value = line.slice(head.length, FIELD_CHARACTERS_MAX).trim();
      const own = this.fields.get(name.toLowerCase());
      if (own) own.push(value);
      else this.fields.set(name.toLowerCase(), [value]);
    }
  }

  /** Of a field that may stand once the first one counts; absent: empty. */
  first(name: string): string {
    return this.all(name)[0] ?? '';
  }

  all(name: string): readonly string[] {
    return this.fields.get(name) ?? [];
  }

  has(name: string): boolean {
    return this.fields.has(name);
  }

  structured(name: string): StructuredField {
    return parseStructuredField(this.first(name));
  }
}

/** Takes the header and the blank line after it. Of a longer header than `HEADER_BYTES_MAX` the rest is skipped. */
export async function takeHeader(reader: ByteReader): Promise<Header> {
  while (reader.pending.length < 2 && (await reader.fill()));
  // A header may be empty: then the part starts with the blank line.
  const empty = /^\r?\n/.exec(reader.pending.toString('latin1', 0, 2));
  if (empty) {
    reader.take(empty[0].length);
    return new Header(NOTHING, empty[0].length);
  }
  let kept: Buffer | undefined;
  let skippedBytes = 0;
  let searched = 0;
  for (;;) {
    const end = findBlankLine(reader.pending, Math.max(searched - BLANK_LINE_BYTES + 1, 0));
    if (end) {
      const own = reader.take(end.at);
      reader.take(end.length);
      return cutHeader(kept ?? own, skippedBytes + end.at, end.length);
    }
    if (kept ?? reader.pending.length > HEADER_BYTES_MAX + BLANK_LINE_BYTES) {
      const skipped = reader.take(Math.max(reader.pending.length - BLANK_LINE_BYTES + 1, 0));
      skippedBytes += skipped.length;
      kept ??= skipped;
    }
    searched = reader.pending.length;
    if (!(await reader.fill())) {
      const rest = reader.take(reader.pending.length);
      return cutHeader(kept ?? rest, skippedBytes + rest.length, 0);
    }
  }
}

/** Always at the same byte, however the mail was transferred: it is known again by its header. */
function cutHeader(kept: Buffer, sizeBytes: number, blankLineBytes: number): Header {
  return new Header(kept.subarray(0, HEADER_BYTES_MAX), sizeBytes + blankLineBytes, sizeBytes <= HEADER_BYTES_MAX);
}

const NOTHING = Buffer.alloc(0);
/** LF CR LF: the end of the last line, and an empty one. */
const BLANK_LINE_BYTES = 3;

function findBlankLine(bytes: Buffer, from: number): { at: number; length: number } | undefined {
  const [lf, crlf] = [bytes.indexOf('\n\n', from), bytes.indexOf('\n\r\n', from)];
  const at = lf === -1 ? crlf : crlf === -1 ? lf : Math.min(lf, crlf);
  return at === -1 ? undefined : { at, length: at === crlf ? 3 : 2 };
}
