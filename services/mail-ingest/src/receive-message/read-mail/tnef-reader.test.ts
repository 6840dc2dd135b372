import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { ByteReader } from './byte-reader.js';
import { TnefReader } from './tnef-reader.js';
import { attachedFile, attribute, type TnefFile, uint32, writeTnef } from './write-tnef.harness.js';

interface Found {
  readonly fileName: string;
  readonly mediaType: string;
  readonly isInline: boolean;
  readonly isMessage: boolean;
  readonly content: Buffer;
}

async function read(tnef: Buffer, pieceBytes = 65_536): Promise<{ found: Found[]; isDamaged: boolean }> {
  async function* pieces() {
    for (let from = 0; from < tnef.length; from += pieceBytes) yield tnef.subarray(from, from + pieceBytes);
  }
  const reader = new TnefReader(new ByteReader(pieces()));
  const attachments: { attachment: Omit<Found, 'content'>; content: Buffer }[] = [];
  for await (const attachment of reader.attachments()) attachments.push({ attachment, content: await buffer(attachment.body) });
  return { found: attachments.map(({ attachment: { fileName, mediaType, isInline, isMessage }, content }) => ({ fileName, mediaType, isInline, isMessage, content })), isDamaged: reader.isDamaged };
}

const [FILE_NAME, LONG_FILE_NAME, MEDIA_TYPE, FLAGS, HIDDEN, DATA] = [0x3704, 0x3707, 0x370e, 0x3714, 0x7ffe, 0x3701];
const NAMED = 0x8000;
const pdf = Buffer.concat([Buffer.from('%PDF-1.7\n'), randomBytes(501)]);

describe('a TNEF stream', () => {
  const files: TnefFile[] = [
    attachedFile('Prüfbericht – 文書.pdf', pdf, [[MEDIA_TYPE, 'Application/PDF']]),
    attachedFile('logo.png', Buffer.from('png'), [[FLAGS, 4]]),
    attachedFile('hidden.png', Buffer.alloc(0), [[HIDDEN, 1]]),
    { title: 'ONLY~1.PDF', content: Buffer.from('a') },
    { content: Buffer.from('b'), properties: [[FILE_NAME, { shortText: Buffer.from('caf\xe9.pdf\0', 'latin1') }]] },
    { properties: [[DATA, { message: writeTnef([attachedFile('inner.pdf', pdf)]) }], [LONG_FILE_NAME, 'Forwarded']] },
    { properties: [[DATA, { object: Buffer.from('sheet') }]] },
  ];

  it('gives its attachments with the names that stand behind them, wherever its transfer cuts it', async () => {
    const tnef = writeTnef(files);
    for (const size of [1, 2, 3, 7, 100, 65_536]) {
      const { found, isDamaged } = await read(tnef, size);
      expect(isDamaged).toBe(false);
      expect(found.map(({ fileName, mediaType, isInline, isMessage, content }) => [fileName, mediaType, isInline, isMessage, content.length])).toEqual([
        ['Prüfbericht – 文書.pdf', 'application/pdf', false, false, pdf.length], ['logo.png', '', true, false, 3], ['hidden.png', '', true, false, 0], ['ONLY~1.PDF', '', false, false, 1],
        ['café.pdf', '', false, false, 1], ['Forwarded', '', false, true, expect.any(Number)], ['', '', false, false, 5],
      ]);
      expect(found[0]?.content.equals(pdf)).toBe(true);
      expect((await read(found[5]?.content ?? Buffer.alloc(0))).found).toMatchObject([{ fileName: 'inner.pdf', content: pdf }]);
    }
  });

  it('says in which 8-bit set its short names are', async () => {
    const { found } = await read(writeTnef([{ title: '\xe6.pdf', content: Buffer.from('a') }], 1251));
    expect(found[0]?.fileName).toBe('ж.pdf');
  });

  it('may hold named properties, lists of values, and all types of them', async () => {
    const named = (name: Buffer) => Buffer.concat([Buffer.from([0x03, 0x00, NAMED & 0xff, NAMED >> 8]), Buffer.alloc(16), name, uint32(7)]);
    const values = [
      named(Buffer.concat([uint32(0), uint32(0x8501)])),
      named(Buffer.concat([uint32(1), uint32(6), Buffer.from('ab\0', 'utf16le'), Buffer.alloc(2)])),
      Buffer.concat([Buffer.from([0x03, 0x10, 1, 0x67]), uint32(3), Buffer.alloc(12)]),
      Buffer.concat([Buffer.from([0x1f, 0x10, 2, 0x67]), uint32(2), uint32(6), Buffer.alloc(8), uint32(4), Buffer.alloc(4)]),
      ...[[0x02, 4], [0x05, 8], [0x0b, 4], [0x40, 8], [0x48, 16]].map(([type = 0, bytes = 0]) => Buffer.concat([Buffer.from([type, 0, 3, 0x67]), Buffer.alloc(bytes)])),
      Buffer.concat([Buffer.from([0x02, 0x01, 4, 0x67]), uint32(1), uint32(5), Buffer.alloc(8)]),
      Buffer.concat([Buffer.from([0x1f, 0x00, LONG_FILE_NAME & 0xff, LONG_FILE_NAME >> 8]), uint32(1), uint32(12), Buffer.from('a.pdf\0', 'utf16le')]),
    ];
    const tnef = Buffer.concat([writeTnef([{ content: pdf }]), attribute(2, 0x0006_9005, Buffer.concat([uint32(values.length), ...values]))]);
    expect(await read(tnef)).toMatchObject({ found: [{ fileName: 'a.pdf', content: pdf }], isDamaged: false });
  });
});

