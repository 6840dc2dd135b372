import { FLOW_ORDER } from '@inkpost/flow/flow.js';
import { COMMITS, type Fault, type Moment, PRINTER_FAULTS, type Strike } from './fault.js';
import type { SeededRandom } from './seeded-random.js';

/** From the mail, or the program, to paper; each is one statement of one service. */
const STEPS = ['received', 'submitted', 'sender-accepted', 'document-accepted', 'owner-created', 'held', 'code-mailed', 'released', 'sent-to-printer', 'printed'] as const;

export const MOMENTS: readonly Moment[] = [
  ...STEPS.flatMap((step) => COMMITS.map((commit): Moment => ({ at: 'step', step, commit }))),
  { at: 'printer', operation: 'Create-Job', when: 'asked' },
  { at: 'printer', operation: 'Create-Job', when: 'carried-out' },
  { at: 'printer', operation: 'Send-Document', when: 'asked' },
  { at: 'printer', operation: 'Send-Document', when: 'document-begun' },
  { at: 'printer', operation: 'Send-Document', when: 'carried-out' },
  { at: 'printer', operation: 'Get-Job-Attributes', when: 'carried-out' },
];

const MAILBOXES: Strike = { what: 'mailboxes', how: 'kill' };

export const STRIKES: readonly Strike[] = [
  ...FLOW_ORDER.flatMap((service): Strike[] => [{ what: 'service', how: 'kill', service }, { what: 'service', how: 'freeze', service }]),
  ...(['empty', 'kill', 'freeze'] as const).map((how): Strike => ({ what: 'redis', how })),
  ...(['kill', 'restart', 'cut'] as const).map((how): Strike => ({ what: 'postgres', how })),
  ...(['off', ...PRINTER_FAULTS] as const).map((how): Strike => ({ what: 'printers', how })),
  { what: 'mail-server', how: 'refuse' },
  MAILBOXES,
];

/** Short enough that a printer's faults end before a job is given up for them; once longer than the lease on a printer (10 s). */
const LASTS_MS: Readonly<Record<Strike['what'], readonly number[]>> = {
  service: [0, 300, 1_500], redis: [0, 300, 1_500], postgres: [0, 300, 1_500], printers: [500, 1_500, 3_000], 'mail-server': [0], mailboxes: [0, 500],
};
const FROZEN_MS = [500, 3_000, 12_000];

/** `all`: each strike at each moment, in some order. Else so many, as different as they can be. */
export function drawFaults(random: SeededRandom, count: number | 'all', withMailboxes: boolean): Fault[] {
  const strikes = STRIKES.filter((strike) => withMailboxes || strike !== MAILBOXES);
  const pairs = count === 'all' ? random.shuffled(strikes.flatMap((strike) => MOMENTS.map((moment) => ({ strike, moment })))) : drawPairs(random, strikes, count);
  return pairs.map((pair) => ({ ...pair, lastsMs: random.pick(pair.strike.how === 'freeze' ? FROZEN_MS : LASTS_MS[pair.strike.what]) }));
}

function drawPairs(random: SeededRandom, strikes: readonly Strike[], count: number): Omit<Fault, 'lastsMs'>[] {
  const moments = spread(random, MOMENTS, count);
  return spread(random, strikes, count).flatMap((strike, index) => moments.slice(index, index + 1).map((moment) => ({ strike, moment })));
}

/** So many of them; each comes again only when all have come. */
function spread<Value>(random: SeededRandom, values: readonly Value[], count: number): Value[] {
  const rounds = Math.ceil(count / values.length);
  return Array.from({ length: rounds }, () => random.shuffled(values)).flat().slice(0, count);
}
