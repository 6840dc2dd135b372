import type { Charge } from '../balances/charge-print.js';
import type { Quota } from '../balances/quota.js';
import type { LocalTime } from '../filters/decide-filters.js';
import type { Filter } from '../filters/filter.js';
import type { RestrictionRule } from '../queue-groups/restrictions.js';
import { countFromPages, isDuplex, type PrintCount } from '../print-job/count-sheets.js';
import type { Job } from '../print-job/job.js';
import { chargedGroup, type Price, priceOf } from './price-print.js';
import type { Tariff } from './tariff.js';

/** How prints are charged, in general. */
export interface ChargingSettings {
  /** ISO 4217. */
  readonly currency: string;
  /** IANA name, by which days, weeks and months begin, and filters' times go. */
  readonly timeZone: string;
  /** Of several groups a person is charged as a member of the first of these. */
  readonly groupOrder: readonly string[];
}

/** All that decides about prints, of one moment. */
export interface Charging extends ChargingSettings {
  /** Grows with each change: the statement that relies on this copy names it, and is refused when it is old. */
  readonly version: number;
  /** In the order in which they are looked at. */
  readonly tariffs: readonly Tariff[];
  /** Those that are switched on, in the order in which they are looked at. */
  readonly filters: readonly Filter[];
  /** Of the groups of queues, on the queue where the filters let a print go. */
  readonly restrictions: readonly RestrictionRule[];
  /** Those that are not off. */
  readonly quotas: readonly Quota[];
  /** Somebody has a balance that is not off. */
  readonly hasBalances: boolean;
  readonly clock: (at: Date) => LocalTime;
}

/** A job, or one to be made, as far as its price goes by it. */
export type PricedJob = Pick<Job, 'queueId' | 'media' | 'colorMode' | 'sides' | 'copies' | 'pageRanges' | 'pages' | 'notApplied' | 'ownerGroups'>;

/** Whether anything but the price has to be decided about a document. */
export function hasRules({ filters, restrictions, quotas, hasBalances }: Charging): boolean {
  return filters.length > 0 || restrictions.length > 0 || quotas.length > 0 || hasBalances;
}

/** What a job costs if it is printed as it stands, and the group that its owner is charged as a member of. */
export function estimate(job: PricedJob, charging: Charging): Price & { readonly userGroup: string; readonly impressions: number; readonly sheets: number } {
  const { impressions, sheets } = countFromPages(job);
  return { ...charge(job, { impressions, sheets }, charging), impressions, sheets };
}

/** What a print cost, by what came out of the printer. */
function charge(job: PricedJob, { impressions, sheets }: { readonly impressions: number; readonly sheets: number }, charging: Charging): Price & { readonly userGroup: string } {
  const { queueId, notApplied, ownerGroups } = job;
  const userGroup = chargedGroup(ownerGroups, charging.groupOrder);
  const media = notApplied.includes('media') ? '' : job.media;
  const color = job.colorMode === 'color' && !notApplied.includes('colorMode');
  return { userGroup, ...priceOf({ queueId, userGroup, media, color, duplex: isDuplex(job), impressions, sheets }, charging.tariffs) };
}

/** How a print is booked. */
export function chargeOf(job: PricedJob, { impressions, sheets }: PrintCount, charging: Charging): Charge {
  return { ...charge(job, { impressions, sheets }, charging), impressions, sheets, timeZone: charging.timeZone, currency: charging.currency };
}

/** The job with its price of now, as long as it is not printed. */
export function repriced<J extends Job>(job: J, charging: Charging): J {
  return job.completedAt === null ? { ...job, price: estimate(job, charging).price } : job;
}
