const [CR, LF, EQUALS] = [0x0d, 0x0a, 0x3d];

/** RFC 2045, 6.8, with all that senders make of it: lines of any length, other signs among the digits, text behind the end. */
export async function* decodeBase64(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  let rest: Buffer = Buffer.alloc(0);
  let ended = false;
  for await (const chunk of body) {
    if (ended) continue;
    const step = decodeLines(rest, chunk) ?? decodeDigits(rest.length === 0 ? chunk : Buffer.concat([rest, chunk]));
    ({ ended, rest } = step);
    if (step.decoded.length > 0) yield step.decoded;
  }
  const { decoded, rest: odd } = decodeDigits(rest);
  if (decoded.length > 0) yield decoded;
  if (!ended && odd.length > 1) yield Buffer.from(odd.toString('latin1'), 'base64');
}

interface Base64Step {
  readonly decoded: Buffer;
  /** Not decoded yet. */
  readonly rest: Buffer;
  /** What follows the padding, such as a mailing list's footer, isn't content. */
  readonly ended: boolean;
}

/**
 * Nearly every sender writes lines of 76 digits: these are decoded natively, in a third of the time, and into one buffer with the
 * line that the chunk before began. Anything else: undefined.
 */
function decodeLines(begun: Buffer, chunk: Buffer): Base64Step | undefined {
  const first = chunk.indexOf(LF) + 1;
  // Whole lines are needed to know how long they are.
  const start = begun.length === 0 ? 0 : first;
  const lineBytes = begun.length === 0 ? first : begun.length + first;
  const endsInCrLf = chunk[first - 2] === CR;
  const digits = lineBytes - (endsInCrLf ? 2 : 1);
  if (first < 2 || digits % 4 !== 0) return undefined;
  let end = start;
  // All lines end alike: else one could hold a digit more, unnoticed.
  while (chunk[end + lineBytes - 1] === LF && (chunk[end + lineBytes - 2] === CR) === endsInCrLf) end += lineBytes;
  const lines = (end - start) / lineBytes;
  const begunLines = begun.length === 0 ? 0 : 1;
  const expected = (lines + begunLines) * digits * 0.75;
  const decoded = Buffer.allocUnsafe(expected);
  let length = 0;
  if (begunLines > 0) length = decoded.write(begun.toString('latin1') + chunk.toString('latin1', 0, first), 'base64');
  length += decoded.write(chunk.toString('latin1', start, end), length, 'base64');
  // Fewer bytes: there was something else than digits among them.
  return length === expected ? { decoded, rest: chunk.subarray(end), ended: false } : undefined;
}

/** 1: a digit of base64, those for URLs too, as natively; everything else is skipped (RFC 2045, 6.8). */
const IS_DIGIT = new Uint8Array(256);
for (const digit of Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_')) IS_DIGIT[digit] = 1;

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
