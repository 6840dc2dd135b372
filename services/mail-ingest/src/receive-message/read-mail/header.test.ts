import { describe, expect, it } from 'vitest';
import { decodeWords, Header } from './header.js';

const header = (text: string | Buffer) => new Header(Buffer.isBuffer(text) ? text : Buffer.from(text));

describe('a header', () => {
  it('gives fields by name whatever their case, unfolded, in order', () => {
    const own = header('Received: a\r\nSUBJECT : folded\r\n\tline\r\nReceived: b');
    expect([own.first('subject'), own.all('received'), own.has('to'), own.first('to')]).toEqual(['folded\tline', ['a', 'b'], false, '']);
  });

  it('skips what is no field', () => {
    expect(header('From sender Mon Jan 1 00:00:00\n: nameless\nno colon\nWith Space: x\nOk: 1').all('ok')).toEqual(['1']);
  });

  it('reads UTF-8 and, where it is none, Latin 1', () => {
    expect(header('Subject: café').first('subject')).toBe('café');
    expect(header(Buffer.from('Subject: caf\xe9', 'latin1')).first('subject')).toBe('café');
  });

  it('cuts a field that is too long', () => {
    expect(header(`Subject: ${'x'.repeat(1_000_000)}`).first('subject').length).toBeLessThan(10_000);
  });

  it.each([
    [`attachment; filename="plain.pdf"`, 'plain.pdf'],
    [`attachment; filename=bare.pdf`, 'bare.pdf'],
    [`attachment; FileName="=?UTF-8?Q?=C3=A9t=C3=A9.pdf?="`, 'été.pdf'],
    [`attachment; filename*=UTF-8''%C3%A9t%C3%A9.pdf`, 'été.pdf'],
    [`attachment; filename*0*=iso-8859-1''%E9t; filename*1="e 2"; filename*2*=%2Epdf`, 'éte 2.pdf'],
    [`attachment; filename="quoted \\"name\\".pdf"`, 'quoted "name".pdf'],
    [`attachment`, ''],
  ])('reads the file name of %s', (disposition, name) => {
    expect(decodeWords(header(`Content-Disposition: ${disposition}`).structured('content-disposition').parameter('filename'))).toBe(name);
  });
});

describe('encoded words', () => {
  it.each([
    ['=?UTF-8?B?w6k=?= =?iso-8859-1?Q?=E9?=', 'éé'],
    ['=?utf-8?q?a_b?= plain', 'a b plain'],
    ['=?no-such-set?Q?abc?=', 'abc'],
    ['=?broken', '=?broken'],
  ])('%s are %s', (encoded, text) => expect(decodeWords(encoded)).toBe(text));
});
