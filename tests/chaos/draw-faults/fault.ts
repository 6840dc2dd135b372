import type { FlowService } from '@inkpost/flow/flow.js';
import type { PrinterMoment } from '@inkpost/ipp/virtual-printer/virtual-printer.js';

/**
 * When a fault strikes. In a step of the journey the statement stands still before its commit: then its connection is cut (`rolled-back`),
 * or it commits after the fault has struck and perhaps nobody hears of it (`unheard`), or it commits and the fault follows (`heard`).
 * At a printer its answer waits until the fault has struck.
 */
export type Moment = { readonly at: 'step'; readonly step: string; readonly commit: Commit } | ({ readonly at: 'printer' } & PrinterMoment);

export const COMMITS = ['rolled-back', 'unheard', 'heard'] as const;
export type Commit = (typeof COMMITS)[number];

/** What a printer does wrong, besides going off and on again with all its jobs forgotten. */
export const PRINTER_FAULTS = ['busy', 'dropBeforeAnswer', 'dropDuringDocument', 'dropAfterDocument', 'http500', 'hostileLength', 'forgetJobs'] as const;

/** What goes wrong, and what it goes wrong with. */
export type Strike =
  | { readonly what: 'service'; readonly how: 'kill' | 'freeze'; readonly service: FlowService }
  | { readonly what: 'redis'; readonly how: 'empty' | 'kill' | 'freeze' }
  | { readonly what: 'postgres'; readonly how: 'kill' | 'restart' | 'cut' }
  | { readonly what: 'printers'; readonly how: 'off' | (typeof PRINTER_FAULTS)[number] }
  | { readonly what: 'mail-server'; readonly how: 'refuse' }
  | { readonly what: 'mailboxes'; readonly how: 'kill' };

export interface Fault {
  readonly moment: Moment;
  readonly strike: Strike;
  /** Until it is mended. */
  readonly lastsMs: number;
}

const WORDS: Readonly<Record<string, string>> = {
  kill: 'kill -9', freeze: 'freeze', empty: 'empty', restart: 'restart', cut: 'cut all connections of', refuse: 'let refuse',
};

/** One line for people. */
export function describeFault({ strike, moment, lastsMs }: Fault): string {
  const target = strike.what === 'service' ? strike.service : strike.what;
  const what = strike.what === 'printers' ? `printers: ${strike.how}` : `${WORDS[strike.how] ?? strike.how} ${target}`;
  const when = moment.at === 'step' ? `in "${moment.step}", ${moment.commit}` : `at ${moment.operation}, ${moment.when}`;
  return `${what} ${when}, for ${lastsMs} ms`;
}
