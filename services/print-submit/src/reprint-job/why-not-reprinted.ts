import type { Job } from '../print-job/job.js';

/** Why a job can't be printed once more, in a sentence; undefined: it can. */
export function whyNotReprinted({ jobState, keptUntil, reprintOf }: Pick<Job, 'jobState' | 'keptUntil' | 'reprintOf'>, now: Date): string | undefined {
  if (jobState !== 'completed') return `Only a printed job can be printed once more; this one is ${jobState}.`;
  if (reprintOf !== null) return `The job printed another one's document once more: reprint that one, ${reprintOf}.`;
  if (keptUntil === null) return 'The document was not kept: its queue or queue group says for how long documents are.';
  return keptUntil > now ? undefined : 'The document is no longer kept.';
}
