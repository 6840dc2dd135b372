import { isUtf8 } from 'node:buffer';
import { Libmime } from 'libmime';
import { FIELD_CHARACTERS_MAX, HEADER_BYTES_MAX } from '../../limits.js';
import type { ByteReader } from './byte-reader.js';

const libmime = new Libmime();

/** A header's fields in their order; names in lower case, values unfolded but not decoded. */
export class Header {
  private readonly fields: readonly (readonly [name: string, value: string])[];

  constructor(bytes: Buffer) {
    // RFC 6532 says UTF-8; what isn't comes from senders that write their own 8-bit set.
    const text = bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');
    this.fields = text
      .replaceAll(/\r?\n(?=[ \t])/g, '')
      .split(/\r?\n/)
      .flatMap((line) => {
        const match = /^([!-9;-~]+)[ \t]*:/.exec(line);
        return match?.[1] ? [[match[1].toLowerCase(), line.slice(match[0].length, FIELD_CHARACTERS_MAX).trim()] as const] : [];
      });
  }

  /** Of a field that may stand once the first one counts; absent: empty. */
  first(name: string): string {
    return this.all(name)[0] ?? '';
  }

  all(name: string): string[] {
    return this.fields.flatMap(([own, value]) => (own === name ? [value] : []));
  }

  has(name: string): boolean {
    return this.fields.some(([own]) => own === name);
  }

  /** A field with parameters, RFC 2045, 5.1 and RFC 2231: the value in lower case, parameter names too. */
  structured(name: string): { readonly value: string; readonly parameter: (name: string) => string } {
    const { value, params } = libmime.parseHeaderValue(this.first(name));
    const parameters = new Map(Object.entries(params));
    return { value: value.toLowerCase().trim(), parameter: (key) => parameters.get(key) ?? '' };
  }
}

/** Encoded words (RFC 2047) to text; what can't be decoded stays as it is. */
export function decodeWords(text: string): string {
  try {
    return libmime.decodeWords(text);
  } catch {
    return text;
  }
}


/** Takes the header and the blank line after it. Of a longer header than `HEADER_BYTES_MAX` the rest is skipped. */
export async function takeHeader(reader: ByteReader): Promise<Header> {
  while (reader.pending.length < 2 && (await reader.fill()));
  // A header may be empty: then the part starts with the blank line.
  const empty = /^\r?\n/.exec(reader.pending.toString('latin1', 0, 2));
  if (empty) {
    reader.take(empty[0].length);
    return new Header(NOTHING);
  }
  let kept: Buffer | undefined;
  let searched = 0;
  for (;;) {
    const end = findBlankLine(reader.pending, Math.max(searched - BLANK_LINE_BYTES + 1, 0));
    if (end) {
      const own = reader.take(end.at);
      reader.take(end.length);
      return new Header(kept ?? own);
    }
    if (kept ?? reader.pending.length > HEADER_BYTES_MAX) {
      const skipped = reader.take(Math.max(reader.pending.length - BLANK_LINE_BYTES + 1, 0));
      kept ??= skipped;
    }
    searched = reader.pending.length;
    if (!(await reader.fill())) return new Header(kept ?? reader.take(reader.pending.length));
  }
}

const NOTHING = Buffer.alloc(0);
/** LF CR LF: the end of the last line, and an empty one. */
const BLANK_LINE_BYTES = 3;

function findBlankLine(bytes: Buffer, from: number): { at: number; length: number } | undefined {
  const [lf, crlf] = [bytes.indexOf('\n\n', from), bytes.indexOf('\n\r\n', from)];
  const at = lf === -1 ? crlf : crlf === -1 ? lf : Math.min(lf, crlf);
  return at === -1 ? undefined : { at, length: at === crlf ? 3 : 2 };
}
