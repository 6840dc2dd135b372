import { finishingLimits } from '../limits.js';

/** Pages counted from 1, both ends included. */
export interface PageRange {
  readonly first: number;
  readonly last: number;
}

const RANGE = /^(\d{1,6})(?:-(\d{1,6}))?$/u;

/** Reads what people write, `1-3, 5`: in the order of pages and without overlap. Undefined: it is none. Empty: all pages. */
export function parsePageRanges(text: string): readonly PageRange[] | undefined {
  if (text.trim() === '') return [];
  if (text.length > finishingLimits.pageRangesLengthMax) return undefined;
  const ranges = text.split(',').map((part): PageRange | undefined => {
    const [, first, last = first] = RANGE.exec(part.trim()) ?? [];
    return first === undefined || Number(first) < 1 || Number(last) < Number(first) ? undefined : { first: Number(first), last: Number(last) };
  });
  return ranges.every((range) => range !== undefined) ? merged(ranges) : undefined;
}

/** As people and the database see them: `1-3,5`. */
export function showPageRanges(ranges: readonly PageRange[]): string {
  return ranges.map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`)).join(',');
}

/** Those of the ranges that a document of so many pages has. Empty: it has none of them, or there are none. */
export function rangesWithin(pageRanges: string, pages: number): readonly PageRange[] {
  return (parsePageRanges(pageRanges) ?? []).filter(({ first }) => first <= pages).map(({ first, last }) => ({ first, last: Math.min(last, pages) }));
}

/** How many pages of the document are to be printed: all, when it has none of the ranges. */
export function countPages(pageRanges: string, pages: number): number {
  const ranges = rangesWithin(pageRanges, pages);
  return ranges.length === 0 ? pages : ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}

/** IPP wants them ascending and apart (RFC 8011, section 5.2.7). */
function merged(ranges: readonly PageRange[]): PageRange[] {
  const apart: PageRange[] = [];
  for (const range of ranges.toSorted((one, other) => one.first - other.first)) {
    const before = apart.at(-1);
    if (before && range.first <= before.last + 1) apart.splice(-1, 1, { first: before.first, last: Math.max(before.last, range.last) });
    else apart.push(range);
  }
  return apart;
}
