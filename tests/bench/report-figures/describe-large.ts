import { percentile } from '../measure/run-figures.js';
import type { LargeResults } from './bench-results.js';
import { tableRow } from './table-row.js';

/** The figures of what is large as lines for people. */
export function describeLarge({ examination, codeCheck }: LargeResults): string[] {
  const line = (name: string, values: readonly number[]): string => tableRow(name, ...[0.5, 0.99, 1].map((share) => percentile(values, share).toFixed(1)));
  return [
    tableRow('Large things, ms', 'p50', 'p99', 'max'),
    line(`  a PDF of ${examination.pages} pages, ${examination.sizeBytes / 1e6} MB, examined`, examination.examinedMs),
    line(`  a code checked, ${codeCheck.heldJobs} jobs held`, codeCheck.checkMs),
    tableRow('    processor time for a code, ms', codeCheck.cpuMsPerCheck.toFixed(1)),
    tableRow('Memory of an examining child, MiB', 'with the first', `with ${examination.examinedMs.length}`),
    tableRow('', examination.firstPeakMiB.toFixed(0), examination.lastPeakMiB.toFixed(0)),
  ];
}
