import { inflateSync } from 'node:zlib';
import type { ActiveContent, Note } from './examination.js';

/** What the bytes tell before anything is parsed. */
export type Signs =
  | { readonly kind: 'not-a-pdf'; readonly detail: string }
  | { readonly kind: 'truncated'; readonly detail: string }
  | { readonly kind: 'bomb'; readonly detail: string }
  | { readonly kind: 'pdf'; readonly pdfVersion: string; readonly active: ActiveContent[]; readonly notes: Note[] };

const headerWithinBytes = 1024;
// Viewers look for %%EOF in the last 1,024 bytes; mail gateways append more than that.
const endWithinBytes = 64 * 1024;
// Writers put 100 to 200 small objects into one: a few hundred KB.
const objectStreamBytesMax = 64 * 1024 * 1024;
const objectStreamsBytesMax = 128 * 1024 * 1024;
const objectStreamsMax = 2_000;
const filterLayersMax = 5;
const zlibSignature = 0x78;

const activeNames: readonly (readonly [name: string, meaning: ActiveContent])[] = [
  ['/JavaScript', 'javascript'],
  ['/Launch', 'launch-action'],
  ['/EmbeddedFile', 'embedded-files'],
  ['/SubmitForm', 'submit-form'],
  ['/RichMedia', 'rich-media'],
];
const notedNames: readonly (readonly [name: string, meaning: Note])[] = [
  ['/XFA', 'dynamic-form'],
  ['/Collection', 'portfolio'],
];

const objectStreamName = '/ObjStm';
const soughtNames = [...activeNames, ...notedNames].map(([name]) => name).concat(objectStreamName);
const soughtByLetter = Map.groupBy(soughtNames, (name) => name.charCodeAt(1));
const slash = 0x2f;
const escape = 0x1b;
const percent = 0x25;
const exitSequence = '\u001B%-12345X';

/**
 * Header, end and the names of active content, found by searching bytes: in the file and in its object streams.
 * Names that are hidden on purpose (`/J#61vaScript`, encryption) are not found; nothing is decided by them.
 */
export function readSigns(file: Buffer): Signs {
  if (file.length === 0) return { kind: 'not-a-pdf', detail: 'the file is empty' };
  const head = file.subarray(0, headerWithinBytes).toString('latin1');
  const start = head.indexOf('%PDF-');
  if (start < 0) return { kind: 'not-a-pdf', detail: `no %PDF- in the first ${headerWithinBytes} bytes` };
  const cut = describeCut(file, head);
  if (cut !== undefined) return { kind: 'truncated', detail: cut };

  const names = namesIn(file);
  if (names.has(objectStreamName)) {
    const streams = readObjectStreams(file);
    if (streams === 'too-large') return { kind: 'bomb', detail: 'its object streams expand beyond all use' };
    for (const stream of streams) for (const name of namesIn(stream)) names.add(name);
  }
  const notes: Note[] = notedNames.filter(([name]) => names.has(name)).map(([, note]) => note);
  if (head.slice(0, start).trim() !== '') notes.push('leading-bytes');
  if (hasPrinterCommands(file, head.slice(0, start))) notes.push('printer-commands');
  const pdfVersion = /^%PDF-(\d\.\d)/u.exec(head.slice(start))?.[1] ?? 'unknown';
  const active = activeNames.filter(([name]) => names.has(name)).map(([, meaning]) => meaning);
  return { kind: 'pdf', pdfVersion, active, notes };
}

/** A file whose end is missing could be repaired to fewer pages than were sent: better refused than printed in part. */
function describeCut(file: Buffer, head: string): string | undefined {
  const tail = file.subarray(Math.max(0, file.length - endWithinBytes));
  if (!tail.includes('%%EOF')) return 'the end of the file is missing (no %%EOF)';
  // A linearized file has a first %%EOF near its start, so it states its own length (ISO 32000-1, Annex F.3.3).
  const stated = /\/Linearized\b[^>]*?\/L\s+(\d{1,15})/u.exec(head)?.[1];
  if (stated !== undefined && Number(stated) > file.length) return `${file.length} of ${stated} bytes`;
  return undefined;
}

/** The Universal Exit Language sequence ends a job on printers that know PJL, wherever it stands. */
function hasPrinterCommands(file: Buffer, lead: string): boolean {
  return lead.includes('@PJL') || hasExit(file);
}

function hasExit(file: Buffer): boolean {
  for (let at = file.indexOf(escape); at >= 0; at = file.indexOf(escape, at + 1)) {
    if (file[at + 1] === percent && startsWith(file, exitSequence, at)) return true;
  }
  return false;
}

/** One pass for all names, from slash to slash: a search per name took seven times as long on a scanned page. */
function namesIn(bytes: Buffer): Set<string> {
  const found = new Set<string>();
  for (let at = bytes.indexOf(slash); at >= 0; at = bytes.indexOf(slash, at + 1)) {
    const sought = soughtByLetter.get(bytes[at + 1] ?? 0);
    for (const name of sought ?? []) if (startsWith(bytes, name, at)) found.add(name);
  }
  return found;
}

function startsWith(bytes: Buffer, text: string, at: number): boolean {
  return bytes.toString('latin1', at, at + text.length) === text;
}

function readObjectStreams(file: Buffer): Buffer[] | 'too-large' {
  const streams: Buffer[] = [];
  let sizeBytes = 0;
  let at = 0;
  while (streams.length < objectStreamsMax) {
    const type = file.indexOf(objectStreamName, at, 'latin1');
    const begin = type < 0 ? -1 : file.indexOf('stream', type, 'latin1');
    const end = begin < 0 ? -1 : file.indexOf('endstream', begin, 'latin1');
    if (end < 0) break;
    at = end;
    const content = inflateAll(file.subarray(skipLineEnd(file, begin + 'stream'.length), end));
    if (content === 'too-large') return content;
    sizeBytes += content.length;
    if (sizeBytes > objectStreamsBytesMax) return 'too-large';
    streams.push(content);
  }
  return streams;
}

function skipLineEnd(file: Buffer, at: number): number {
  const afterReturn = file[at] === 0x0d ? at + 1 : at;
  return file[afterReturn] === 0x0a ? afterReturn + 1 : afterReturn;
}

/** Filters may be stacked (`/Filter[/FlateDecode/FlateDecode]`), which is how 2 KB become a gigabyte. */
function inflateAll(bytes: Buffer): Buffer | 'too-large' {
  let content = bytes;
  for (let layer = 0; layer < filterLayersMax && content[0] === zlibSignature; layer += 1) {
    try {
      content = inflateSync(content, { maxOutputLength: objectStreamBytesMax });
    } catch (error) {
      if (error instanceof RangeError) return 'too-large';
      // Not deflated or damaged: the parser is the judge of that.
      return content;
    }
  }
  return content;
}
