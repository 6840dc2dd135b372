import { COLOR_MODES } from '../finishing/finishing.js';
import { chargingLimits } from '../limits.js';
import { checkIdentifier, checkName } from '../queues/check-properties.js';

/** What a print costs, where all conditions are true of it; an empty one always is. Money in thousandths of the currency's unit. */
export interface Tariff {
  /** Chosen by the administrator: letters, digits, - and _. */
  readonly tariffId: string;
  readonly name: string;
  /** PWG media name, or its size part alone: iso_a4. */
  readonly media: string;
  readonly colorMode: '' | (typeof COLOR_MODES)[number];
  readonly sides: '' | (typeof TARIFF_SIDES)[number];
  readonly queueId: string;
  readonly userGroup: string;
  /** The price is their sum. */
  readonly perJob: number;
  readonly perSheet: number;
  readonly perImpression: number;
}

/** As it is stored. */
export interface StoredTariff extends Tariff {
  /** It is looked at by no print: a tariff of the domain's master is for the very same ones. */
  readonly resting: boolean;
}

export const TARIFF_SIDES = ['one-sided', 'two-sided'] as const;

/** PWG 5101.1, 5: lower-case letters, digits, dots, dashes and underscores. */
const MEDIA = /^[a-z0-9._-]*$/u;
const PRICES = ['perJob', 'perSheet', 'perImpression'] as const;

/** What is wrong with a field (its JSON name), and what to do. */
export interface TariffProblem {
  readonly field: keyof Tariff;
  readonly reason: string;
}

type Wanted = Omit<Tariff, 'colorMode' | 'sides'> & { readonly colorMode: string; readonly sides: string };

/** The tariff as it is stored, or the first problem. */
export function checkTariff(wanted: Wanted): Tariff | TariffProblem {
  const colorMode = (['', ...COLOR_MODES] as const).find((each) => each === wanted.colorMode);
  const sides = (['', ...TARIFF_SIDES] as const).find((each) => each === wanted.sides);
  if (colorMode === undefined) return { field: 'colorMode', reason: `must be ${COLOR_MODES.join(' or ')}, or empty for both` };
  if (sides === undefined) return { field: 'sides', reason: `must be ${TARIFF_SIDES.join(' or ')}, or empty for both` };
  const tariff = { ...wanted, name: wanted.name.trim(), userGroup: wanted.userGroup.trim(), colorMode, sides };
  const checks: Partial<Record<keyof Tariff, string | undefined>> = {
    tariffId: checkIdentifier(tariff.tariffId),
    name: checkName(tariff.name),
    media: MEDIA.test(tariff.media) && tariff.media.length <= chargingLimits.mediaLengthMax ? undefined : 'must be a PWG media name such as iso_a4_210x297mm, or its first part, iso_a4',
    queueId: tariff.queueId === '' ? undefined : checkIdentifier(tariff.queueId),
    userGroup: tariff.userGroup.length <= chargingLimits.groupNameLengthMax ? undefined : `must have at most ${chargingLimits.groupNameLengthMax} characters`,
    ...Object.fromEntries(PRICES.map((field) => [field, checkPrice(tariff[field])])),
  };
  for (const [field, reason] of Object.entries(checks)) {
    if (reason !== undefined) return { field: field as keyof Tariff, reason };
  }
  return tariff;
}

function checkPrice(price: number): string | undefined {
  return Number.isSafeInteger(price) && price >= 0 && price <= chargingLimits.priceMax ? undefined : `must be from 0 to ${chargingLimits.priceMax} thousandths`;
}
