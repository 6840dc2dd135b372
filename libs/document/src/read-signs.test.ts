import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { compressedPdf, pdfWithPages, writePdf } from './hand-made-pdf.js';
import { readSigns } from './read-signs.js';

const a4 = '/MediaBox[0 0 595 842]';
const plain = pdfWithPages([a4]);

describe('the signs of a file', () => {
  it('tells a PDF by its header, and gives the version', () => {
    expect(readSigns(plain)).toEqual({ kind: 'pdf', pdfVersion: '1.7', active: [], notes: [] });
  });

  it.each([
    ['an empty file', Buffer.alloc(0)],
    ['a PNG', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')],
    ['a header beyond the first 1,024 bytes', Buffer.concat([Buffer.alloc(1024, 0x20), plain])],
  ])('does not take %s for a PDF', (_, file) => {
    expect(readSigns(file).kind).toBe('not-a-pdf');
  });

  it('sees that the end is missing', () => {
    expect(readSigns(plain.subarray(0, -30)).kind).toBe('truncated');
  });

  it('sees that a linearized file is shorter than it says, although it has an end', () => {
    const linearized = (lengthBytes: number): Buffer =>
      Buffer.concat([Buffer.from(`%PDF-1.7\n9 0 obj<</Linearized 1/L ${lengthBytes}/N 1>>endobj\n`), plain.subarray(9)]);
    expect(readSigns(linearized(100_000)).kind).toBe('truncated');
    expect(readSigns(linearized(300)).kind).toBe('pdf');
  });

  it.each([
    ['/Launch', '/OpenAction<</S/Launch/F(x)>>', 'launch-action'],
    ['/JavaScript', '/OpenAction<</S/JavaScript/JS(x)>>', 'javascript'],
    ['/EmbeddedFile', '/Names<</EmbeddedFiles<</Names[]>>>>', 'embedded-files'],
    ['/SubmitForm', '/OpenAction<</S/SubmitForm/F(x)>>', 'submit-form'],
  ])('finds %s in the clear and in object streams', (_, entry, meaning) => {
    for (const file of [pdfWithPages([a4], entry), compressedPdf([a4], entry)]) {
      expect(readSigns(file)).toMatchObject({ active: [meaning] });
    }
  });

  it('notes dynamic forms and portfolios', () => {
    expect(readSigns(pdfWithPages([a4], '/AcroForm<</XFA[]>>/Collection<<>>'))).toMatchObject({ notes: ['dynamic-form', 'portfolio'] });
  });

  it('notes PJL before the header, and the exit sequence behind the end', () => {
    const exit = Buffer.from('\u001B%-12345X');
    expect(readSigns(Buffer.concat([exit, Buffer.from('@PJL SET COPIES=99\r\n'), plain]))).toMatchObject({
      notes: ['leading-bytes', 'printer-commands'],
    });
    expect(readSigns(Buffer.concat([plain, exit]))).toMatchObject({ notes: ['printer-commands'] });
    expect(readSigns(Buffer.concat([Buffer.from('\r\n \n'), plain]))).toMatchObject({ notes: [] });
  });

  it('refuses object streams that expand without end, also through two filters', () => {
    const bomb = deflateSync(Buffer.alloc(100_000_000, 0x20));
    for (const stream of [bomb, deflateSync(bomb)]) {
      expect(readSigns(writePdf([{ value: '<</Type/ObjStm/N 1/First 4/Filter/FlateDecode>>', stream }])).kind).toBe('bomb');
    }
  });
});
