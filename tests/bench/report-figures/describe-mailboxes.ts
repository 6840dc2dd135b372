import { percentile } from '../measure/run-figures.js';
import type { BenchOptions } from '../read-options.js';
import { fetchShare, type MailboxesResults } from '../watch-mailboxes/mailboxes-results.js';
import { tableRow } from './table-row.js';

/** The figures of many mailboxes as lines for people. */
export function describeMailboxes({ topology }: BenchOptions, results: MailboxesResults): string[] {
  const { mailboxes, raisedLimits, fetch, connect, memory, rest, announced } = results;
  const percentiles = [0.5, 0.99, 1].map((share) => percentile(announced.existsToDurable, share).toFixed(0));
  return [
    `${mailboxes} mailboxes in IDLE over TLS at one Dovecot, each mail flagged once it is durable; topology "${topology}"`,
    `Limits of the machine: ${raisedLimits.join('; ') || 'high enough'}`,
    '',
    tableRow('All connected, s', 'start', 'server anew', 'stop'),
    tableRow('', ...[connect.startSeconds, connect.restartSeconds, connect.stopSeconds].map((seconds) => seconds.toFixed(1))),
    tableRow('Memory of the process that watches, MiB', 'without', 'at rest', 'peak'),
    tableRow('', ...[memory.withoutMib, memory.atRestMib, memory.peakMiB].map((mebibytes) => mebibytes.toFixed(0))),
    `Processor at rest, % of one, over ${rest.seconds} s`,
    ...Object.entries(rest.cpuPercent).map(([name, percent]) => tableRow(`  ${name}`, percent.toFixed(1))),
    tableRow(`${announced.existsToDurable.length} mails, ${announced.perSecond} a second, ms`, 'p50', 'p99', 'max'),
    tableRow('  EXISTS to durable', ...percentiles),
    tableRow('Fetched, mails/s', 'imapflow', 'Inkpost', 'share'),
    ...fetch.map((round, index) => tableRow(`  round ${index + 1}`, rate(round.mails, round.bareMs), rate(round.mails, round.sourceMs), `${(100 * fetchShare(round)).toFixed(0)} %`)),
  ];
}

function rate(mails: number, ms: number): string {
  return ((1_000 * mails) / ms).toFixed(0);
}
