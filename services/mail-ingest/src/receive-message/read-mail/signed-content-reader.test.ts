import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { SIGNED_PIECES_MAX } from '../../limits.js';
import { ByteReader } from './byte-reader.js';
import { SignedContentReader, smimeKind } from './signed-content-reader.js';

function readerOf(bytes: Buffer, pieceBytes = 65_536): ByteReader {
  async function* pieces() {
    for (let from = 0; from < bytes.length; from += pieceBytes) yield bytes.subarray(from, from + pieceBytes);
  }
  return new ByteReader(pieces());
}

async function read(bytes: Buffer, pieceBytes?: number): Promise<{ content: Buffer; isDamaged: boolean }> {
  const reader = new SignedContentReader(readerOf(bytes, pieceBytes));
  return { content: await buffer(reader.content()), isDamaged: reader.isDamaged };
}

/** One value in DER. */
function der(tag: number, ...content: Buffer[]): Buffer {
  const value = Buffer.concat(content);
  const length = value.length < 0x80 ? Buffer.from([value.length]) : Buffer.from(`84${value.length.toString(16).padStart(8, '0')}`, 'hex');
  return Buffer.concat([Buffer.from([tag]), length, value]);
}

/** One of unknown length in BER. */
const ber = (tag: number, ...content: Buffer[]) => Buffer.concat([Buffer.from([tag, 0x80]), ...content, Buffer.alloc(2)]);

const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'));
const [SIGNED, DATA] = [oid('2a864886f70d010702'), oid('2a864886f70d010701')];
const ALGORITHMS = der(0x31, der(0x30, oid('608648016503040201')));
const signed = (octets: Buffer, wrap = der) => wrap(0x30, SIGNED, wrap(0xa0, wrap(0x30, der(0x02, Buffer.from([1])), ALGORITHMS, wrap(0x30, DATA, wrap(0xa0, octets)), der(0x31, randomBytes(200)))));
const mail = Buffer.concat([Buffer.from('Content-Type: application/pdf\r\n\r\n%PDF-'), randomBytes(40_000)]);
const inPieces = (size: number) => Array.from({ length: Math.ceil(mail.length / size) }, (_, index) => der(0x04, mail.subarray(index * size, (index + 1) * size)));

describe('an opaque-signed mail', () => {
  it.each([
    ['in DER', signed(der(0x04, mail))],
    ['in BER', signed(ber(0x24, ...inPieces(1_000)), ber)],
    ['in BER, in pieces of one byte', signed(ber(0x24, ...inPieces(1)), ber)],
    ['in pieces whose sum is known', signed(der(0x24, ...inPieces(4_096)))],
  ])('%s gives the mail within, wherever its transfer cuts it', async (_how, bytes) => {
    for (const size of [3, 1_000, 65_536]) {
      const { content, isDamaged } = await read(bytes, size);
      expect([content.equals(mail), isDamaged]).toEqual([true, false]);
    }
  });

  it('is known by its first bytes, and so is an encrypted one', async () => {
    const enveloped = (type: string, wrap: typeof der) => wrap(0x30, oid(type), wrap(0xa0, wrap(0x30, randomBytes(300))));
    expect(await smimeKind(readerOf(signed(der(0x04, mail)), 5))).toBe('signed');
    expect(await smimeKind(readerOf(signed(der(0x04, mail), ber), 5))).toBe('signed');
    for (const type of ['2a864886f70d010703', '2a864886f70d0109100117']) for (const wrap of [der, ber]) expect(await smimeKind(readerOf(enveloped(type, wrap)))).toBe('encrypted');
    for (const other of [Buffer.from('%PDF-1.7'), Buffer.alloc(0), enveloped('2a864886f70d0109100109', der)]) expect(await smimeKind(readerOf(other))).toBe('none');
  });
});

describe('a hostile one', () => {
  it('that is cut off anywhere gives what came before', async () => {
    const bytes = signed(der(0x04, mail.subarray(0, 100)));
    for (let length = 0; length < 180; length += 1) {
      const { content, isDamaged } = await read(bytes.subarray(0, length));
      expect(mail.subarray(0, content.length).equals(content)).toBe(true);
      expect(isDamaged).toBe(content.length < 100);
    }
  });

  it.each([
    ['with no content', der(0x30, SIGNED, der(0xa0, der(0x30, der(0x02, Buffer.from([1])), ALGORITHMS, der(0x30, DATA))))],
    ['with a length of 126 bytes', Buffer.concat([Buffer.from([0x30, 0xfe]), SIGNED, Buffer.alloc(1_000)])],
    ['nested without end', Buffer.concat([Buffer.from('3080', 'hex'), Buffer.alloc(100_000, Buffer.from('3080', 'hex'))])],
    ['of something else than bytes', signed(der(0x0c, mail))],
    ['with pieces in pieces', signed(ber(0x24, ber(0x24, ber(0x24, der(0x04, mail)))), ber)],
    ['that is none', Buffer.from('Content-Type: text/plain\r\n\r\nhello')],
  ])('%s is damaged', async (_how, bytes) => {
    expect(await read(bytes)).toEqual({ content: Buffer.alloc(0), isDamaged: true });
  });

  it('of millions of empty pieces is read as far as they may be', async () => {
    const startedAt = performance.now();
    expect((await read(signed(ber(0x24, Buffer.alloc(20 * SIGNED_PIECES_MAX, Buffer.from([0x04, 0x00]))), ber))).isDamaged).toBe(true);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});
