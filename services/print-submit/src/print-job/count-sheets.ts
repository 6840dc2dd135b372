import type { Finishing, FinishingOption } from '../finishing/finishing.js';
import { countPages } from '../finishing/page-ranges.js';
import { finishingLimits } from '../limits.js';

/** What comes out of a printer for a job. */
export interface PrintCount {
  /** Sides of paper with something on them, of all copies. */
  readonly impressions: number;
  readonly sheets: number;
  /** The printer's own figures, or made of pages, copies and sides. */
  readonly countedBy: 'printer' | 'pages';
}

/** What a count is made of. */
export type CountedJob = Pick<Finishing, 'sides' | 'copies' | 'pageRanges'> & { readonly pages: number; readonly notApplied: readonly FinishingOption[] };

/** What the printer said of a job that it finished. */
export interface PrinterCount {
  /** IPP job-impressions-completed and job-media-sheets-completed (RFC 8011, 5.3.18); both are of all copies. */
  readonly jobImpressionsCompleted: number | undefined;
  readonly jobMediaSheetsCompleted: number | undefined;
}

/** What comes out as far as it can be told beforehand: without the options that the printer can't do. */
export function countFromPages({ pages, sides, copies, pageRanges, notApplied }: CountedJob): PrintCount {
  const isDone = (option: FinishingOption): boolean => !notApplied.includes(option);
  const pagesOfCopy = isDone('pageRanges') ? countPages(pageRanges, pages) : pages;
  const copiesMade = isDone('copies') ? copies : 1;
  const sheetsOfCopy = isDuplex({ sides, notApplied }) ? Math.ceil(pagesOfCopy / 2) : pagesOfCopy;
  return { impressions: pagesOfCopy * copiesMade, sheets: sheetsOfCopy * copiesMade, countedBy: 'pages' };
}

/**
 * What came out. The printer's word counts where it gives one that can be: many say 0 or nothing, some say what can't be. Of
 * impressions and sheets it may say one alone: the other follows.
 */
export function countPrinted(job: CountedJob, said: PrinterCount): PrintCount {
  const expected = countFromPages(job);
  // CUPS says 1 of whatever it passes on as it is, without having looked into it.
  if (said.jobImpressionsCompleted === 1 && expected.impressions > 1) return expected;
  const impressions = believed(said.jobImpressionsCompleted, expected.impressions);
  const sheets = believed(said.jobMediaSheetsCompleted, expected.impressions);
  if (impressions === undefined && sheets === undefined) return expected;
  return {
    impressions: impressions ?? Math.max(expected.impressions, sheets ?? 0),
    sheets: sheets ?? (impressions === expected.impressions ? expected.sheets : sheetsFor(impressions ?? 0, job)),
    countedBy: 'printer',
  };
}

/** Both sides of the paper are printed on. */
export function isDuplex({ sides, notApplied }: Pick<CountedJob, 'sides' | 'notApplied'>): boolean {
  return sides !== 'one-sided' && !notApplied.includes('sides');
}

function believed(said: number | undefined, expected: number): number | undefined {
  return said !== undefined && Number.isInteger(said) && said > 0 && said <= expected * finishingLimits.countedTimesMax ? said : undefined;
}

function sheetsFor(impressions: number, job: CountedJob): number {
  return isDuplex(job) ? Math.ceil(impressions / 2) : impressions;
}
