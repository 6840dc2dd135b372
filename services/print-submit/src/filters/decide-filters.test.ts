import { describe, expect, it } from 'vitest';
import { decideFilters, type FilteredPrint, type LocalTime } from './decide-filters.js';
import type { Filter, FilterAction, FilterConditions, FilterExceptions } from './filter.js';
import { clockOf, isTimeZone } from './local-time.js';

const noon: LocalTime = { weekday: 3, minutes: 720 };
const print = (more: Partial<FilteredPrint> = {}): FilteredPrint => ({
  accountId: 'A-1', ownerAddress: 'ada@example.org', groups: ['Staff'], directory: 'AD', queueId: 'hall', fileName: 'Menu of TODAY.pdf', pages: 10, sizeBytes: 1_000, colorMode: 'color', sides: 'one-sided', ...more,
});
const filter = (filterId: string, action: FilterAction, when: FilterConditions = {}): Filter => ({ filterId, name: filterId, enabled: true, when, action });
const refuse: FilterAction = { kind: 'refuse', message: 'No.' };
const isRefused = (when: FilterConditions, one = print(), now = noon): boolean => decideFilters([filter('f', refuse, when)], one, now).refusal === 'No.';

describe('a filter', () => {
  it.each<[string, FilterConditions, Partial<FilteredPrint>]>([
    ['an address', { users: ['ada@example.org'] }, { ownerAddress: 'bob@example.org', accountId: 'b' }], ['an account', { users: ['a-1'] }, { accountId: 'A-2' }],
    ['a group', { groups: ['Board', 'Staff'] }, { groups: ['Students'] }], ['a queue', { queueIds: ['hall'] }, { queueId: 'attic' }], ['pages from', { pagesMin: 10 }, { pages: 9 }],
    ['pages to', { pagesMax: 10 }, { pages: 11 }], ['colour', { colorMode: 'color' }, { colorMode: 'monochrome' }], ['size from', { sizeMinBytes: 1_000 }, { sizeBytes: 999 }],
    ['size to', { sizeMaxBytes: 1_000 }, { sizeBytes: 1_001 }], ['a part of the title', { titleContains: 'of today' }, { fileName: 'Menu.pdf' }],
  ])('goes by %s', (_, when, otherwise) => {
    expect([isRefused(when), isRefused(when, print(otherwise))]).toEqual([true, false]);
  });

  it('needs all of its conditions', () => {
    expect([isRefused({ pagesMin: 5, groups: ['Staff'] }), isRefused({ pagesMin: 5, groups: ['Board'] })]).toEqual([true, false]);
  });

  it.each<[string, FilterExceptions, boolean]>([
    ['an address', { users: ['ada@example.org'] }, false], ['another address', { users: ['bob@example.org'] }, true], ['one of the groups', { groups: ['Board', 'Staff'] }, false],
    ['the directory', { directories: ['AD'] }, false], ['another directory and a group', { directories: ['guests'], groups: ['Staff'] }, false], ['nobody', {}, true],
    ['one of the times', { times: [{ weekdays: [], from: 0, until: 60 }, { weekdays: [3], from: 600, until: 800 }] }, false], ['another time', { times: [{ weekdays: [4], from: 600, until: 800 }] }, true],
  ])('leaves out %s', (_, unless, expected) => {
    expect(decideFilters([{ ...filter('f', refuse), unless }], print(), noon).refusal === 'No.').toBe(expected);
  });

  it('that is switched off has no say', () => {
    expect(decideFilters([{ ...filter('f', refuse), enabled: false }], print(), noon)).toMatchObject({ refusal: undefined, applied: [] });
  });

  it.each<[number, number, boolean]>([[3, 479, false], [3, 480, true], [3, 1_079, true], [3, 1_080, false], [6, 720, false]])('for working hours: on day %i at minute %i it is %s', (weekday, minutes, expected) => {
    expect(isRefused({ time: { weekdays: [1, 2, 3, 4, 5], from: 480, until: 1_080 } }, print(), { weekday, minutes })).toBe(expected);
  });

  it.each<[number, number, boolean]>([[5, 1_320, true], [6, 100, true], [6, 360, false], [6, 1_320, false], [5, 100, false], [1, 100, false]])('for a Friday\'s night: on day %i at minute %i it is %s', (weekday, minutes, expected) => {
    expect(isRefused({ time: { weekdays: [5], from: 1_320, until: 360 } }, print(), { weekday, minutes })).toBe(expected);
  });

  it('for a Sunday\'s night holds on Monday morning', () => {
    expect(isRefused({ time: { weekdays: [7], from: 1_320, until: 360 } }, print(), { weekday: 1, minutes: 0 })).toBe(true);
  });
});

describe('filters', () => {
  it('are looked at in their order, each with what those before changed, until one refuses', () => {
    const decided = decideFilters([
      filter('grey', { kind: 'force', monochrome: true, duplex: true }),
      filter('never', { kind: 'refuse', message: '' }, { colorMode: 'color' }),
      filter('sure', { kind: 'ask', message: 'Sure?' }), filter('again', { kind: 'ask', message: 'Again?' }),
      filter('stop', { kind: 'refuse', message: '' }), filter('late', { kind: 'redirect', queueId: 'attic' }),
    ], print(), noon);
    expect(decided).toEqual({
      refusal: 'Printing is refused by the rule "stop".', question: 'Sure?', queueId: 'hall', colorMode: 'monochrome', sides: 'two-sided-long-edge', forced: ['colorMode', 'sides'],
      applied: [['grey', 'force'], ['sure', 'ask'], ['again', 'ask'], ['stop', 'refuse']].map(([filterId, action]) => ({ filterId, name: filterId, action })),
    });
  });

  it('that send elsewhere end the search', () => {
    expect(decideFilters([filter('away', { kind: 'redirect', queueId: 'attic' }), filter('stop', refuse)], print(), noon)).toMatchObject({ queueId: 'attic', refusal: undefined });
  });

  it('that force both sides leave the edge that was chosen', () => {
    expect(decideFilters([filter('both', { kind: 'force', monochrome: false, duplex: true })], print({ sides: 'two-sided-short-edge' }), noon)).toMatchObject({ sides: 'two-sided-short-edge', colorMode: 'color', forced: ['sides'] });
  });
});

describe('a clock', () => {
  it.each([['Europe/Paris', '2026-11-22T23:30:00Z', { weekday: 1, minutes: 30 }], ['UTC', '2026-11-22T23:30:00Z', { weekday: 7, minutes: 1_410 }], ['Europe/Paris', '2026-07-01T22:00:00Z', { weekday: 4, minutes: 0 }]])('of %s shows at %s %j', (zone, at, expected) => {
    expect(clockOf(zone)(new Date(at))).toEqual(expected);
  });

  it('is of a zone that there is', () => {
    expect(['Europe/Paris', 'UTC', 'Mars/Base'].map(isTimeZone)).toEqual([true, true, false]);
  });
});
