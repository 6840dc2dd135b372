import type { SubmittedOptions } from '@inkpost/contracts/flow/v1/submission_pb.js';
import { checkFinishing, type DecidedFinishing, type Finishing, type FinishingProblem } from '../finishing/finishing.js';

type Given = Omit<SubmittedOptions, '$typeName' | '$unknown'>;

/** Options that a program asks for, on top of those that hold otherwise; or the first that is none. */
export function checkOptions({ colorMode, sides, copies, media, pageRanges }: Given, settings: Finishing): Finishing | FinishingProblem {
  return checkFinishing({ colorMode: colorMode ?? settings.colorMode, sides: sides ?? settings.sides, copies: copies ?? settings.copies, media: media ?? settings.media, pageRanges: pageRanges ?? settings.pageRanges });
}

/** What jobs begin with: what the program asked for where it did, else what the settings say. Whatever is no option was refused when the document was handed in. */
export function wantedOptions(given: Given | undefined, settings: DecidedFinishing): DecidedFinishing {
  const asked = given && [given.colorMode, given.sides, given.copies, given.media, given.pageRanges].some((option) => option !== undefined);
  if (!given || !asked) return settings;
  const wanted = checkOptions(given, settings);
  return 'reason' in wanted ? settings : { ...wanted, decidedBy: 'submitter' };
}
