import { refusalReasons, type Examination } from './examination.js';

/** One line of JSON from a child. `ready` once, before the first document. */
export type Answer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'examined'; readonly examination: Examination; readonly cpuMs: number; readonly peakBytes: number };

/** Parses what a child says; a child that reads hostile files is not believed blindly. Throws on anything unknown. */
export function parseAnswer(line: string): Answer {
  const value: unknown = JSON.parse(line);
  if (isRecord(value) && value['kind'] === 'ready') return { kind: 'ready' };
  if (isRecord(value) && value['kind'] === 'examined' && isExamination(value['examination'])) {
    return {
      kind: 'examined',
      examination: value['examination'],
      cpuMs: Number(value['cpuMs']),
      peakBytes: Number(value['peakBytes']),
    };
  }
  throw new Error('unknown answer of an examining child');
}

function isExamination(value: unknown): value is Examination {
  if (!isRecord(value)) return false;
  if (value['verdict'] === 'refused') {
    return refusalReasons.some((reason) => reason === value['reason']) && typeof value['detail'] === 'string';
  }
  return (
    value['verdict'] === 'printable' &&
    isCount(value['pages']) &&
    Array.isArray(value['pageSizes']) &&
    value['pageSizes'].every(isPageSize) &&
    typeof value['pdfVersion'] === 'string' &&
    isWords(value['active']) &&
    isWords(value['notes'])
  );
}

function isPageSize(value: unknown): boolean {
  return isRecord(value) && [value['widthPt'], value['heightPt']].every(Number.isFinite) && isCount(value['count']);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) > 0;
}

function isWords(value: unknown): boolean {
  return Array.isArray(value) && value.every((word) => typeof word === 'string');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
