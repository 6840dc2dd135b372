import { finishingLimits } from '../limits.js';
import { parsePageRanges, showPageRanges } from './page-ranges.js';

/** IPP's print-color-mode (PWG 5100.13, section 5.2.3), as far as people choose among its values (SKY-062). */
export const COLOR_MODES = ['color', 'monochrome'] as const;

/** IPP's sides (RFC 8011, section 5.2.8; SKY-063). */
export const SIDES = ['one-sided', 'two-sided-long-edge', 'two-sided-short-edge'] as const;

/** How jobs look on paper (SKY-061). */
export interface Finishing {
  readonly colorMode: (typeof COLOR_MODES)[number];
  readonly sides: (typeof SIDES)[number];
  readonly copies: number;
  /** A PWG name (PWG 5101.1), `iso_a4_210x297mm`; empty: as the printer is set. */
  readonly media: string;
  /** `1-3,5`; empty: all pages. */
  readonly pageRanges: string;
}

export type FinishingOption = keyof Finishing;

export const FINISHING_OPTIONS = ['colorMode', 'sides', 'copies', 'media', 'pageRanges'] as const satisfies readonly FinishingOption[];

/** What a job is printed with, and whose choice it is: the general one, that of the mailbox it came through (EDG-12), or of the program that handed it in. */
export interface DecidedFinishing extends Finishing {
  readonly decidedBy: 'general' | 'mailbox' | 'submitter';
}

/** What is wrong with options that somebody wants to set. */
export interface FinishingProblem {
  readonly field: FinishingOption;
  readonly reason: string;
}

/** Options as they come from outside. */
export type WantedFinishing = Readonly<Record<'colorMode' | 'sides' | 'media' | 'pageRanges', string> & Record<'copies', number>>;

const MEDIA_NAME = /^[a-z0-9][a-z0-9._-]*$/u;

/** The options, or the first that is none. No copies at all (0) are one. */
export function checkFinishing(wanted: WantedFinishing): Finishing | FinishingProblem {
  const { media } = wanted;
  const colorMode = COLOR_MODES.find((each) => each === wanted.colorMode);
  if (!colorMode) return { field: 'colorMode', reason: `must be ${COLOR_MODES.join(' or ')}` };
  const sides = SIDES.find((each) => each === wanted.sides);
  if (!sides) return { field: 'sides', reason: `must be of ${SIDES.join(', ')}` };
  const copies = wanted.copies === 0 ? 1 : wanted.copies;
  if (!Number.isInteger(copies) || copies < 1 || copies > finishingLimits.copiesMax) return { field: 'copies', reason: `must be a whole number from 1 to ${finishingLimits.copiesMax}` };
  if (media !== '' && (!MEDIA_NAME.test(media) || media.length > finishingLimits.mediaLengthMax)) {
    return { field: 'media', reason: 'must be a PWG name such as iso_a4_210x297mm, or empty: as the printer is set' };
  }
  const ranges = parsePageRanges(wanted.pageRanges);
  if (!ranges) return { field: 'pageRanges', reason: 'must be pages and ranges of pages such as 1-3,5, or empty: all pages' };
  return { colorMode, sides, copies, media, pageRanges: showPageRanges(ranges) };
}
