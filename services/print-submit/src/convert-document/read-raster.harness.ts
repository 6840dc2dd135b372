/** A page of a PWG raster document (PWG 5102.4), as far as tests look at it. */
export interface RasterPage {
  readonly dpi: number;
  readonly width: number;
  readonly height: number;
  readonly isDuplex: boolean;
  /** sGray, sRGB. */
  readonly colorSpace: number;
  /** Lines with something on them. */
  readonly inkedLines: number;
}

const HEADER_BYTES = 1_796;

/** Takes a document apart down to its last byte; throws where it is cut. */
export function readRaster(bytes: Buffer): RasterPage[] {
  if (bytes.toString('latin1', 0, 4) !== 'RaS2') throw new Error('no PWG raster');
  const pages: RasterPage[] = [];
  for (let at = 4; at < bytes.length;) {
    const numberAt = (offset: number): number => bytes.readUInt32BE(at + offset);
    const page = { dpi: numberAt(276), width: numberAt(372), height: numberAt(376), isDuplex: numberAt(272) === 1, colorSpace: numberAt(400) };
    const lines = readLines(bytes, at + HEADER_BYTES, { height: page.height, lineBytes: numberAt(392), pixelBytes: numberAt(388) / 8 });
    pages.push({ ...page, inkedLines: lines.inked });
    at = lines.end;
  }
  return pages;
}

function readLines(bytes: Buffer, start: number, { height, lineBytes, pixelBytes }: { height: number; lineBytes: number; pixelBytes: number }): { inked: number; end: number } {
  let at = start;
  let inked = 0;
  for (let line = 0; line < height;) {
    const times = bytes.readUInt8(at) + 1;
    at += 1;
    const colors = new Set<string>();
    for (let filled = 0; filled < lineBytes;) {
      const run = bytes.readUInt8(at);
      const isLiteral = run > 128;
      const pixels = isLiteral ? 257 - run : run + 1;
      const stored = (isLiteral ? pixels : 1) * pixelBytes;
      for (let pixel = 0; pixel < stored; pixel += pixelBytes) colors.add(bytes.toString('hex', at + 1 + pixel, at + 1 + pixel + pixelBytes));
      at += 1 + stored;
      filled += pixels * pixelBytes;
    }
    if (colors.size > 1) inked += times;
    line += times;
  }
  return { inked, end: at };
}
