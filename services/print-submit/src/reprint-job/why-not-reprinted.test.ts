import { expect, it } from 'vitest';
import { whyNotReprinted } from './why-not-reprinted.js';

const now = new Date('2026-03-01T12:00:00Z');
const later = new Date('2026-03-01T13:00:00Z');
const printed = { jobState: 'completed', keptUntil: later, reprintOf: null } as const;

it('a printed job can be printed once more as long as its document is kept', () => {
  expect(whyNotReprinted(printed, now)).toBeUndefined();
  expect(whyNotReprinted(printed, later)).toBe('The document is no longer kept.');
});

it.each([
  [{ ...printed, jobState: 'processing' as const }, 'this one is processing'],
  [{ ...printed, keptUntil: null }, 'was not kept'],
  [{ ...printed, reprintOf: 'first' }, 'reprint that one, first'],
])('otherwise it says why not: %j', (job, reason) => {
  expect(whyNotReprinted(job, now)).toContain(reason);
});
