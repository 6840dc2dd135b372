import { PermanentFailure } from '@inkpost/failure/failure.js';
import type { Finishing as AskedFinishing } from '@inkpost/ipp/client/finishing.js';
import { type Finishing, FINISHING_OPTIONS, type FinishingOption } from '../finishing/finishing.js';
import { countPages, rangesWithin } from '../finishing/page-ranges.js';
import { hasMedia, type PrinterCapabilities } from '../queues/printer-capabilities.js';

/** What the printer is asked for, and what of the job's options it can't do. */
export interface AppliedFinishing {
  readonly asked: AskedFinishing;
  readonly notApplied: readonly FinishingOption[];
}

/** Our options by the names that IPP has for them, in requests and in our client. */
const NAMES = {
  colorMode: { attribute: 'print-color-mode', asked: 'printColorMode' },
  sides: { attribute: 'sides', asked: 'sides' },
  copies: { attribute: 'copies', asked: 'copies' },
  media: { attribute: 'media', asked: 'media' },
  pageRanges: { attribute: 'page-ranges', asked: 'pageRanges' },
} as const satisfies Record<FinishingOption, { readonly attribute: string; readonly asked: keyof AskedFinishing }>;

/** What of a job says how it is to look. */
export type JobToApply = Finishing & { readonly pages: number };

/** A printer's refusals for the options alone: without them it takes the job. */
const OPTION_REFUSALS: ReadonlySet<unknown> = new Set(['client-error-attributes-or-values-not-supported', 'client-error-conflicting-attributes']);

/**
 * A printer is asked only for what it says it can do: some refuse a job for an option that they don't have, others take it and print
 * as they can. One that was never heard (`capabilities` undefined) is asked for all, and answers for itself.
 */
export function applyFinishing(job: JobToApply, capabilities: PrinterCapabilities | undefined): AppliedFinishing {
  const wishes = wishesOf(job);
  const can = (option: FinishingOption): boolean => capabilities === undefined || CAN_DO[option](job, capabilities);
  const isSoAnyway = (option: FinishingOption): boolean => capabilities !== undefined && isSo(option, job, capabilities);
  const asked: Partial<AskedFinishing> = Object.assign({}, ...FINISHING_OPTIONS.filter((option) => option in wishes && can(option)).map((option) => wishes[option]));
  return { asked, notApplied: FINISHING_OPTIONS.filter((option) => (option in wishes ? !can(option) && !isSoAnyway(option) : isLost(option, job))) };
}

/** What each option is asked by; absent: it leaves all to the printer. */
function wishesOf({ colorMode, sides, copies, media, pageRanges, pages }: JobToApply): Partial<Record<FinishingOption, AskedFinishing>> {
  const ranges = rangesWithin(pageRanges, pages);
  return {
    colorMode: { printColorMode: colorMode },
    sides: { sides },
    ...(copies > 1 ? { copies: { copies } } : {}),
    ...(media === '' ? {} : { media: { media } }),
    ...(ranges.length > 0 && countPages(pageRanges, pages) < pages ? { pageRanges: { pageRanges: ranges } } : {}),
  };
}

const CAN_DO: Readonly<Record<FinishingOption, (job: Finishing, capabilities: PrinterCapabilities) => boolean>> = {
  colorMode: ({ colorMode }, { colorModes }) => colorModes.includes(colorMode),
  sides: (job, { sides }) => sides.includes(job.sides),
  copies: ({ copies }, { copiesMax = 1 }) => copies <= copiesMax,
  media: ({ media }, capabilities) => hasMedia(capabilities, media),
  pageRanges: (_, capabilities) => capabilities.pageRanges === true,
};

/** A printer without the option prints as it is built. */
function isSo(option: FinishingOption, { colorMode, sides }: Finishing, capabilities: PrinterCapabilities): boolean {
  if (option === 'colorMode') return colorMode === 'monochrome' ? capabilities.color === false : capabilities.colorModes.length === 0 && capabilities.color !== false;
  return option === 'sides' && sides === 'one-sided' && capabilities.sides.length === 0;
}

/** The document has none of the pages that were wanted: all of it is printed, and that is said. */
function isLost(option: FinishingOption, { pageRanges, pages }: JobToApply): boolean {
  return option === 'pageRanges' && pageRanges !== '' && rangesWithin(pageRanges, pages).length === 0;
}

/** The printer took the job and names attributes that it passes over (RFC 8011, section 4.1.7). */
export function passedOver({ asked, notApplied }: AppliedFinishing, attributes: readonly string[]): readonly FinishingOption[] {
  const named = askedOptions(asked).filter((option) => attributes.includes(NAMES[option].attribute));
  return [...notApplied, ...named];
}

/**
 * What is left to ask for after the printer refused the job because of its options, although it was not asked for fidelity: without
 * those that it names, or without any. Undefined: the options were not the reason.
 */
export function withoutRefused({ asked, notApplied }: AppliedFinishing, error: unknown): AppliedFinishing | undefined {
  const options = askedOptions(asked);
  const isForOptions = error instanceof PermanentFailure && error.fields['operation'] === 'Create-Job' && OPTION_REFUSALS.has(error.fields['status']);
  if (!isForOptions || options.length === 0) return undefined;
  const named = String(error.fields['unsupportedAttributes'] ?? '').split(' ');
  const refused = options.filter((option) => named.includes(NAMES[option].attribute));
  const dropped = refused.length > 0 ? refused : options;
  return { asked: withoutOptions(asked, dropped), notApplied: [...notApplied, ...dropped] };
}

/** What is asked without these. */
export function withoutOptions(asked: AskedFinishing, dropped: readonly FinishingOption[]): AskedFinishing {
  const names: readonly string[] = dropped.map((option) => NAMES[option].asked);
  return Object.fromEntries(Object.entries(asked).filter(([name]) => !names.includes(name)));
}

function askedOptions(asked: AskedFinishing): FinishingOption[] {
  return FINISHING_OPTIONS.filter((option) => asked[NAMES[option].asked] !== undefined);
}
