import { describe, expect, it } from 'vitest';
import { checkFinishing, COLOR_MODES, SIDES, type WantedFinishing } from './finishing.js';

const plain: WantedFinishing = { colorMode: 'color', sides: 'one-sided', copies: 1, media: '', pageRanges: '' };

describe('finishing options', () => {
  it.each(COLOR_MODES.flatMap((colorMode) => SIDES.map((sides) => ({ ...plain, colorMode, sides }))))('may be %j', (wanted) => {
    expect(checkFinishing(wanted)).toEqual(wanted);
  });

  it('may name copies, paper and pages, which are put in order; no copies are one', () => {
    expect(checkFinishing({ ...plain, copies: 999, media: 'iso_a5_148x210mm', pageRanges: ' 7-9, 2 ,3-4,8-12' })).toMatchObject({ copies: 999, media: 'iso_a5_148x210mm', pageRanges: '2-4,7-12' });
    expect(checkFinishing({ ...plain, copies: 0 })).toMatchObject({ copies: 1 });
  });

  it.each<[Partial<WantedFinishing>, string, string]>([
    [{ colorMode: '' }, 'colorMode', 'must be color or monochrome'],
    [{ colorMode: 'Color' }, 'colorMode', 'must be color or monochrome'],
    [{ colorMode: 'auto' }, 'colorMode', 'must be color or monochrome'],
    [{ sides: 'duplex' }, 'sides', 'must be of one-sided, two-sided-long-edge, two-sided-short-edge'],
    [{ sides: '' }, 'sides', 'must be of one-sided, two-sided-long-edge, two-sided-short-edge'],
    [{ copies: 1_000 }, 'copies', 'must be a whole number from 1 to 999'],
    [{ copies: 1.5 }, 'copies', 'must be a whole number from 1 to 999'],
    [{ media: 'A4 paper' }, 'media', 'must be a PWG name such as iso_a4_210x297mm, or empty: as the printer is set'],
    [{ media: 'a'.repeat(256) }, 'media', 'must be a PWG name such as iso_a4_210x297mm, or empty: as the printer is set'],
    ...['0', '3-1', '1,,2', '1-', '-1', 'all', '1'.repeat(7), `1${',1'.repeat(100)}`].map((pageRanges) => [{ pageRanges }, 'pageRanges', 'must be pages and ranges of pages such as 1-3,5, or empty: all pages'] satisfies [Partial<WantedFinishing>, string, string]),
  ])('name the one that is none: %j', (wrong, field, reason) => {
    expect(checkFinishing({ ...plain, ...wrong })).toEqual({ field, reason });
  });
});
