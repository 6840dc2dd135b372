import { describe, expect, it } from 'vitest';
import { HEADER_BYTES_MAX } from '../../limits.js';
import { ByteReader } from './byte-reader.js';
import { Header, takeHeader } from './header.js';

const header = (text: string | Buffer) => new Header(Buffer.isBuffer(text) ? text : Buffer.from(text));

describe('a header', () => {
  it('gives fields by name whatever their case, unfolded, in order', () => {
    const own = header('Received: a\r\nSUBJECT : folded\r\n\tline\r\nReceived: b');
    expect([own.first('subject'), own.all('received'), own.has('to'), own.first('to')]).toEqual(['folded\tline', ['a', 'b'], false, '']);
  });

  it('skips what is no field', () => {
    expect(header('From sender Mon Jan 1 00:00:00\n: nameless\nno colon\nWith Space: x\nOk: 1').all('ok')).toEqual(['1']);
  });

  it('reads UTF-8 and, where it is none, Windows-1252', () => {
    expect(header('Subject: café').first('subject')).toBe('café');
    expect(header(Buffer.from('Subject: \x93caf\xe9\x94', 'latin1')).first('subject')).toBe('“café”');
  });

  it('cuts a field that is too long', () => {
    expect(header(`Subject: ${'x'.repeat(1_000_000)}`).first('subject').length).toBeLessThan(10_000);
  });

  it('knows no field that its sender named after what objects have', () => {
    expect([header('Subject: x').all('constructor'), header('__proto__: x').first('__proto__')]).toEqual([[], 'x']);
  });
});

describe('taking a header', () => {
  async function* inPieces(text: string, size: number) {
    const bytes = Buffer.from(text);
    for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
  }

  it.each(['A: 1\r\n\r\nbody', 'A: 1\n\nbody', '\r\nbody', '\nbody', 'A: 1', ''])('of %j says how many bytes it took, wherever they are cut', async (text) => {
    for (let size = 1; size <= text.length + 1; size += 1) {
      const reader = new ByteReader(inPieces(text, size));
      const { sizeBytes, isWhole } = await takeHeader(reader);
      const rest: Buffer[] = [];
      for await (const chunk of reader.rest()) rest.push(chunk);
      expect([text.slice(sizeBytes), isWhole]).toEqual([Buffer.concat(rest).toString(), true]);
    }
  });

  it('that is longer than may be counts what it skips', async () => {
    const text = `A: 1\r\nX: ${'x'.repeat(2 * HEADER_BYTES_MAX)}\r\n\r\nbody`;
    for (const size of [10_000, 1_000_000]) {
      const own = await takeHeader(new ByteReader(inPieces(text, size)));
      expect([own.first('a'), own.sizeBytes, own.isWhole]).toEqual(['1', text.length - 4, false]);
    }
  });

  it('ends at the same byte however it comes', async () => {
    for (const more of [-1, 0, 1, 2, 3, 4, 5]) {
      const text = `A: ${'x'.repeat(HEADER_BYTES_MAX - 3 + more)}\n\nbody`;
      for (const size of [HEADER_BYTES_MAX - 1, HEADER_BYTES_MAX, HEADER_BYTES_MAX + 1, HEADER_BYTES_MAX + 2, HEADER_BYTES_MAX + 5, 2 * HEADER_BYTES_MAX]) {
        const own = await takeHeader(new ByteReader(inPieces(text, size)));
        expect([own.isWhole, own.sizeBytes]).toEqual([more <= 0, text.length - 4]);
      }
    }
  });

  it('in single bytes takes linear time', async () => {
    const startedAt = performance.now();
    await takeHeader(new ByteReader(inPieces(`X: ${'x'.repeat(HEADER_BYTES_MAX - 10)}`, 1)));
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});
