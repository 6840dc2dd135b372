import type { PrintTally } from '../take-output/print-check.js';
import { type BenchResults, classicTally, isClean, suiteTally, takenInOnce } from './bench-results.js';
import { describeLarge } from './describe-large.js';
import { describeMailboxes } from './describe-mailboxes.js';
import { describePrinting } from './describe-printing.js';
import { type JudgedFigure, judgeFigures } from './judge-figures.js';
import { tableRow } from './table-row.js';

/** The results as lines for people: what was measured, then each goal with what became of it. */
export function describeResults(results: BenchResults): string[] {
  const { options, machine, printing, mailboxes, large, tookSeconds } = results;
  return [
    machine,
    ...(printing ? ['', ...describePrinting(options, printing)] : []),
    ...(mailboxes ? ['', ...describeMailboxes(options, mailboxes)] : []),
    ...(large ? ['', ...describeLarge(large)] : []),
    '',
    tableRow('', 'measured', 'goal', 'aim', ''),
    ...judgeFigures(results).map(judgedLine),
    '',
    ...(printing ? [tallyLine('Inkpost', suiteTally(printing))] : []),
    ...(printing && printing.classic.length > 0 ? [tallyLine('Classic pipeline', classicTally(printing))] : []),
    ...(mailboxes ? [tallyLine(`${mailboxes.mailboxes} mailboxes`, mailboxes.announced.tally), takenInOnce(mailboxes) ? 'Each mail was taken in once' : `${mailboxes.announced.existsToDurable.length} MAILS CAME, ${mailboxes.announced.takenIn} WERE TAKEN IN`] : []),
    `All in ${tookSeconds.toFixed(0)} s`,
  ];
}

function judgedLine({ name, measured, unit, best, goal, aim, verdict }: JudgedFigure): string {
  const sign = best === 'high' ? '>=' : '<=';
  const shown = Number.isFinite(measured) ? `${measured.toFixed(1)} ${unit}` : '-';
  return tableRow(name, shown, `${sign} ${goal} ${unit}`, `${sign} ${aim} ${unit}`, verdict === 'falls short' ? 'FALLS SHORT' : verdict);
}

function tallyLine(name: string, tally: PrintTally): string {
  return `${name}: ${isClean(tally) ? 'every document came once and unaltered' : `${tally.lost} LOST, ${tally.doubled} DOUBLED, ${tally.altered} ALTERED`}`;
}
