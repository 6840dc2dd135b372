import type { Finishing } from '../finishing/finishing.js';
import type { Filter, FilterConditions, FilterExceptions, ForcedOption, TimeWindow } from './filter.js';

/** A print as filters see it. */
export interface FilteredPrint {
  readonly accountId: string;
  readonly ownerAddress: string;
  readonly groups: readonly string[];
  /** The owner's, by its name. */
  readonly directory: string;
  readonly queueId: string;
  readonly fileName: string;
  readonly pages: number;
  readonly sizeBytes: number;
  readonly colorMode: Finishing['colorMode'];
  readonly sides: Finishing['sides'];
}

/** A moment as the organisation's clocks show it. */
export interface LocalTime {
  /** Monday is 1, Sunday 7. */
  readonly weekday: number;
  /** Minutes since midnight. */
  readonly minutes: number;
}

/** A filter that had a say. */
export interface AppliedFilter {
  readonly filterId: string;
  readonly name: string;
  readonly action: Filter['action']['kind'];
}

/** What filters make of a print. */
export interface FilterDecision {
  /** Why it is refused; undefined: it is not. */
  readonly refusal: string | undefined;
  /** What its owner is asked before it is printed; empty: nothing. */
  readonly question: string;
  /** Where it goes: the print's own, unless a filter sends it elsewhere. */
  readonly queueId: string;
  readonly colorMode: Finishing['colorMode'];
  readonly sides: Finishing['sides'];
  readonly forced: readonly ForcedOption[];
  /** In their order. */
  readonly applied: readonly AppliedFilter[];
}

/**
 * One filter after the other is looked at, each with what those before it changed. One that refuses or sends elsewhere ends the search;
 * of several questions the first is asked.
 *
 * @param before what others made of the print that have been looked at already.
 */
export function decideFilters(filters: readonly Filter[], print: FilteredPrint, now: LocalTime, before: FilterDecision = untouched(print)): FilterDecision {
  let decision = before;
  for (const filter of filters) {
    if (!filter.enabled || !isFor(filter, { ...print, colorMode: decision.colorMode }, now)) continue;
    decision = apply(filter, decision);
    if (filter.action.kind === 'refuse' || filter.action.kind === 'redirect') break;
  }
  return decision;
}

function untouched({ queueId, colorMode, sides }: FilteredPrint): FilterDecision {
  return { refusal: undefined, question: '', queueId, colorMode, sides, forced: [], applied: [] };
}

function apply({ filterId, name, action }: Filter, before: FilterDecision): FilterDecision {
  const decision = { ...before, applied: [...before.applied, { filterId, name, action: action.kind }] };
  switch (action.kind) {
    case 'refuse':
      return { ...decision, refusal: action.message || `Printing is refused by the rule "${name}".` };
    case 'redirect':
      return { ...decision, queueId: action.queueId };
    case 'ask':
      return { ...decision, question: decision.question || action.message || `The rule "${name}" asks: do you really want to print it?` };
    case 'force':
    default:
      return {
        ...decision,
        colorMode: action.monochrome ? 'monochrome' : decision.colorMode,
        // Who chose an edge keeps it.
        sides: action.duplex && decision.sides === 'one-sided' ? 'two-sided-long-edge' : decision.sides,
        forced: [...new Set([...decision.forced, ...(action.monochrome ? ['colorMode' as const] : []), ...(action.duplex ? ['sides' as const] : [])])],
      };
  }
}

function isFor({ when, unless }: Filter, print: FilteredPrint, now: LocalTime): boolean {
  return isMet(when, print, now) && !(unless && isExcepted(unless, print, now));
}

function isMet(when: FilterConditions, print: FilteredPrint, now: LocalTime): boolean {
  const { users, groups, directories, queueIds, time, pagesMin, pagesMax, colorMode, sizeMinBytes, sizeMaxBytes, titleContains } = when;
  return (
    (!users || isOneOf(users, print)) &&
    (!groups || groups.some((group) => print.groups.includes(group))) &&
    (!directories || directories.includes(print.directory)) &&
    (!queueIds || queueIds.includes(print.queueId)) &&
    (!time || isWithin(time, now)) &&
    (pagesMin === undefined || print.pages >= pagesMin) &&
    (pagesMax === undefined || print.pages <= pagesMax) &&
    (colorMode === undefined || print.colorMode === colorMode) &&
    (sizeMinBytes === undefined || print.sizeBytes >= sizeMinBytes) &&
    (sizeMaxBytes === undefined || print.sizeBytes <= sizeMaxBytes) &&
    (titleContains === undefined || print.fileName.toLowerCase().includes(titleContains.toLowerCase()))
  );
}

function isExcepted({ users = [], groups = [], directories = [], times = [] }: FilterExceptions, print: FilteredPrint, now: LocalTime): boolean {
  return isOneOf(users, print) || groups.some((group) => print.groups.includes(group)) || directories.includes(print.directory) || times.some((time) => isWithin(time, now));
}

function isOneOf(users: readonly string[], { accountId, ownerAddress }: FilteredPrint): boolean {
  return users.includes(accountId.toLowerCase()) || users.includes(ownerAddress.toLowerCase());
}

function isWithin({ weekdays, from, until }: TimeWindow, { weekday, minutes }: LocalTime): boolean {
  const isDay = (day: number): boolean => weekdays.length === 0 || weekdays.includes(day);
  if (from < until) return isDay(weekday) && minutes >= from && minutes < until;
  const dayBefore = weekday === 1 ? 7 : weekday - 1;
  return (isDay(weekday) && minutes >= from) || (isDay(dayBefore) && minutes < until);
}
