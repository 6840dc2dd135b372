import { outOfBandTag, stringTag, valueTag, type IppValue } from './message.js';
import { namesByCode } from './names-by-code.js';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const stringSyntaxes = namesByCode(stringTag);
const outOfBands = namesByCode(outOfBandTag);

/**
 * One value that is not a collection (RFC 8010 section 3.9). Never throws: octets that don't fit the tag's syntax are kept
 * as `verbatim`, because one careless vendor attribute must not make a printer unusable. `bytes` is copied.
 */
export function decodeValue(tag: number, bytes: Uint8Array): IppValue {
  return decodeFitting(tag, bytes) ?? { syntax: 'verbatim', tag, bytes: Uint8Array.from(bytes) };
}

function decodeFitting(tag: number, bytes: Uint8Array): IppValue | undefined {
  const outOfBand = outOfBands.get(tag);
  // Only an empty one is out-of-band for us: what a peer added to it must not be lost.
  if (outOfBand !== undefined) return bytes.length === 0 ? { syntax: outOfBand } : undefined;
  const stringSyntax = stringSyntaxes.get(tag);
  if (stringSyntax !== undefined) {
    const value = decodeUtf8(bytes);
    return value === undefined ? undefined : { syntax: stringSyntax, value };
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (tag) {
    case valueTag.integer:
      return bytes.length === 4 ? { syntax: 'integer', value: view.getInt32(0) } : undefined;
    case valueTag.enum:
      return bytes.length === 4 ? { syntax: 'enum', value: view.getInt32(0) } : undefined;
    case valueTag.boolean:
      return decodeBoolean(bytes);
    case valueTag.octetString:
      return { syntax: 'octetString', value: Uint8Array.from(bytes) };
    case valueTag.dateTime:
      return decodeDateTime(view);
    case valueTag.resolution:
      if (bytes.length !== 9) return undefined;
      return { syntax: 'resolution', crossFeed: view.getInt32(0), feed: view.getInt32(4), units: view.getUint8(8) };
    case valueTag.rangeOfInteger:
      return bytes.length === 8 ? { syntax: 'rangeOfInteger', lower: view.getInt32(0), upper: view.getInt32(4) } : undefined;
    case valueTag.textWithLanguage:
      return decodeWithLanguage('textWithLanguage', bytes, view);
    case valueTag.nameWithLanguage:
      return decodeWithLanguage('nameWithLanguage', bytes, view);
    default:
      return undefined;
  }
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

function decodeBoolean(bytes: Uint8Array): IppValue | undefined {
  if (bytes.length !== 1) return undefined;
  if (bytes[0] === 0) return { syntax: 'boolean', value: false };
  return bytes[0] === 1 ? { syntax: 'boolean', value: true } : undefined;
}

function decodeDateTime(view: DataView): IppValue | undefined {
  if (view.byteLength !== 11) return undefined;
  const utcDirection = String.fromCodePoint(view.getUint8(8));
  if (utcDirection !== '+' && utcDirection !== '-') return undefined;
  const value = {
    year: view.getUint16(0),
    month: view.getUint8(2),
    day: view.getUint8(3),
    hour: view.getUint8(4),
    minute: view.getUint8(5),
    second: view.getUint8(6),
    deciSecond: view.getUint8(7),
    utcDirection,
    utcHours: view.getUint8(9),
    utcMinutes: view.getUint8(10),
  } as const;
  return { syntax: 'dateTime', value };
}

/** RFC 8010 section 3.9: SIGNED-SHORT length, language, SIGNED-SHORT length, text; both lengths must fill the value exactly. */
function decodeWithLanguage(syntax: 'textWithLanguage' | 'nameWithLanguage', bytes: Uint8Array, view: DataView): IppValue | undefined {
  if (bytes.length < 4) return undefined;
  const languageEnd = 2 + view.getUint16(0);
  if (languageEnd + 2 > bytes.length) return undefined;
  if (languageEnd + 2 + view.getUint16(languageEnd) !== bytes.length) return undefined;
  const language = decodeUtf8(bytes.subarray(2, languageEnd));
  const value = decodeUtf8(bytes.subarray(languageEnd + 2));
  return language === undefined || value === undefined ? undefined : { syntax, language, value };
}
