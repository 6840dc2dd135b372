import { describe, expect, it } from 'vitest';
import { safeFileName, safeText } from './safe-text.js';

describe('a text', () => {
  it.each([
    ['a\0b\r\nc\td', 'a b c d'],
    ['\u202Efdp.exe\u2066', 'fdp.exe'],
    ['lone \uD800 half', 'lone \uFFFD half'],
    ['  spaces  ', 'spaces'],
    ['été 文書 🖨️', 'été 文書 🖨️'],
  ])('%j is shown as %j', (text, safe) => expect(safeText(text, 100)).toBe(safe));

  it('is cut, but not within a sign', () => expect(safeText('ab🖨', 3)).toBe('ab'));
});

describe('a file name', () => {
  it.each([
    ['report.pdf', 'report.pdf'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\me\\a.pdf', 'a.pdf'],
    ['/', ''],
    ['..', ''],
    ['.hidden.pdf', 'hidden.pdf'],
    ['a<b>:c|d?.pdf', 'a_b__c_d_.pdf'],
    ['two\nlines.pdf', 'two lines.pdf'],
    ['e\u0301te\u0301.pdf', 'été.pdf'],
    ['', ''],
  ])('%j is kept as %j', (name, safe) => expect(safeFileName(name)).toBe(safe));

  it('that is too long keeps its ending', () => {
    const safe = safeFileName(`${'x'.repeat(1_000)}.pdf`);
    expect(safe).toMatch(/^x+\.pdf$/);
    expect(safe).toHaveLength(150);
  });
});
