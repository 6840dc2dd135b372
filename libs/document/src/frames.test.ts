import { describe, expect, it } from 'vitest';
import { discardFrame, endFrame, frameBytesMax, framesOf, readDocuments } from './frames.js';

async function* inPieces(bytes: Buffer, sizeBytes: number): AsyncGenerator<Buffer> {
  await Promise.resolve();
  for (let at = 0; at < bytes.length; at += sizeBytes) yield bytes.subarray(at, at + sizeBytes);
}

async function received(bytes: Buffer, pieceBytes: number, sizeBytesMax = 1_000_000): Promise<Buffer[]> {
  const documents: Buffer[] = [];
  for await (const document of readDocuments(inPieces(bytes, pieceBytes), sizeBytesMax)) documents.push(document);
  return documents;
}

const framed = (content: Buffer): Buffer => Buffer.concat([...framesOf(content), endFrame]);

describe('frames', () => {
  it.each([1, 3, 1000, 1_000_000])('carry documents in pieces of %d bytes', async (pieceBytes) => {
    const documents = [Buffer.from('first'), Buffer.alloc(0), Buffer.alloc(3000, 7)];
    expect(await received(Buffer.concat(documents.map(framed)), pieceBytes)).toEqual(documents);
  });

  it('cut large chunks into bounded frames', async () => {
    const large = Buffer.alloc(frameBytesMax * 2 + 1, 9);
    expect([...framesOf(large)]).toHaveLength(6);
    expect(await received(framed(large), 65_536)).toEqual([large]);
  });

  it('forget a document that was taken back', async () => {
    const bytes = Buffer.concat([...framesOf(Buffer.from('half of it')), discardFrame, framed(Buffer.from('next'))]);
    expect(await received(bytes, 5)).toEqual([Buffer.from('next')]);
  });

  it('give nothing for a document without its end', async () => {
    expect(await received(Buffer.concat([...framesOf(Buffer.from('half'))]), 100)).toEqual([]);
  });

  it('refuse a length beyond the bound before any memory is taken for it', async () => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(frameBytesMax + 1);
    await expect(received(length, 4)).rejects.toThrow('refused');
    await expect(received(framed(Buffer.alloc(11)), 100, 10)).rejects.toThrow('refused');
  });
});
