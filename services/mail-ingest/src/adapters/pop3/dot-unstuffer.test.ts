import { describe, expect, it } from 'vitest';
import { DotUnstuffer } from './dot-unstuffer.js';

/** As a server sends it. */
function stuff(content: string): string {
  return `${content.replaceAll(/(^|\r\n)\./g, '$1..')}.\r\n`;
}

/** All ways to cut a text into pieces of this size, from each offset. */
function unstuff(sent: string, sizes: readonly number[]): { content: string; rest: string | undefined } {
  const bytes = Buffer.from(sent, 'latin1');
  const unstuffer = new DotUnstuffer();
  const pieces: Buffer[] = [];
  let from = 0;
  for (let turn = 0; unstuffer.rest === undefined && from < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    pieces.push(...unstuffer.take(bytes.subarray(from, from + size)));
    from += size;
  }
  const rest = unstuffer.rest && Buffer.concat([unstuffer.rest, bytes.subarray(from)]);
  return { content: Buffer.concat(pieces).toString('latin1'), rest: rest?.toString('latin1') };
}

const cuts = [[1], [2], [3], [1, 2], [5, 1], [1_000]];

describe('a multi-line answer', () => {
  it.each([
    ['nothing', ''],
    ['a line', 'one\r\n'],
    ['dots at the beginning of lines', '.\r\n..\r\n.a\r\n...\r\n'],
    ['dots elsewhere', 'a.\r\n.b.\r\n a.b\r\n'],
    ['empty lines', '\r\n\r\n.\r\n\r\n'],
    ['line feeds and returns that end no line', 'a\n.b\r.c\r\r\nd\n\r\n'],
    ['a return after a dot', '.\ra\r\n.\r\r\n'],
    ['8-bit bytes', '\x80\xff\x00.\xfe\r\n.\xe9\r\n'],
  ])('with %s is its content, however it is cut', (_, content) => {
    for (const sizes of cuts) expect(unstuff(`${stuff(content)}+OK next\r\n`, sizes)).toEqual({ content, rest: '+OK next\r\n' });
  });

  it('has not ended before its last byte came', () => {
    const sent = stuff('one\r\n.\r\n');
    for (let to = 0; to < sent.length; to += 1) expect(unstuff(sent.slice(0, to), [3]).rest).toBeUndefined();
  });

  it('has no end that only looks like one', () => {
    for (const false_ of ['a.\r\n', 'a\n.\r\n', 'a\r.\r\n', '..\r\n', '.x\r\n', '. \r\n', '.\n']) expect(unstuff(false_, [1]).rest).toBeUndefined();
  });

  it('is not copied but for what the end may swallow', () => {
    const chunk = Buffer.from('abc\r\n.\r\nrest');
    const unstuffer = new DotUnstuffer();
    const [piece] = unstuffer.take(chunk);
    expect([piece?.buffer === chunk.buffer, piece?.toString(), unstuffer.rest?.toString()]).toEqual([true, 'abc\r\n', 'rest']);
  });
});
