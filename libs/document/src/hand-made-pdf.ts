import { deflateSync } from 'node:zlib';

/** An object of a hand-made PDF: its dictionary or value, and its stream if it has one. */
export interface PdfObject {
  readonly value: string;
  readonly stream?: Uint8Array;
}

/** Writes a PDF for tests out of numbered objects (the first is number 1 and the catalog), with a correct cross-reference table. */
export function writePdf(objects: readonly (string | PdfObject)[]): Buffer {
  const parts: Buffer[] = [Buffer.from('%PDF-1.7\n')];
  let at = parts[0]?.length ?? 0;
  const offsets = objects.map((object, index) => {
    const { value, stream } = typeof object === 'string' ? { value: object, stream: undefined } : object;
    const body = stream === undefined ? '' : Buffer.from(stream).toString('latin1');
    const dictionary = stream === undefined ? value : value.replace(/>>$/u, `/Length ${stream.byteLength}>>`);
    const content = stream === undefined ? dictionary : `${dictionary}\nstream\n${body}\nendstream`;
    const bytes = Buffer.from(`${index + 1} 0 obj\n${content}\nendobj\n`, 'latin1');
    parts.push(bytes);
    at += bytes.length;
    return at - bytes.length;
  });
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const size = objects.length + 1;
  parts.push(Buffer.from(`xref\n0 ${size}\n0000000000 65535 f \n${rows}trailer\n<</Size ${size}/Root 1 0 R>>\nstartxref\n${at}\n%%EOF\n`));
  return Buffer.concat(parts);
}

/** A PDF whose pages have these entries, such as `/MediaBox[0 0 595 842]`. `catalog` adds entries to the catalog. */
export function pdfWithPages(pages: readonly string[], catalog = ''): Buffer {
  const kids = pages.map((_, index) => `${index + 3} 0 R`).join(' ');
  return writePdf([
    `<</Type/Catalog/Pages 2 0 R${catalog}>>`,
    `<</Type/Pages/Kids[${kids}]/Count ${pages.length}>>`,
    ...pages.map((entries) => `<</Type/Page/Parent 2 0 R/Resources<<>>${entries}>>`),
  ]);
}

/** As `pdfWithPages`, but all objects lie in one compressed object stream, found by a cross-reference stream. */
export function compressedPdf(pages: readonly string[], catalog = '', padding = ''): Buffer {
  const kids = pages.map((_, index) => `${index + 3} 0 R`).join(' ');
  const objects = [
    `<</Type/Catalog/Pages 2 0 R${catalog}>>`,
    `<</Type/Pages/Kids[${kids}]/Count ${pages.length}>>`,
    ...pages.map((entries) => `<</Type/Page/Parent 2 0 R/Resources<<>>${entries}>>`),
  ];
  let at = 0;
  const index = objects.map((object, position) => {
    at += object.length + 1;
    return `${position + 1} ${at - object.length - 1}`;
  });
  const header = `${index.join(' ')} `;
  const inner = deflateSync(Buffer.from(`${header}${objects.join(' ')} ${padding}`));
  const container = objects.length + 1;
  const head = `%PDF-1.7\n`;
  const objectStream = Buffer.concat([
    Buffer.from(`${container} 0 obj\n<</Type/ObjStm/N ${objects.length}/First ${header.length}/Filter/FlateDecode/Length ${inner.length}>>\nstream\n`),
    inner,
    Buffer.from('\nendstream\nendobj\n'),
  ]);
  const table = Buffer.alloc((container + 2) * 7);
  objects.forEach((_, position) => writeRow(table, position + 1, 2, container, position));
  writeRow(table, container, 1, head.length, 0);
  writeRow(table, container + 1, 1, head.length + objectStream.length, 0);
  const rows = deflateSync(table);
  return Buffer.concat([
    Buffer.from(head),
    objectStream,
    Buffer.from(`${container + 1} 0 obj\n<</Type/XRef/Size ${container + 2}/W[1 4 2]/Root 1 0 R/Filter/FlateDecode/Length ${rows.length}>>\nstream\n`),
    rows,
    Buffer.from(`\nendstream\nendobj\nstartxref\n${head.length + objectStream.length}\n%%EOF\n`),
  ]);
}

function writeRow(table: Buffer, row: number, type: number, second: number, third: number): void {
  table.writeUInt8(type, row * 7);
  table.writeUInt32BE(second, row * 7 + 1);
  table.writeUInt16BE(third, row * 7 + 5);
}
