import { ByteReader } from './byte-reader.js';
import { decodeBase64 } from './decode-base64.js';
import { HEX_VALUES } from './decode-escapes.js';
import { decodeUuencode } from './decode-uuencode.js';

/** A line of quoted-printable that is waited for; a longer one is decoded in pieces. */
const LINE_BYTES_MAX = 64 * 1024;
const [CR, LF, SPACE, TAB, EQUALS] = [0x0d, 0x0a, 0x20, 0x09, 0x3d];

/** Takes a part's transfer encoding off (RFC 2045, 6); an unknown one is left as it is. */
export function decodeBody(encoding: string, body: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  switch (encoding.replace(/[ (;].*$/s, '').toLowerCase()) {
    case 'base64':
      return decodeBase64(body);
    case 'quoted-printable':
      return decodeQuotedPrintable(body);
    case 'x-uuencode':
    case 'uuencode':
    case 'x-uue':
    case 'uue':
      return decodeUuencode(body);
    default:
      return body;
  }
}

/** RFC 2045, 6.7. White space at the end of a line isn't content, so lines are decoded whole. */
async function* decodeQuotedPrintable(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  const reader = new ByteReader(body);
  for (let searched = 0; await reader.fill(); searched = reader.pending.length) {
    const encoded = reader.pending;
    const lineEnd = encoded.subarray(searched).lastIndexOf(LF);
    let whole = lineEnd === -1 ? 0 : searched + lineEnd + 1;
    if (encoded.length - whole > LINE_BYTES_MAX) {
      const cutEscape = encoded.indexOf(EQUALS, encoded.length - 2);
      whole = cutEscape === -1 ? encoded.length : cutEscape;
    }
    if (whole > 0) yield decodeQuotedLines(reader.take(whole));
  }
  if (reader.pending.length > 0) yield decodeQuotedLines(reader.pending);
}

function decodeQuotedLines(encoded: Buffer): Buffer {
  const decoded = Buffer.allocUnsafe(encoded.length);
  let length = 0;
  // Where the line ends if nothing but white space follows.
  let solidLength = 0;
  for (let index = 0; index < encoded.length; index += 1) {
    let byte = encoded[index] ?? 0;
    if (byte === EQUALS) {
      const escape = readEscape(encoded, index + 1);
      index += escape.length;
      if (escape.byte === undefined) {
        // What stands before a soft break is content, white space too.
        solidLength = length;
        continue;
      }
      byte = escape.byte;
      solidLength = length + 1;
    } else if (byte === LF || (byte === CR && encoded[index + 1] === LF)) {
      length = solidLength;
      solidLength = length + 1;
    } else if (byte !== SPACE && byte !== TAB) {
      solidLength = length + 1;
    }
    decoded[length] = byte;
    length += 1;
  }
  return decoded.subarray(0, length);
}

/** After an equals sign: a byte, or a line break that isn't content; an equals sign that means nothing stands for itself. */
function readEscape(encoded: Buffer, at: number): { readonly length: number; readonly byte?: number } {
  const [high = -1, low = -1] = [HEX_VALUES[encoded[at] ?? 0], HEX_VALUES[encoded[at + 1] ?? 0]];
  if (high >= 0 && low >= 0) return { length: 2, byte: (high << 4) | low };
  let end = at;
  while (encoded[end] === SPACE || encoded[end] === TAB) end += 1;
  if (encoded[end] === CR && encoded[end + 1] === LF) end += 1;
  return encoded[end] === LF || end === encoded.length ? { length: end + 1 - at } : { length: 0, byte: EQUALS };
}
