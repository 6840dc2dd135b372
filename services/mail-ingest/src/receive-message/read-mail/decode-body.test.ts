import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { decodeBody } from './decode-body.js';

async function decode(encoding: string, encoded: string, pieceBytes = 1_000_000): Promise<string> {
  const bytes = Buffer.from(encoded, 'latin1');
  async function* pieces() {
    for (let from = 0; from < bytes.length; from += pieceBytes) yield bytes.subarray(from, from + pieceBytes);
  }
  return (await buffer(decodeBody(encoding, pieces()))).toString('latin1');
}

describe('base64', () => {
  const binary = randomBytes(3_001);
  const clear = binary.toString('latin1');
  const digits = binary.toString('base64');
  const forms = {
    'lines of 76': digits.replaceAll(/.{76}/g, '$&\r\n'),
    'lines of 76 with line feeds': digits.replaceAll(/.{76}/g, '$&\n'),
    'one line': digits,
    'lines of a length that is no multiple of four': digits.replaceAll(/.{61}/g, '$&\r\n'),
    'lines of all lengths': digits.replaceAll(/.{1,7}|.{9,40}/g, '$&\n'),
    'lines that end now in CRLF, now in LF': digits.replaceAll(/.{76}/g, (line, at: number) => `${line}${at % 152 === 0 ? '\r\n' : '\n'}`),
    'lines of 76 and 77 digits, equally long with their ends': digits.replaceAll(/(.{76})(.{77})/g, '$1\r\n$2\n'),
    'lone carriage returns': digits.replaceAll(/.{76}/g, '$&\r'),
    'NUL bytes within': digits.replaceAll(/.{50}/g, '$&\0\r\n'),
    'the digits for URLs': binary.toString('base64url').replaceAll(/.{76}/g, '$&\r\n'),
    'no padding': digits.replace(/=+$/, '').replaceAll(/.{76}/g, '$&\r\n'),
    'white space and signs that are no digits within': digits.replaceAll(/.{76}/g, '$& \t\r\n').replaceAll(/A/g, 'A*'),
    'blank lines': digits.replaceAll(/.{76}/g, '$&\r\n\r\n'),
    'a footer behind it': `${digits.replaceAll(/.{76}/g, '$&\r\n')}\r\n____\r\nThe mailing list\r\n`,
  };

  it.each(Object.entries(forms))('with %s gives the same bytes in pieces of any size', async (_name, encoded) => {
    for (const size of [1, 2, 3, 5, 77, 78, 79, 1_000, 4_096, 1_000_000]) expect((await decode('BASE64', encoded, size)) === clear, `in pieces of ${size}`).toBe(true);
  });

  it('that is no base64 gives what can be made of it', async () => {
    expect(await decode('base64', '')).toBe('');
    expect(await decode('base64', 'Q')).toBe('');
    expect(await decode('base64', '\0\xff!?')).toBe('');
  });
});

describe('quoted-printable', () => {
  it('costs no more in one line without end than in short lines, however small the pieces are in which it comes', async () => {
    const costOf = async (encoded: string): Promise<number> => {
      const startedAt = performance.now();
      await decode('quoted-printable', encoded, 8);
      return performance.now() - startedAt;
    };
    const line = 'x'.repeat(1_000_000);
    const shortLines = line.replaceAll(/.{70}/g, '$&\r\n');
    await costOf(shortLines);
    expect(await costOf(line)).toBeLessThan(4 * (await costOf(shortLines)));
  });

  it.each([
    ['caf=E9', 'caf\xe9'],
    ['=c3=a9', '\xc3\xa9'],
    ['soft =\r\nbreak', 'soft break'],
    ['soft =  \r\nbreak', 'soft break'],
    ['soft =\nbreak', 'soft break'],
    ['kept =\r\n  \r\nspace', 'kept \r\nspace'],
    ['at the end=', 'at the end'],
    ['trailing \t \r\nspace', 'trailing\r\nspace'],
    ['kept=20\r\nspace', 'kept \r\nspace'],
    ['1=2 and =ZZ', '1=2 and =ZZ'],
    ['a\rb', 'a\rb'],
  ])('%j is %j in pieces of any size', async (encoded, clear) => {
    for (let size = 1; size <= encoded.length; size += 1) expect(await decode('quoted-printable', encoded, size)).toBe(clear);
  });

  it('in one endless line is decoded without waiting for its end', async () => {
    const clear = 'x\xe9'.repeat(100_000);
    for (const size of [1_000, 70_001]) expect((await decode('quoted-printable', 'x=E9'.repeat(100_000), size)) === clear).toBe(true);
  });

  it('with long runs of white space takes linear time', async () => {
    const startedAt = performance.now();
    await decode('quoted-printable', `${' '.repeat(3_000_000)}x`);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});

describe('uuencode', () => {
  const binary = randomBytes(3_001);
  /** As POSIX describes it; some write a space where others write a grave accent. */
  const encode = (zero: string, end = '\n') => {
    const sign = (bits: number) => (bits === 0 ? zero : String.fromCharCode(bits + 0x20));
    const lines = Array.from({ length: Math.ceil(binary.length / 45) }, (_, row) => {
      const line = binary.subarray(row * 45, row * 45 + 45);
      const groups = Array.from({ length: Math.ceil(line.length / 3) }, (_group, at) => [...line.subarray(at * 3, at * 3 + 3)]);
      const signs = groups.map(([a = 0, b = 0, c = 0]) => sign(a >> 2) + sign(((a & 3) << 4) | (b >> 4)) + sign(((b & 15) << 2) | (c >> 6)) + sign(c & 63));
      return sign(line.length) + signs.join('');
    });
    return ['This is a file', 'begin 644 a file.pdf', ...lines, sign(0), 'end', 'Mfooter'].join(end);
  };

  it.each([['`', '\n'], [' ', '\n'], ['`', '\r\n']])('with %j for nothing and lines that end in %j gives the same bytes in pieces of any size', async (zero, end) => {
    for (const size of [1, 2, 61, 62, 1_000, 1_000_000]) expect((await decode('x-uuencode', encode(zero, end), size)) === binary.toString('latin1'), `in pieces of ${size}`).toBe(true);
  });

  it.each(['', 'no begin\nMxx\nend', 'begin 644 x\n', `begin 644 x\n${'M'.repeat(3_000_000)}`, 'begin 644 x\nM\n`\0\xff\nend', `begin 644 x\n${'M\n'.repeat(300_000)}`])('that is none gives no more than was sent', async (encoded) => {
    expect((await decode('uuencode', encoded, 65_536)).length).toBeLessThanOrEqual(encoded.length);
  });
});

it.each(['', '7bit', '8bit', 'binary', 'x-unknown', 'base64url'])('leaves a body in the encoding %j as it is', async (encoding) => {
  expect(await decode(encoding, 'as it=20is\x00\xff')).toBe('as it=20is\x00\xff');
});
it.each(['base64 ', ' base64'.trim(), 'Base64 (comment)', 'base64;'])('knows %j for base64', async (encoding) => {
  expect(await decode(encoding, 'aGVsbG8=')).toBe('hello');
});
