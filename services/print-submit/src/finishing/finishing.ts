/** IPP's print-color-mode (PWG 5100.13, section 5.2.3), as far as people choose among its values (SKY-062). */
export const COLOR_MODES = ['color', 'monochrome'] as const;

/** IPP's sides (RFC 8011, section 5.2.8; SKY-063). */
export const SIDES = ['one-sided', 'two-sided-long-edge', 'two-sided-short-edge'] as const;

/** How jobs look on paper (SKY-061). */
export interface Finishing {
  readonly colorMode: (typeof COLOR_MODES)[number];
  readonly sides: (typeof SIDES)[number];
}

export type FinishingOption = keyof Finishing;

/** What a job is printed with, and whose choice it is: the general one, or that of the mailbox it came through (EDG-12). */
export interface DecidedFinishing extends Finishing {
  readonly decidedBy: 'general' | 'mailbox';
}

/** What is wrong with options that somebody wants to set. */
export interface FinishingProblem {
  readonly field: FinishingOption;
  readonly reason: string;
}

/** The options, or the first that is none. */
export function checkFinishing(wanted: Readonly<Record<FinishingOption, string>>): Finishing | FinishingProblem {
  const colorMode = COLOR_MODES.find((each) => each === wanted.colorMode);
  if (!colorMode) return { field: 'colorMode', reason: `must be ${COLOR_MODES.join(' or ')}` };
  const sides = SIDES.find((each) => each === wanted.sides);
  if (!sides) return { field: 'sides', reason: `must be of ${SIDES.join(', ')}` };
  return { colorMode, sides };
}
