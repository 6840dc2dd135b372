import { randomBytes } from 'node:crypto';

export interface SamplePdf {
  /** Default 1. */
  readonly pages?: number;
  /** On every page; Latin letters. Default `Inkpost`. */
  readonly text?: string;
  /** Filled up with incompressible bytes to exactly this size; too small a number is ignored. */
  readonly sizeBytes?: number;
  /** Width and height in points (1/72 inch). Default A4. */
  readonly page?: { readonly width: number; readonly height: number };
}

/**
 * A valid PDF 1.7 (ISO 32000-1), written object by object with a correct cross-reference table. Unless `sizeBytes` asks for
 * filling, the same wishes give the same bytes.
 */
export function samplePdf({ pages = 1, text = 'Inkpost', sizeBytes = 0, page = { width: 595, height: 842 } }: SamplePdf = {}): Buffer {
  const pageNumbers = Array.from({ length: pages }, (_, index) => firstPage + index);
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Count ${pages} /Kids [${pageNumbers.map((number) => `${number} 0 R`).join(' ')}] /MediaBox [0 0 ${page.width} ${page.height}] >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>',
    stream(Buffer.from(`BT /F1 24 Tf 72 72 Td (${escapeText(text)}) Tj ET`, 'latin1')),
    ...pageNumbers.map(() => '<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /Font << /F1 3 0 R >> >> >>'),
  ].map((object) => Buffer.from(object, 'latin1'));
  const bare = assemble(objects);
  const missing = sizeBytes - bare.length;
  if (missing <= fillerOverhead) return bare;
  return filledTo(sizeBytes, objects, missing);
}

/** After catalogue, page tree, font and the content that all pages share. */
const firstPage = 5;
const fillerOverhead = 100;

/** The numbers in the file grow with the filler: measured once, then corrected by what is left over. */
function filledTo(sizeBytes: number, objects: readonly Buffer[], missing: number): Buffer {
  const filler = randomBytes(missing);
  const withFiller = (length: number): Buffer =>
    assemble([...objects, Buffer.from(stream(filler.subarray(0, length)), 'latin1')]);
  const length = missing - fillerOverhead;
  return withFiller(length + sizeBytes - withFiller(length).length);
}

function stream(content: Buffer): string {
  return `<< /Length ${content.length} >>\nstream\n${content.toString('latin1')}\nendstream`;
}

function escapeText(text: string): string {
  return text.replace(/[\\()]/g, (sign) => `\\${sign}`);
}

function assemble(objects: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [];
  const offsets: number[] = [];
  let position = 0;
  const append = (part: Buffer): void => {
    parts.push(part);
    position += part.length;
  };
  append(Buffer.from('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n', 'latin1'));
  for (const [index, object] of objects.entries()) {
    offsets.push(position);
    append(Buffer.concat([Buffer.from(`${index + 1} 0 obj\n`), object, Buffer.from('\nendobj\n')]));
  }
  const entries = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const count = objects.length + 1;
  append(
    Buffer.from(
      `xref\n0 ${count}\n0000000000 65535 f \n${entries}trailer\n<< /Size ${count} /Root 1 0 R >>\nstartxref\n${position}\n%%EOF\n`,
    ),
  );
  return Buffer.concat(parts);
}
