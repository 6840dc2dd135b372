/** The value of each hexadecimal digit; -1: none. */
export const HEX_VALUES = new Int8Array(256).fill(-1);
for (let digit = 0; digit < 16; digit += 1) for (const sign of [digit.toString(16), digit.toString(16).toUpperCase()]) HEX_VALUES[sign.charCodeAt(0)] = digit;

/** Bytes of a text in which some are written as this sign and two hexadecimal digits; a sign that no digits follow stands for itself. */
export function decodeEscapes(text: string, sign: '=' | '%'): Buffer {
  const bytes = Buffer.from(text);
  const escape = sign.charCodeAt(0);
  let length = 0;
  for (let at = 0; at < bytes.length; at += 1, length += 1) {
    const [high = -1, low = -1] = [HEX_VALUES[bytes[at + 1] ?? 0], HEX_VALUES[bytes[at + 2] ?? 0]];
    const isEscape = bytes[at] === escape && high >= 0 && low >= 0;
    bytes[length] = isEscape ? (high << 4) | low : (bytes[at] ?? 0);
    if (isEscape) at += 2;
  }
  return bytes.subarray(0, length);
}
