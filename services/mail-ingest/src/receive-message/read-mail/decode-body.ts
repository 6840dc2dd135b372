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
    default:
      return body;
  }
}

async function* decodeBase64(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  let carry: Buffer = Buffer.alloc(0);
  let ended = false;
  for await (const chunk of body) {
    if (ended) continue;
    const encoded = carry.length === 0 ? chunk : Buffer.concat([carry, chunk]);
    const step = decodeEqualLines(encoded) ?? decodeDigits(encoded);
    ({ ended, rest: carry } = step);
    if (step.decoded.length > 0) yield step.decoded;
  }
  const { decoded, rest } = decodeDigits(carry);
  if (decoded.length > 0) yield decoded;
  if (!ended && rest.length > 1) yield Buffer.from(rest.toString('latin1'), 'base64');
}

interface Base64Step {
  readonly decoded: Buffer;
  /** Not decoded yet. */
  readonly rest: Buffer;
  /** What follows the padding, such as a mailing list's footer, isn't content. */
  readonly ended: boolean;
}

/** Nearly every sender writes lines of 76 digits: these are decoded natively, in a fifth of the time. Anything else: undefined. */
function decodeEqualLines(encoded: Buffer): Base64Step | undefined {
  const lineBytes = encoded.indexOf(LF) + 1;
  const digits = lineBytes - (encoded[lineBytes - 2] === CR ? 2 : 1);
  if (lineBytes === 0 || digits % 4 !== 0) return undefined;
  let end = lineBytes;
  while (encoded[end + lineBytes - 1] === LF) end += lineBytes;
  const decoded = Buffer.from(encoded.toString('latin1', 0, end), 'base64');
  // Fewer bytes: there was something else than digits among them.
  return decoded.length === (end / lineBytes) * digits * 0.75 ? { decoded, rest: encoded.subarray(end), ended: false } : undefined;
}

/** 1: a digit of base64; everything else is skipped (RFC 2045, 6.8). */
const IS_DIGIT = new Uint8Array(256);
for (const digit of Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')) IS_DIGIT[digit] = 1;

function decodeDigits(encoded: Buffer): Base64Step {
  const padding = encoded.indexOf(EQUALS);
  const ended = padding !== -1;
  const digits = Buffer.allocUnsafe(encoded.length);
  let length = 0;
  for (let index = 0, end = ended ? padding : encoded.length; index < end; index += 1) {
    const byte = encoded[index] ?? 0;
    digits[length] = byte;
    length += IS_DIGIT[byte] ?? 0;
  }
  const whole = ended ? length : length - (length % 4);
  return { decoded: Buffer.from(digits.toString('latin1', 0, whole), 'base64'), rest: digits.subarray(whole, length), ended };
}

/** RFC 2045, 6.7. White space at the end of a line isn't content, so lines are decoded whole. */
async function* decodeQuotedPrintable(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  let carry: Buffer = Buffer.alloc(0);
  for await (const chunk of body) {
    const encoded = carry.length === 0 ? chunk : Buffer.concat([carry, chunk]);
    let whole = encoded.lastIndexOf(LF) + 1;
    if (encoded.length - whole > LINE_BYTES_MAX) {
      const cutEscape = encoded.indexOf(EQUALS, encoded.length - 2);
      whole = cutEscape === -1 ? encoded.length : cutEscape;
    }
    if (whole > 0) yield decodeQuotedLines(encoded.subarray(0, whole));
    carry = encoded.subarray(whole);
  }
  if (carry.length > 0) yield decodeQuotedLines(carry);
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
      if (escape.byte === undefined) continue;
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
  const code = encoded.toString('latin1', at, at + 2);
  if (/^[0-9a-f]{2}$/i.test(code)) return { length: 2, byte: Number.parseInt(code, 16) };
  const softBreak = /^[ \t]*(?:\r?\n|$)/.exec(encoded.toString('latin1', at, at + 80));
  return softBreak ? { length: softBreak[0].length } : { length: 0, byte: EQUALS };
}
