import { describe, expect, it } from 'vitest';
import type { Finishing, FinishingOption } from '../finishing/finishing.js';
import type { PrinterCapabilities } from '../queues/printer-capabilities.js';
import { choicesOf, decideChange, type FinishingChange } from './decide-change.js';

const job: Finishing & { readonly pages: number; readonly forced: readonly FinishingOption[] } = { colorMode: 'color', sides: 'two-sided-long-edge', copies: 1, media: '', pageRanges: '', pages: 5, forced: [] };
const printer: PrinterCapabilities = { colorModes: ['monochrome'], sides: ['one-sided'], copiesMax: 3, media: ['iso_a4_210x297mm'], pageRanges: true };
const silent: PrinterCapabilities = { colorModes: [], sides: [] };

describe('a change of a held job', () => {
  it('takes what is given and leaves the rest, also what its printer cannot do', () => {
    const { pages, forced: _forced, ...options } = job;
    expect(decideChange(job, { copies: 3, media: 'iso_a4_210x297mm', pageRanges: '5,1', colorMode: undefined }, printer)).toEqual({ ...options, copies: 3, media: 'iso_a4_210x297mm', pageRanges: '1,5' });
    expect(pages).toBe(5);
    expect(decideChange(job, {}, printer)).toEqual(options);
    expect(decideChange({ ...job, media: 'x', pageRanges: '2' }, { media: '', pageRanges: '' }, silent)).toEqual(options);
  });

  it.each<[FinishingChange, PrinterCapabilities | undefined, string, string]>([
    [{ sides: 'two-sided-short-edge' }, printer, 'sides', 'must be of one-sided on this printer'],
    [{ copies: 4 }, printer, 'copies', 'must be at most 3 on this printer'],
    [{ copies: 2 }, silent, 'copies', 'must be at most 1 on this printer'],
    [{ colorMode: 'monochrome' }, silent, 'colorMode', 'must be of what it is set to on this printer'],
    [{ media: 'iso_a3_297x420mm' }, printer, 'media', 'must be of iso_a4_210x297mm on this printer'],
    [{ pageRanges: '1' }, silent, 'pageRanges', 'must be empty: this printer prints whole documents only'],
    [{ pageRanges: '4-6' }, undefined, 'pageRanges', 'must be pages of the document, which has 5'],
    [{ pageRanges: 'some' }, undefined, 'pageRanges', 'must be pages and ranges of pages such as 1-3,5, or empty: all pages'],
  ])('%j is refused', (change, capabilities, field, reason) => {
    expect(decideChange(job, change, capabilities)).toEqual({ field, reason });
  });

  it('leaves what a filter decided, and lets the rest be changed', () => {
    const forced = { ...job, colorMode: 'monochrome' as const, forced: ['colorMode' as const] };
    expect(decideChange(forced, { colorMode: 'color' }, undefined)).toEqual({ field: 'colorMode', reason: 'cannot be changed: a rule of your organisation decides it' });
    expect(decideChange(forced, { copies: 2 }, undefined)).toMatchObject({ colorMode: 'monochrome', copies: 2 });
  });

  it('offers no more copies than jobs can have', () => {
    expect(choicesOf({ ...printer, copiesMax: 2_000_000_000 }).copiesMax).toBe(999);
    expect(choicesOf({ ...silent, copiesMax: -4 }).copiesMax).toBe(1);
  });
});
