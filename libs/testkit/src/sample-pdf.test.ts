import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { describe, expect, it } from 'vitest';
import { samplePdf } from './sample-pdf.js';

async function read(pdf: Buffer): Promise<{ pages: number; text: string; view: number[] }> {
  // stopAtErrors: a reader that repairs would call a wrong cross-reference table fine.
  const document = await getDocument({ data: new Uint8Array(pdf), stopAtErrors: true, verbosity: 0 }).promise;
  const page = await document.getPage(document.numPages);
  const { items } = await page.getTextContent();
  const text = items.map((item) => ('str' in item ? item.str : '')).join('');
  return { pages: document.numPages, text, view: page.view };
}

describe('samplePdf', () => {
  it('has the pages, the text and the page size asked for', async () => {
    const pdf = samplePdf({ pages: 3, text: 'Held (for you) \\', page: { width: 842, height: 1191 } });
    expect(await read(pdf)).toEqual({ pages: 3, text: 'Held (for you) \\', view: [0, 0, 842, 1191] });
  });

  it('has a cross-reference table that points at its objects', () => {
    const pdf = samplePdf({ pages: 2 }).toString('latin1');
    const start = Number(/startxref\n(\d+)/.exec(pdf)?.[1]);
    const offsets = [...pdf.slice(start).matchAll(/^(\d{10}) 00000 n $/gm)].map((match) => Number(match[1]));
    expect(offsets.map((offset) => pdf.slice(offset, offset + 7))).toEqual(
      offsets.map((_, index) => `${index + 1} 0 obj`),
    );
    expect(offsets).toHaveLength(6);
  });

  it.each([20_000, 200_000, 2_000_000])('is exactly %i bytes when asked for, and still valid', async (sizeBytes) => {
    const pdf = samplePdf({ sizeBytes });
    expect(pdf.length).toBe(sizeBytes);
    expect(await read(pdf)).toMatchObject({ pages: 1, text: 'Inkpost' });
  });

  it('gives the same bytes for the same wishes', () => {
    expect(samplePdf({ text: 'same' }).equals(samplePdf({ text: 'same' }))).toBe(true);
    expect(samplePdf({ text: 'same' }).equals(samplePdf({ text: 'other' }))).toBe(false);
  });
});
