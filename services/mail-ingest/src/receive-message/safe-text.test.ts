import { describe, expect, it } from 'vitest';
import { safeFileName, safeText } from './safe-text.js';

describe('a text', () => {
  it.each([
    ['a\0b\r\nc\td', 'a b c d'],
    ['\u202Efdp.exe\u2066', 'fdp.exe'],
    ['lone \uD800 half', 'lone \uFFFD half'],
    ['  spaces  ', 'spaces'],
    ['été 文書 🖨️ 👩‍💻 क्‍ष', 'été 文書 🖨️ 👩‍💻 क्‍ष'],
    ['zero\u200Bwidth\u2060 soft\u00ADhyphen', 'zero width soft hyphen'],
    ['tags\u{E0041}\u{E0042} within', 'tags within'],
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
    ['NUL', '_NUL'],
    ['con.pdf', '_con.pdf'],
    ['LPT1.tar.pdf', '_LPT1.tar.pdf'],
    ['..\\..\\com1', '_com1'],
    ['console.pdf', 'console.pdf'],
    ['a\0b/../c.pdf', 'c.pdf'],
    ['file:///etc/passwd', 'passwd'],
    ['report.pdf\u202Efdp.exe', 'report.pdf fdp.exe'],
    ['trailing dots...', 'trailing dots'],
    ['\uD800.pdf', '\uFFFD.pdf'],
  ])('%j is kept as %j', (name, safe) => expect(safeFileName(name)).toBe(safe));

  it('that is too long keeps its ending', () => {
    const safe = safeFileName(`${'x'.repeat(1_000)}.pdf`);
    expect(safe).toMatch(/^x+\.pdf$/);
    expect(safe).toHaveLength(150);
  });

  it.each(['文', '🖨️', 'e\u0301'.repeat(3), 'a'])('of many "%s" keeps its ending within the bytes that file systems take', (sign) => {
    const safe = safeFileName(`${sign.repeat(1_000)}.pdf`);
    expect(safe.endsWith('.pdf')).toBe(true);
    expect(safe.isWellFormed()).toBe(true);
    expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(255);
    expect(safe.length).toBeGreaterThan(80);
  });
});
