import type { PrinterStatus } from '@inkpost/ipp/client/printer-status.js';
import type { PrinterState } from './printer.store.js';

/** Reasons that say that all is well, or nothing that a person must do (RFC 8011 section 5.4.12: severity -report). */
function needsNobody(reason: string): boolean {
  return reason === 'none' || reason.endsWith('-report');
}

/** How a printer is, from its own words: its state, and one sentence when somebody has to do something. */
export function describePrinter(status: Pick<PrinterStatus, 'printerState' | 'printerStateReasons' | 'printerIsAcceptingJobs'>): { readonly state: PrinterState; readonly problem: string } {
  const reasons = status.printerStateReasons.filter((reason) => !needsNobody(reason));
  const problems = [
    ...(status.printerIsAcceptingJobs === false ? ['The printer takes no jobs now.'] : []),
    ...(reasons.length > 0 ? [`The printer says: ${reasons.join(', ')}.`] : []),
    ...(reasons.length === 0 && status.printerState === 'stopped' ? ['The printer has stopped and does not say why.'] : []),
  ];
  return { state: status.printerState, problem: problems.join(' ') };
}
