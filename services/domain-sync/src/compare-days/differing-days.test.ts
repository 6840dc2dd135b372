import { describe, expect, it } from 'vitest';
import { differingDays } from './differing-days.js';

const day = (name: string, more: object = {}) => ({ day: name, jobs: 2, impressions: 8, sheets: 4, colorImpressions: 0, duplexSheets: 4, price: 80, digest: '-77', ...more });
const daysOf = (...of: Parameters<typeof differingDays>) => differingDays(...of).map((each) => each.day);

describe('days of two servers', () => {
  it('are equal when all figures and facts are', () => {
    expect(daysOf([day('2026-11-01'), day('2026-11-02')], [day('2026-11-02'), day('2026-11-01')], new Map())).toEqual([]);
  });

  it.each(['jobs', 'impressions', 'sheets', 'colorImpressions', 'duplexSheets', 'price'])('differ in %s', (figure) => {
    expect(daysOf([day('2026-11-01', { [figure]: 9 })], [day('2026-11-01')], new Map())).toEqual(['2026-11-01']);
  });

  it('differ when other prints add up to the same', () => {
    expect(daysOf([day('2026-11-01', { digest: '78' })], [day('2026-11-01')], new Map())).toEqual(['2026-11-01']);
  });

  it('differ when one server has nothing of a day', () => {
    const [differing] = differingDays([], [day('2026-11-03')], new Map());
    expect(differing).toMatchObject({ day: '2026-11-03', there: { jobs: 0 }, here: { jobs: 2 } });
    expect(daysOf([day('2026-11-03')], [], new Map())).toEqual(['2026-11-03']);
  });

  it('don\'t differ by what was refused, and by that alone', () => {
    const [there, here] = [[day('2026-11-01', { jobs: 5, impressions: 900 })], [day('2026-11-01')]];
    expect(daysOf(there, here, new Map([['2026-11-01', 3]]))).toEqual([]);
    expect(daysOf(there, here, new Map([['2026-11-01', 2]]))).toEqual(['2026-11-01']);
    expect(daysOf([day('2026-11-01', { price: 81 })], [day('2026-11-01')], new Map([['2026-11-01', 0]]))).toEqual(['2026-11-01']);
  });
});
