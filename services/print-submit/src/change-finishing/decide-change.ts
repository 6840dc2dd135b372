import { checkFinishing, type Finishing, FINISHING_OPTIONS, type FinishingOption, type FinishingProblem, type WantedFinishing } from '../finishing/finishing.js';
import { parsePageRanges, rangesWithin } from '../finishing/page-ranges.js';
import { finishingLimits } from '../limits.js';
import { hasMedia, type PrinterCapabilities } from '../queues/printer-capabilities.js';

/** What somebody wants changed; what is absent or undefined stays. */
export type FinishingChange = { readonly [K in FinishingOption]?: WantedFinishing[K] | undefined };

/** What people can choose from for one job. A list is empty where there is no choice. */
export interface FinishingChoices {
  readonly colorModes: readonly string[];
  readonly sides: readonly string[];
  readonly copiesMax: number;
  readonly media: readonly string[];
  readonly pageRanges: boolean;
}

export function choicesOf({ colorModes, sides, copiesMax = 1, media = [], pageRanges = false }: PrinterCapabilities): FinishingChoices {
  return { colorModes, sides, copiesMax: Math.min(Math.max(copiesMax, 1), finishingLimits.copiesMax), media, pageRanges };
}

/**
 * The options of a held job after the change, or what is wrong with it. Only what changes is looked at: options that came with the job
 * and that its printer can't do keep nobody from changing others. A printer that was never heard (`capabilities` undefined) is taken to do all.
 */
export function decideChange(job: Finishing & { readonly pages: number; readonly forced: readonly FinishingOption[] }, change: FinishingChange, capabilities: PrinterCapabilities | undefined): Finishing | FinishingProblem {
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  const { colorMode, sides, copies, media, pageRanges } = job;
  const wanted = checkFinishing({ colorMode, sides, copies, media, pageRanges, ...given });
  if ('reason' in wanted) return wanted;
  const changed = FINISHING_OPTIONS.filter((option) => wanted[option] !== job[option]);
  for (const option of changed) {
    const reason = job.forced.includes(option) ? 'cannot be changed: a rule of your organisation decides it' : whyNot(option, wanted, job.pages, capabilities);
    if (reason) return { field: option, reason };
  }
  return wanted;
}

function whyNot(option: FinishingOption, wanted: Finishing, pages: number, capabilities: PrinterCapabilities | undefined): string | undefined {
  if (option === 'pageRanges' && wanted.pageRanges !== '' && !isWithin(wanted.pageRanges, pages)) return `must be pages of the document, which has ${pages}`;
  return capabilities ? LACKS[option](wanted, capabilities) : undefined;
}

/** What a printer lacks for an option, said so that the person can choose again. */
const LACKS: Readonly<Record<FinishingOption, (wanted: Finishing, capabilities: PrinterCapabilities) => string | undefined>> = {
  colorMode: ({ colorMode }, { colorModes }) => unlessOneOf(colorModes, colorMode),
  sides: (wanted, { sides }) => unlessOneOf(sides, wanted.sides),
  copies({ copies }, capabilities) {
    const { copiesMax } = choicesOf(capabilities);
    return copies <= copiesMax ? undefined : `must be at most ${copiesMax} on this printer`;
  },
  media: ({ media }, capabilities) => (media === '' || hasMedia(capabilities, media) ? undefined : unlessOneOf(capabilities.media ?? [], media)),
  pageRanges: ({ pageRanges }, capabilities) => (pageRanges === '' || capabilities.pageRanges === true ? undefined : 'must be empty: this printer prints whole documents only'),
};

function unlessOneOf(choices: readonly string[], wanted: string): string | undefined {
  if (choices.includes(wanted)) return undefined;
  return `must be of ${choices.length === 0 ? 'what it is set to' : choices.join(', ')} on this printer`;
}

/** All of it: a person who asks for page 9 of 3 is better asked again than given less. */
function isWithin(pageRanges: string, pages: number): boolean {
  return (parsePageRanges(pageRanges)?.at(-1)?.last ?? 0) <= pages && rangesWithin(pageRanges, pages).length > 0;
}
