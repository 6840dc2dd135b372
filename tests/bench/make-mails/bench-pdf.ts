import { createCipheriv, createHash } from 'node:crypto';

export interface BenchPdf {
  /** The same seed gives the same bytes, another one others. */
  readonly seed: string;
  readonly pages: number;
  /** About; the frame of a PDF around its images adds a few hundred bytes a page. */
  readonly sizeBytes: number;
}

const IMAGE_WIDTH = 100;

/** A valid PDF 1.7 (ISO 32000-1) with a line of text and one incompressible grey image on each page, as a scan would be. */
export function benchPdf({ seed, pages, sizeBytes }: BenchPdf): Buffer {
  const imageHeight = Math.max(1, Math.floor(sizeBytes / pages / IMAGE_WIDTH));
  const imageBytes = imageHeight * IMAGE_WIDTH;
  const noise = deterministicNoise(seed, imageBytes * pages);
  const objects: Buffer[] = [
    Buffer.from('<< /Type /Catalog /Pages 2 0 R >>'),
    Buffer.from(`<< /Type /Pages /Count ${pages} /MediaBox [0 0 595 842] /Kids [${Array.from({ length: pages }, (_, page) => `${4 + page * 3} 0 R`).join(' ')}] >>`),
    Buffer.from('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>'),
  ];
  for (let page = 0; page < pages; page += 1) {
    const number = 4 + page * 3;
    const image = `/Type /XObject /Subtype /Image /Width ${IMAGE_WIDTH} /Height ${imageHeight} /ColorSpace /DeviceGray /BitsPerComponent 8`;
    objects.push(
      Buffer.from(`<< /Type /Page /Parent 2 0 R /Contents ${number + 1} 0 R /Resources << /Font << /F1 3 0 R >> /XObject << /I1 ${number + 2} 0 R >> >> >>`),
      streamObject('', Buffer.from(`BT /F1 12 Tf 72 780 Td (${seed}, page ${page + 1}) Tj ET q 451 0 0 680 72 72 cm /I1 Do Q`)),
      streamObject(image, noise.subarray(page * imageBytes, (page + 1) * imageBytes)),
    );
  }
  return assemble(objects);
}

/** A key stream: incompressible, fast, and always the same for the same seed. */
function deterministicNoise(seed: string, length: number): Buffer {
  const key = createHash('sha256').update(seed).digest().subarray(0, 16);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
}

function streamObject(dictionary: string, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`<< ${dictionary} /Length ${content.length} >>\nstream\n`), content, Buffer.from('\nendstream')]);
}

function assemble(objects: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [Buffer.from('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n', 'latin1')];
  const offsets: number[] = [];
  let position = parts[0]?.length ?? 0;
  for (const [index, object] of objects.entries()) {
    offsets.push(position);
    const whole = Buffer.concat([Buffer.from(`${index + 1} 0 obj\n`), object, Buffer.from('\nendobj\n')]);
    parts.push(whole);
    position += whole.length;
  }
  const entries = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const size = objects.length + 1;
  parts.push(Buffer.from(`xref\n0 ${size}\n0000000000 65535 f \n${entries}trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${position}\n%%EOF\n`));
  return Buffer.concat(parts);
}
