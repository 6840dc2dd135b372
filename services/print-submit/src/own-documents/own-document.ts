import type { Job } from '../print-job/job.js';
import type { Means } from '../release-profiles/identification.js';

/** A job as its owner sees it at a release point. */
export interface OwnDocument extends Job {
  /** Of a held one: by which means its release profile lets it go, here. */
  readonly allowedMeans: readonly Means[];
}
