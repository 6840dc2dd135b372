import type { IppAttribute, IppDateTime, IppMessage, IppValue } from '../codec/message.js';
import { groupTag } from '../codec/message.js';
import { statusKeyword } from '../codec/status.js';
import type { DocumentSource } from './http-exchange.js';

/** Takes a line of a conversation. */
export type WriteLine = (line: string) => void;

const GROUP_NAMES: ReadonlyMap<number, string> = new Map(Object.entries(groupTag).map(([name, tag]) => [tag, name]));
/** PWG 5100.11: what people type at the printer, and what it answers with; nobody else is to read them. */
const SECRET = /password|passcode|pin$/u;
/** The charset and the language of every message say nothing. */
const USUAL = new Set(['attributes-charset', 'attributes-natural-language']);
const OCTETS_SHOWN_MAX = 32;

/** `C: Create-Job 2.0 #7 operation: printer-uri=ipp://… job: copies=2 sides=one-sided`. */
export function requestLine(operation: string, message: IppMessage): string {
  const { version: { major, minor }, requestId } = message;
  return `C: ${operation} ${major}.${minor} #${requestId}${groupsOf(message)}`;
}

/** `S: successful-ok #7 job: job-id=12 job-state=3`. */
export function answerLine(message: IppMessage): string {
  return `S: ${statusKeyword(message.code)} #${message.requestId}${groupsOf(message)}`;
}

/** The document as it is; how much of it left is written down, whatever becomes of it. Nothing of what it says is. */
export async function* countDocument(document: DocumentSource, write: WriteLine): AsyncGenerator<Uint8Array, void, undefined> {
  let bytes = 0;
  let isWhole = false;
  try {
    for await (const chunk of document) {
      bytes += chunk.length;
      yield chunk;
    }
    isWhole = true;
  } finally {
    write(`C: ${bytes} bytes of the document${isWhole ? ', the whole of it' : ', and there it ended'}`);
  }
}

function groupsOf({ groups }: IppMessage): string {
  return groups.map(({ tag, attributes }) => {
    const shown = attributes.filter(({ name }) => !USUAL.has(name)).map(showAttribute);
    return shown.length === 0 ? '' : ` ${GROUP_NAMES.get(tag) ?? `group ${tag}`}: ${shown.join(' ')}`;
  }).join('');
}

function showAttribute({ name, values }: IppAttribute): string {
  return `${name}=${SECRET.test(name) ? '(hidden)' : values.map(showValue).join(',')}`;
}

function showValue(value: IppValue): string {
  if (value.syntax === 'collection') return `{${value.members.map(showAttribute).join(' ')}}`;
  if (value.syntax === 'resolution') return `${value.crossFeed}x${value.feed}${value.units === 4 ? 'dpcm' : 'dpi'}`;
  if (value.syntax === 'rangeOfInteger') return `${value.lower}-${value.upper}`;
  if (value.syntax === 'dateTime') return showDate(value.value);
  if (value.syntax === 'octetString') return octets(value.value);
  if (value.syntax === 'verbatim') return octets(value.bytes);
  // Out-of-band values are their syntax: no-value, unknown.
  return 'value' in value ? quoted(String(value.value)) : value.syntax;
}

function showDate({ year, month, day, hour, minute, second, utcDirection, utcHours, utcMinutes }: IppDateTime): string {
  return `${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}${utcDirection}${two(utcHours)}:${two(utcMinutes)}`;
}

function two(part: number): string {
  return String(part).padStart(2, '0');
}

function octets(bytes: Uint8Array): string {
  return bytes.length > OCTETS_SHOWN_MAX ? `(${bytes.length} octets)` : `0x${Buffer.from(bytes).toString('hex')}`;
}

function quoted(text: string): string {
  return /[\s,"={}]/u.test(text) ? JSON.stringify(text) : text;
}
