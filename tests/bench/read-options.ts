import { parseArgs } from 'node:util';
import type { Topology } from '@inkpost/suite/start-suite.js';

export interface BenchOptions {
  readonly topology: Topology;
  /** Mails of each throughput run. */
  readonly mails: number;
  /** How often the three throughput runs are repeated, alternating. */
  readonly rounds: number;
  readonly latencyMails: number;
  readonly json: boolean;
  /** Leave the classic pipeline out. */
  readonly withoutClassic: boolean;
  /** Where the suite's processes write CPU profiles when they end. */
  readonly profileFolder: string | undefined;
}

export const USAGE = `npm run bench                            measures everything, in at most 10 minutes
npm run bench -- --json                  ends with one line of JSON on standard output
npm run bench -- --topology processes    one process per service instead of one for all
npm run bench -- --quick                 200 mails, one round, 20 mails for the latency: for development
npm run bench -- --mails N --rounds N --latency-mails N
npm run bench -- --without-classic       without fetchmail + ripmime + lp + CUPS, hence without ratios
npm run bench -- --profile FOLDER        CPU profiles of the suite's processes, which make it slower`;

const FULL = { mails: 1_000, rounds: 2, latencyMails: 200 };
const QUICK = { mails: 200, rounds: 1, latencyMails: 20 };

/** @throws Error that names the wrong option. */
export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      topology: { type: 'string', default: 'all' },
      quick: { type: 'boolean', default: false },
      mails: { type: 'string' },
      rounds: { type: 'string' },
      'latency-mails': { type: 'string' },
      json: { type: 'boolean', default: false },
      'without-classic': { type: 'boolean', default: false },
      profile: { type: 'string' },
    },
  });
  const { topology } = values;
  if (topology !== 'all' && topology !== 'processes') throw new Error('--topology is all or processes');
  const usual = values.quick ? QUICK : FULL;
  return {
    topology,
    mails: positive('mails', values.mails) ?? usual.mails,
    rounds: positive('rounds', values.rounds) ?? usual.rounds,
    latencyMails: positive('latency-mails', values['latency-mails']) ?? usual.latencyMails,
    json: values.json,
    withoutClassic: values['without-classic'],
    profileFolder: values.profile,
  };
}

function positive(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} is a whole number from 1, not "${text}"`);
  return number;
}
