import type { CodeCheckFigures } from '../measure/measure-code-check.js';
import type { ExaminationFigures } from '../measure/measure-examination.js';
import type { LargeMailFigures } from '../measure/measure-large-mail.js';
import type { LatencyFigures } from '../measure/measure-latency.js';
import type { RunFigures } from '../measure/run-figures.js';
import type { BenchOptions } from '../read-options.js';
import type { PrintTally } from '../take-output/print-check.js';
import type { MailboxesResults } from '../watch-mailboxes/mailboxes-results.js';

export interface BenchResults {
  readonly options: BenchOptions;
  /** `2 x Intel …, Linux 6.1, Node v24.21.0` */
  readonly machine: string;
  /** Absent: not wanted in this run. */
  readonly printing: PrintingResults | undefined;
  readonly mailboxes: MailboxesResults | undefined;
  readonly large: LargeResults | undefined;
  readonly tookSeconds: number;
}

/** The main job: mail in, paper out. */
export interface PrintingResults {
  /** One per round; none when the classic pipeline was left out. */
  readonly classic: readonly RunFigures[];
  readonly held: readonly RunFigures[];
  readonly printed: readonly RunFigures[];
  readonly largeMail: LargeMailFigures;
  readonly latency: LatencyFigures;
  /** Evidence that traces were sent meanwhile. */
  readonly traceBytes: number;
}

/** A document of many pages, and many documents held. */
export interface LargeResults {
  readonly examination: ExaminationFigures;
  readonly codeCheck: CodeCheckFigures;
}

/** Every document came once and unaltered, and every mail was taken in once. Slow is not unwell. */
export function allIsWell({ printing, mailboxes }: BenchResults): boolean {
  const printingIsWell = !printing || (isClean(suiteTally(printing)) && isClean(classicTally(printing)));
  return printingIsWell && (!mailboxes || isClean(mailboxes.announced.tally) && takenInOnce(mailboxes));
}

export function takenInOnce({ announced: { takenIn, existsToDurable } }: MailboxesResults): boolean {
  return takenIn === existsToDurable.length;
}

/** The suite's own printing, summed over all runs; the classic pipeline answers for itself. */
export function suiteTally({ held, printed, largeMail, latency }: PrintingResults): PrintTally {
  return sum([...held, ...printed, largeMail, latency].map(({ tally }) => tally));
}

export function classicTally({ classic }: PrintingResults): PrintTally {
  return sum(classic.map(({ tally }) => tally));
}

export function isClean({ lost, doubled, altered }: PrintTally): boolean {
  return lost + doubled + altered === 0;
}

function sum(tallies: readonly PrintTally[]): PrintTally {
  const total = (field: keyof PrintTally): number => tallies.reduce((count, tally) => count + tally[field], 0);
  return { lost: total('lost'), doubled: total('doubled'), altered: total('altered') };
}
