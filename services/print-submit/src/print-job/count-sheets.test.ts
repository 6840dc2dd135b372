import { describe, expect, it } from 'vitest';
import { countFromPages, countPrinted, type CountedJob } from './count-sheets.js';

const job: CountedJob = { pages: 5, sides: 'one-sided', copies: 1, pageRanges: '', notApplied: [] };
const silent = { jobImpressionsCompleted: undefined, jobMediaSheetsCompleted: undefined };

describe('what comes out', () => {
  it.each<[string, Partial<CountedJob>, number, number]>([
    ['a sheet for each page', {}, 5, 5],
    ['half as many sheets on both sides, the last with an empty back', { sides: 'two-sided-long-edge' }, 5, 3],
    ['copies that each begin on a sheet of their own', { sides: 'two-sided-short-edge', copies: 4 }, 20, 12],
    ['the wanted pages alone', { pageRanges: '2-3,5-9' }, 3, 3],
    ['all pages when the document has none of the wanted ones', { pageRanges: '6-9' }, 5, 5],
    ['nothing of what the printer cannot do', { sides: 'two-sided-long-edge', copies: 4, pageRanges: '1', notApplied: ['sides', 'copies', 'pageRanges'] }, 5, 5],
  ])('is %s', (_, options, impressions, sheets) => {
    expect(countFromPages({ ...job, ...options })).toEqual({ impressions, sheets, countedBy: 'pages' });
  });

  it('is what the printer counted, and of one figure follows the other', () => {
    expect(countPrinted(job, { jobImpressionsCompleted: 6, jobMediaSheetsCompleted: 7 })).toEqual({ impressions: 6, sheets: 7, countedBy: 'printer' });
    expect(countPrinted({ ...job, sides: 'two-sided-long-edge' }, { ...silent, jobImpressionsCompleted: 6 })).toEqual({ impressions: 6, sheets: 3, countedBy: 'printer' });
    expect(countPrinted({ ...job, sides: 'two-sided-long-edge', copies: 2 }, { ...silent, jobImpressionsCompleted: 10 })).toEqual({ impressions: 10, sheets: 6, countedBy: 'printer' });
    expect(countPrinted(job, { ...silent, jobMediaSheetsCompleted: 3 })).toEqual({ impressions: 5, sheets: 3, countedBy: 'printer' });
  });

  it.each([silent, { jobImpressionsCompleted: 0, jobMediaSheetsCompleted: 0 }, { jobImpressionsCompleted: 1, jobMediaSheetsCompleted: 1 }, { jobImpressionsCompleted: -3, jobMediaSheetsCompleted: 2_147_483_647 }])('is made of pages where the printer says %j', (said) => {
    expect(countPrinted(job, said)).toEqual({ impressions: 5, sheets: 5, countedBy: 'pages' });
  });
});
