import { parseArgs } from 'node:util';

export interface DomainBenchOptions {
  readonly slaves: number;
  /** Processes that the slaves are spread over. */
  readonly processes: number;
  /** Measured in each mode. */
  readonly changes: number;
  /** How long the domain is watched at rest: 70 s are the longest time between two requests of a slave. */
  readonly restSeconds: number;
  readonly json: boolean;
}

export const USAGE = `npm run bench:domain                       1,000 simulated slaves around one master, in about seven minutes
npm run bench:domain -- --json             ends with one line of JSON on standard output
npm run bench:domain -- --slaves N --changes N --seconds N --processes N
                                           slaves, changes in each mode, seconds at rest, processes of slaves`;

/** @throws Error that names the wrong option. */
export function readOptions(args: readonly string[]): DomainBenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: { slaves: { type: 'string', default: '1000' }, processes: { type: 'string', default: '2' }, changes: { type: 'string', default: '5' }, seconds: { type: 'string', default: '70' }, json: { type: 'boolean', default: false } },
  });
  const { json, slaves, processes, changes, seconds } = values;
  return { slaves: positive('slaves', slaves), processes: positive('processes', processes), changes: positive('changes', changes), restSeconds: positive('seconds', seconds), json };
}

function positive(name: string, text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} is a whole number from 1, not "${text}"`);
  return number;
}
