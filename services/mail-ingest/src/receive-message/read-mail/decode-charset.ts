import { isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';

/** Labels that mail programs write and the Encoding Standard doesn't know; `undefined` means as good as none. */
const ALIASES: Readonly<Record<string, string | undefined>> = {
  'us-ascii': undefined, ascii: undefined, '8bit': undefined, 'unknown-8bit': undefined, 'x-unknown': undefined, unknown: undefined, default: undefined,
  cp932: 'shift_jis', 'ms-kanji': 'shift_jis', cp936: 'gbk', cp949: 'euc-kr', uhc: 'euc-kr', cp950: 'big5', 'iso-2022-jp-ms': 'iso-2022-jp', 'iso-2022-jp-1': 'iso-2022-jp', utf8mb4: 'utf-8', cp65001: 'utf-8',
};

const decoders = new Map<string, TextDecoder | undefined>();
/** More labels than mail programs know: those of a hostile mail aren't kept. */
const DECODERS_MAX = 200;

/**
 * Text from bytes in the character set of this name: all that the Encoding Standard knows. In an unknown one, or none: UTF-8 where
 * it is valid, else Windows-1252. What doesn't decode becomes U+FFFD.
 */
export function decodeCharset(bytes: Buffer, label: string): string {
  const decoder = decoderFor(label.trim().toLowerCase());
  return decoder ? decoder.decode(bytes) : decodeUnknown(bytes);
}

/** Bytes of no known character set: what isn't UTF-8 comes from programs that write their own 8-bit set. */
export function decodeUnknown(bytes: Buffer): string {
  return isUtf8(bytes) ? bytes.toString('utf8') : WESTERN.decode(bytes);
}

/** Unlike Node's latin1 it knows the signs from 0x80 to 0x9f, such as quotation marks. */
const WESTERN = new TextDecoder('windows-1252');

function decoderFor(label: string): TextDecoder | undefined {
  if (decoders.has(label)) return decoders.get(label);
  const decoder = makeDecoder(label);
  if (decoders.size < DECODERS_MAX) decoders.set(label, decoder);
  return decoder;
}

function makeDecoder(label: string): TextDecoder | undefined {
  if (label in ALIASES) return ALIASES[label] === undefined ? undefined : new TextDecoder(ALIASES[label]);
  const spellings = [label, label.replaceAll('_', '-'), label.replace(/^cp-?(?=125\d$|874$)/, 'windows-'), label.replace(/^x-(?!mac|user)/, '')];
  for (const spelling of spellings) {
    try {
      return new TextDecoder(spelling);
    } catch {
      continue;
    }
  }
  return undefined;
}
