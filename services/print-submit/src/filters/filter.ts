import type { Finishing } from '../finishing/finishing.js';

/** When a filter is for a print: all that is given must be true of it. */
export interface FilterConditions {
  /** Mail addresses or account ids, in lower case; any of them. */
  readonly users?: readonly string[];
  readonly groups?: readonly string[];
  /** Names of directories; only restrictions of groups ask for them. */
  readonly directories?: readonly string[];
  readonly queueIds?: readonly string[];
  readonly time?: TimeWindow;
  /** Of the document. */
  readonly pagesMin?: number;
  readonly pagesMax?: number;
  readonly colorMode?: Finishing['colorMode'];
  readonly sizeMinBytes?: number;
  readonly sizeMaxBytes?: number;
  /** In any case. */
  readonly titleContains?: string;
}

/** Whom a filter is not for: any of them. Only restrictions of groups say this. */
export interface FilterExceptions {
  readonly users?: readonly string[];
  readonly groups?: readonly string[];
  readonly directories?: readonly string[];
  readonly times?: readonly TimeWindow[];
}

/** One that ends before it begins goes past midnight, and belongs to the day on which it begins. */
export interface TimeWindow {
  /** Monday is 1, Sunday 7; empty: every day. */
  readonly weekdays: readonly number[];
  /** Minutes since midnight; `until` is not part of it. */
  readonly from: number;
  readonly until: number;
}

/** `message`: what people are told; empty: a sentence of ours. */
export type FilterAction =
  | { readonly kind: 'refuse'; readonly message: string }
  | { readonly kind: 'force'; readonly monochrome: boolean; readonly duplex: boolean }
  | { readonly kind: 'redirect'; readonly queueId: string }
  | { readonly kind: 'ask'; readonly message: string };

/** A rule over prints. */
export interface Filter {
  readonly filterId: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly when: FilterConditions;
  readonly unless?: FilterExceptions;
  readonly action: FilterAction;
}

/** Options that filters decide. */
export type ForcedOption = 'colorMode' | 'sides';
