const LF = 0x0a;
/** A line holds at most 45 bytes in 61 signs; what is longer is none. */
const LINE_BYTES_MAX = 1_024;

/** Files in the old Unix way (POSIX, uuencode), which some scanners still send: `begin`, lines, `end`. */
export async function* decodeUuencode(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  let carry: Buffer = Buffer.alloc(0);
  let state: State = 'before';
  for await (const chunk of body) {
    if (state === 'after') continue;
    const encoded = carry.length === 0 ? chunk : Buffer.concat([carry, chunk]);
    const whole = encoded.lastIndexOf(LF) + 1;
    const step = decodeLines(encoded.subarray(0, whole), state);
    ({ state } = step);
    if (step.decoded.length > 0) yield step.decoded;
    carry = encoded.length - whole > LINE_BYTES_MAX ? encoded.subarray(encoded.length) : encoded.subarray(whole);
  }
  const { decoded } = decodeLines(carry, state);
  if (decoded.length > 0) yield decoded;
}

type State = 'before' | 'within' | 'after';

function decodeLines(encoded: Buffer, begun: State): { readonly decoded: Buffer; readonly state: State } {
  const decoded = Buffer.allocUnsafe(encoded.length);
  let [length, state] = [0, begun];
  for (let at = 0; at < encoded.length && state !== 'after'; ) {
    const lineFeed = encoded.indexOf(LF, at);
    const end = lineFeed === -1 ? encoded.length : lineFeed;
    if (state === 'before') {
      if (/^begin [0-7]{3,4} /.test(encoded.toString('latin1', at, at + 20))) state = 'within';
    } else if (encoded.toString('latin1', at, at + 3) === 'end') {
      state = 'after';
    } else {
      length += decodeLine(encoded.subarray(at, end), decoded.subarray(length));
    }
    at = end + 1;
  }
  return { decoded: decoded.subarray(0, length), state };
}

/** Gives how many bytes it wrote. */
function decodeLine(line: Buffer, into: Buffer): number {
  const bits = (at: number): number => ((line[at] ?? 0x20) - 0x20) & 0x3f;
  const length = Math.max(0, Math.min(bits(0), Math.floor(((line.length - 1) * 3) / 4)));
  for (let [at, byte] = [1, 0]; byte < length; at += 4) {
    const group = (bits(at) << 18) | (bits(at + 1) << 12) | (bits(at + 2) << 6) | bits(at + 3);
    for (let shift = 16; shift >= 0 && byte < length; shift -= 8, byte += 1) into[byte] = group >> shift;
  }
  return length;
}
