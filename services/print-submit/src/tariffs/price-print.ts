import type { Tariff } from './tariff.js';

/** A print as tariffs see it: one that happened, or one that would. */
export interface PricedPrint {
  readonly queueId: string;
  /** The one that its owner is charged as a member of; empty: none. */
  readonly userGroup: string;
  /** PWG media name; empty: the printer's choice, which no tariff for a media is for. */
  readonly media: string;
  readonly color: boolean;
  readonly duplex: boolean;
  readonly impressions: number;
  readonly sheets: number;
}

export interface Price {
  /** Thousandths of the currency. */
  readonly price: number;
  /** Empty: no tariff is for it, so that it is free. */
  readonly tariffId: string;
}

/** A person is charged as a member of one group: the first of the order, else the first of the alphabet; empty: of none. */
export function chargedGroup(groups: readonly string[], groupOrder: readonly string[]): string {
  return groupOrder.find((group) => groups.includes(group)) ?? groups.toSorted()[0] ?? '';
}

/** Conditions that decide between tariffs with as many of them. */
const WEIGHTS = [
  ['userGroup', 16], ['queueId', 8], ['media', 4], ['colorMode', 2], ['sides', 1],
] as const satisfies readonly (readonly [keyof Tariff, number])[];

/** In the order in which they are looked at: the one with most conditions first, of equals as the weights say. */
export function byPrecedence<T extends Tariff>(tariffs: readonly T[]): T[] {
  return tariffs.toSorted((a, b) => rank(b) - rank(a) || b.media.length - a.media.length || (a.tariffId < b.tariffId ? -1 : 1));
}

function rank(tariff: Tariff): number {
  const named = WEIGHTS.filter(([condition]) => tariff[condition] !== '');
  return named.length * 32 + named.reduce((sum, [, weight]) => sum + weight, 0);
}

/** `tariffs` in the order of `byPrecedence`. */
export function priceOf(print: PricedPrint, tariffs: readonly Tariff[]): Price {
  const tariff = tariffs.find((each) => isFor(each, print));
  if (!tariff) return { price: 0, tariffId: '' };
  const { tariffId, perJob, perSheet, perImpression } = tariff;
  return { tariffId, price: perJob + perSheet * print.sheets + perImpression * print.impressions };
}

function isFor({ userGroup, queueId, media, colorMode, sides }: Tariff, print: PricedPrint): boolean {
  return (
    (userGroup === '' || userGroup === print.userGroup) &&
    (queueId === '' || queueId === print.queueId) &&
    (media === '' || media === print.media || print.media.startsWith(`${media}_`)) &&
    (colorMode === '' || (colorMode === 'color') === print.color) &&
    (sides === '' || (sides === 'two-sided') === print.duplex)
  );
}
