import { describe, expect, it } from 'vitest';
import type { Examination } from './examination.js';
import { parseAnswer } from './answer.js';

const printable: Examination = {
  verdict: 'printable',
  pages: 1,
  pageSizes: [{ widthPt: 595, heightPt: 842, count: 1 }],
  pdfVersion: '1.7',
  active: [],
  notes: [],
};
const line = (examination: object): string => JSON.stringify({ kind: 'examined', examination, cpuMs: 1, peakBytes: 2 });

describe('the answer of a child', () => {
  it('is a verdict, or that it is ready', () => {
    expect(parseAnswer('{"kind":"ready"}')).toEqual({ kind: 'ready' });
    expect(parseAnswer(line(printable))).toEqual({ kind: 'examined', examination: printable, cpuMs: 1, peakBytes: 2 });
  });

  it.each([
    ['no JSON', 'hello'],
    ['another kind', '{"kind":"other"}'],
    ['an unknown verdict', line({ verdict: 'fine' })],
    ['an unknown reason', line({ verdict: 'refused', reason: 'mood', detail: '' })],
    ['no pages', line({ ...printable, pages: 0 })],
    ['a size that is no number', line({ ...printable, pageSizes: [{ widthPt: '595', heightPt: 842, count: 1 }] })],
    ['notes that are no words', line({ ...printable, notes: [{}] })],
  ])('is not believed with %s', (_, text) => {
    expect(() => parseAnswer(text)).toThrow(/./u);
  });
});