describe('a hostile TNEF stream', () => {
  it('that is cut off anywhere gives what came before', async () => {
    const tnef = writeTnef([attachedFile('a.pdf', pdf), attachedFile('b.pdf', pdf)]);
    let whole = 0;
    for (let length = 0; length < tnef.length; length += 1) {
      const { found, isDamaged } = await read(tnef.subarray(0, length));
      if (!isDamaged) whole += 1;
      expect(found.length).toBeLessThanOrEqual(2);
    }
    // Whole only where it is cut behind the signature, or between two of its eleven attributes, give or take what can't be one.
    expect(whole).toBe(11 * 9);
  });

  it.each([
    ['an attribute of 4 GB', [uint32(0x0006_800f), uint32(0xffff_ffff), Buffer.from('abc')]],
    ['a name of 4 GB', [uint32(0x0001_8010), uint32(0xffff_ffff), Buffer.from('abc')]],
    ['4 billion properties', [uint32(0x0006_9005), uint32(100_000), uint32(0xffff_ffff), Buffer.alloc(100_000, Buffer.from([3, 0, 0, 0, 0, 0, 0, 0]))]],
    ['a property of no known type', [uint32(0x0006_9005), uint32(8), uint32(1), Buffer.from([0xee, 0xee, 0, 0]), Buffer.alloc(2)]],
    ['a value of 4 GB', [uint32(0x0006_9005), uint32(50), uint32(1), Buffer.from([0x1f, 0, 7, 0x37]), uint32(1), uint32(0xffff_fffe), Buffer.from('abc')]],
    ['4 billion values', [uint32(0x0006_9005), uint32(100_000), uint32(1), Buffer.from([2, 1, 0, 0]), uint32(0xffff_ffff), Buffer.alloc(100_000)]],
  ])('with %s ends early', async (_what, bytes) => {
    const startedAt = performance.now();
    const { isDamaged } = await read(Buffer.concat([writeTnef([]), Buffer.from([2]), ...bytes]));
    expect(isDamaged).toBe(true);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });

  it('with damaged properties gives the attachments behind them', async () => {
    const damaged = attribute(2, 0x0006_9005, Buffer.concat([uint32(2), Buffer.from([0xee, 0xee, 0, 0])]));
    const tnef = Buffer.concat([writeTnef([attachedFile('a.pdf', pdf)]), damaged, writeTnef([attachedFile('b.pdf', pdf)]).subarray(6)]);
    expect(await read(tnef)).toMatchObject({ found: [{ fileName: 'a.pdf' }, { fileName: 'b.pdf' }], isDamaged: true });
  });

  it('of a million attributes is read as far as they may be', async () => {
    const startedAt = performance.now();
    const { found, isDamaged } = await read(Buffer.concat([writeTnef([attachedFile('a.pdf', pdf)]), Buffer.alloc(11_000_000, attribute(2, 0x0006_9002, Buffer.alloc(0)))]));
    expect([found.length, isDamaged]).toEqual([1, true]);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });

  it('of random bytes behind its signature does not stop the reader', async () => {
    for (let round = 0; round < 200; round += 1) await read(Buffer.concat([writeTnef([]), randomBytes(300)]));
    expect((await read(Buffer.from('not TNEF'))).isDamaged).toBe(true);
  });
});
