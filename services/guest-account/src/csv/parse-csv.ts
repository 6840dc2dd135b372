/** A file as a whole can't be read: in a sentence with what to do. */
export class UnreadableImport extends Error {}

/** One record of a CSV file. */
export interface CsvRecord {
  /** From 1: the line on which it begins. */
  readonly line: number;
  readonly fields: readonly string[];
}

/**
 * RFC 4180, with lines that end in LF too, a byte order mark in front, and `;` between the fields where the first line has one and no
 * comma, as spreadsheets write it in French. Empty lines are left out. Throws `UnreadableImport`, which names the line.
 */
export function parseCsv(text: string): CsvRecord[] {
  const source = text.replace(/^\uFEFF/, '');
  const separator = /^[^\r\n,]*;/.test(source) ? ';' : ',';
  const records: CsvRecord[] = [];
  let [line, begun, at] = [1, 1, 0];
  let fields: string[] = [];
  while (at < source.length) {
    const { value, end, lines } = readField(source, at, separator, line);
    fields.push(value);
    line += lines;
    at = end;
    if (source[at] === separator) {
      at += 1;
      if (at < source.length) continue;
      fields.push('');
    }
    at += source.startsWith('\r\n', at) ? 2 : 1;
    if (fields.length > 1 || fields[0] !== '') records.push({ line: begun, fields });
    fields = [];
    line += 1;
    begun = line;
  }
  return records;
}

/** `end`: where the separator or the end of the line stands. */
function readField(source: string, start: number, separator: string, line: number): { readonly value: string; readonly end: number; readonly lines: number } {
  if (source[start] !== '"') {
    let end = start;
    while (end < source.length && source[end] !== separator && source[end] !== '\n' && !source.startsWith('\r\n', end)) end += 1;
    return { value: source.slice(start, end), end, lines: 0 };
  }
  let [value, at] = ['', start + 1];
  for (;;) {
    const quote = source.indexOf('"', at);
    if (quote < 0) throw new UnreadableImport(`line ${line}: a quotation mark is opened and never closed`);
    value += source.slice(at, quote);
    at = quote + 1;
    if (source[at] !== '"') break;
    value += '"';
    at += 1;
  }
  const isEnd = at >= source.length || source[at] === separator || source[at] === '\n' || source.startsWith('\r\n', at);
  if (!isEnd) throw new UnreadableImport(`line ${line}: something stands after a quotation mark that closes a field`);
  return { value, end: at, lines: value.split('\n').length - 1 };
}
