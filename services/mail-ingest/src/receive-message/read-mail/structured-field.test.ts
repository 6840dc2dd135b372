import { describe, expect, it } from 'vitest';
import { decodeWords } from './decode-words.js';
import { parseStructuredField } from './structured-field.js';

const fileName = (parameters: string) => decodeWords(parseStructuredField(`attachment; ${parameters}`).parameter('filename'));

describe('the file name', () => {
  it.each([
    ['filename="plain.pdf"', 'plain.pdf'],
    ['filename=bare.pdf', 'bare.pdf'],
    ['FileName="=?UTF-8?Q?=C3=A9t=C3=A9.pdf?="', 'été.pdf'],
    ['filename==?UTF-8?B?w6kucGRm?=', 'é.pdf'],
    [`filename*=UTF-8''%C3%A9t%C3%A9.pdf`, 'été.pdf'],
    [`filename*=utf-8'fr'%C3%A9.pdf`, 'é.pdf'],
    [`filename*0*=iso-8859-1''%E9t; filename*1="e 2"; filename*2*=%2Epdf`, 'éte 2.pdf'],
    [`filename*1*=b.pdf; filename*0*=utf-8''a%20`, 'a b.pdf'],
    [`filename*0*=UTF-8''%E2%82; filename*1*=%AC.pdf`, '€.pdf'],
    ['filename*0="=?UTF-8?B?w6"; filename*1="kucGRm?="', 'é.pdf'],
    ['filename*0="a"; filename*2="c"; filename*1="b"', 'abc'],
    [`filename="plain.pdf"; filename*=UTF-8''%C3%A9.pdf`, 'é.pdf'],
    [`filename*=UTF-8''%C3%A9.pdf; filename="plain.pdf"`, 'é.pdf'],
    [`filename*=gb18030''%B0%A1.pdf`, '啊.pdf'],
    [`filename*=iso-2022-jp''%1B%24B%46%7C%1B%28B.pdf`, '日.pdf'],
    // Broken, and sent all the same.
    ['filename*=%C3%A9.pdf', 'é.pdf'],
    [`filename*=no-such-set''%E9.pdf`, 'é.pdf'],
    [`filename*0*=UTF-8''%; filename*1*=%zz.pdf`, '%%zz.pdf'],
    ['filename*99="a.pdf"', 'a.pdf'],
    ['filename=my report (1).pdf', 'my report (1).pdf'],
    ['filename="unterminated.pdf', 'unterminated.pdf'],
    ['filename="the "best" one.pdf"; size=1', 'the "best" one.pdf'],
    ['filename="a;b.pdf"', 'a;b.pdf'],
    ['filename = "spaced.pdf"', 'spaced.pdf'],
    ['filename="C:\\temp\\a.pdf"', 'C:\\temp\\a.pdf'],
    ['filename="quoted \\"name\\".pdf"', 'quoted "name".pdf'],
    ['filename="first.pdf"; filename="second.pdf"', 'first.pdf'],
    [';;; size; =; filename="a.pdf";;', 'a.pdf'],
    ['__proto__=x; constructor=y; filename=c.pdf', 'c.pdf'],
    ['', ''],
    [`filename*0*0*=UTF-8''a`, ''],
  ])('of %s is %j', (parameters, name) => expect(fileName(parameters)).toBe(name));
});

describe('the value', () => {
  it.each([
    ['Application/PDF; name=x', 'application/pdf'],
    ['application/pdf name=x', 'application/pdf'],
    ['text/plain (a comment; not=this); charset=utf-8', 'text/plain'],
    [' ;name=x', ''],
    ['', ''],
    ['text/plain (unclosed; charset=utf-8', 'text/plain'],
  ])('of %j is %j', (text, value) => expect(parseStructuredField(text).value).toBe(value));
});

it.each([';b=c'.repeat(2_000), `;f*1*=UTF-8''%E9`.repeat(500), `;f="${'" '.repeat(4_000)}`, ';'.repeat(8_000), `(${'('.repeat(8_000)}`, `;f="${'\\'.repeat(8_000)}`, `;f*0*=${"'".repeat(8_000)}`, `;${' '.repeat(8_000)}x`])('reads the field number %# of a hostile sender in linear time', (text) => {
  const startedAt = performance.now();
  parseStructuredField(`a${text}`).parameter('f');
  expect(performance.now() - startedAt).toBeLessThan(500);
});
