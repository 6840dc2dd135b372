import type { PrintTotal } from '../report-prints/print-totals.store.js';

/** What a server printed on a day (UTC). */
export interface DayFigures extends Omit<PrintTotal, 'key'> {
  readonly day: string;
  /** Of all its facts: a decimal number, beyond 64 bits. */
  readonly digest: string;
}

export interface DifferingDay {
  readonly day: string;
  readonly there: DayFigures;
  readonly here: DayFigures;
}

const FIGURES = ['jobs', 'impressions', 'sheets', 'colorImpressions', 'duplexSheets', 'price', 'digest'] as const;

/**
 * Days whose figures, or the facts behind them, are not the same on both servers. Where just the facts are missing that were refused here, nothing would come of sending
 * the day again: that is no difference, and is told as refused. `refused`: how many, by day.
 */
export function differingDays(there: readonly DayFigures[], here: readonly DayFigures[], refused: ReadonlyMap<string, number>): DifferingDay[] {
  const [told, found] = [byDay(there), byDay(here)];
  return [...new Set([...told.keys(), ...found.keys()])].toSorted((one, other) => one.localeCompare(other)).flatMap((day) => {
    const pair = { day, there: told.get(day) ?? nothing(day), here: found.get(day) ?? nothing(day) };
    if (FIGURES.every((name) => pair.there[name] === pair.here[name])) return [];
    const missing = pair.there.jobs - pair.here.jobs;
    return missing > 0 && missing === refused.get(day) ? [] : [pair];
  });
}

function byDay(days: readonly DayFigures[]): Map<string, DayFigures> {
  return new Map(days.map((each) => [each.day, each]));
}

function nothing(day: string): DayFigures {
  return { day, jobs: 0, impressions: 0, sheets: 0, colorImpressions: 0, duplexSheets: 0, price: 0, digest: '0' };
}
