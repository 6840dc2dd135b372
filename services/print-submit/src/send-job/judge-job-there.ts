import type { PrintCount } from '../print-job/count-sheets.js';
import type { JobThere } from '../ports/print-server.port.js';

/** How a job came to its end on the other server. */
export interface EndThere {
  readonly move: 'complete' | 'cancelAtPrinter' | 'abort';
  readonly reason: string;
  readonly problem: string;
  readonly count: PrintCount | undefined;
  /** It never became a job there, so that nobody there tells its owner. */
  readonly ownerIsUntold: boolean;
}

/** What the other server says of a job that is over there; undefined: it is not. */
export function judgeJobThere({ jobState, jobStateReason, problem, final, pages, impressions, sheets }: JobThere): EndThere | undefined {
  if (!final) return undefined;
  switch (jobState) {
    case 'completed':
      return { move: 'complete', reason: 'job-completed-successfully', problem: '', ownerIsUntold: false, count: impressions === null || sheets === null ? undefined : { impressions, sheets, countedBy: 'printer' } };
    case 'canceled':
      return { move: 'cancelAtPrinter', reason: jobStateReason, problem: problem || 'It was canceled on the other server.', ownerIsUntold: false, count: undefined };
    default:
      return { move: 'abort', reason: jobStateReason, problem: problem || 'The other server gave it up.', ownerIsUntold: pages === null, count: undefined };
  }
}

const TEXTS: Readonly<Record<string, string>> = {
  'job-incoming': 'The other server examines it.',
  'job-hold-until-specified': 'It is held on the other server until its owner releases it.',
};

/** One sentence on a job that is not over. */
export function sayOfJobThere({ jobStateReason, problem }: Pick<JobThere, 'jobStateReason' | 'problem'>): string {
  return problem || (TEXTS[jobStateReason] ?? '');
}
