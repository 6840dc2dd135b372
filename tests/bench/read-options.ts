import { parseArgs } from 'node:util';
import type { Topology } from '@inkpost/suite/start-suite.js';

/** What can be measured by itself. */
export const PARTS = ['printing', 'mailboxes', 'large'] as const;
export type BenchPart = (typeof PARTS)[number];

export interface BenchOptions {
  readonly parts: readonly BenchPart[];
  readonly topology: Topology;
  /** Mails of each throughput run, and in the mailbox that is fetched. */
  readonly mails: number;
  /** How often the three throughput runs are repeated, alternating. */
  readonly rounds: number;
  readonly latencyMails: number;
  /** Watched at once. */
  readonly mailboxes: number;
  /** Mails that come to them. */
  readonly announcedMails: number;
  /** How long they are watched while nothing comes. */
  readonly restSeconds: number;
  /** In the database while codes are checked. */
  readonly heldJobs: number;
  readonly codeChecks: number;
  readonly json: boolean;
  /** Leave the classic pipeline out. */
  readonly withoutClassic: boolean;
  /** Where the suite's processes write CPU profiles when they end. */
  readonly profileFolder: string | undefined;
}

export const USAGE = `npm run bench                            measures everything, in at most 15 minutes
npm run bench -- --only printing         the main job alone: mail in, paper out
npm run bench -- --only mailboxes        many watched mailboxes alone, in less than 4 minutes
npm run bench -- --only large            a PDF of 100 pages, and 100,000 held jobs: a minute
npm run bench -- --json                  ends with one line of JSON on standard output
npm run bench -- --topology processes    one process per service instead of one for all
npm run bench -- --quick                 200 mails, one round, 20 mails for the latency, 100 mailboxes: for development
npm run bench -- --mails N --rounds N --latency-mails N --mailboxes N
npm run bench -- --without-classic       without fetchmail + ripmime + lp + CUPS, hence without ratios
npm run bench -- --profile FOLDER        CPU profiles of the suite's processes, which make it slower`;

const FULL = { mails: 1_000, rounds: 2, latencyMails: 200, mailboxes: 1_000, announcedMails: 200, restSeconds: 60, heldJobs: 100_000, codeChecks: 2_000 };
const QUICK = { mails: 200, rounds: 1, latencyMails: 20, mailboxes: 100, announcedMails: 20, restSeconds: 10, heldJobs: 10_000, codeChecks: 200 };

/** @throws Error that names the wrong option. */
export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      topology: { type: 'string', default: 'all' },
      quick: { type: 'boolean', default: false },
      mails: { type: 'string' },
      rounds: { type: 'string' },
      'latency-mails': { type: 'string' },
      mailboxes: { type: 'string' },
      json: { type: 'boolean', default: false },
      'without-classic': { type: 'boolean', default: false },
      profile: { type: 'string' },
    },
  });
  const { topology } = values;
  if (topology !== 'all' && topology !== 'processes') throw new Error('--topology is all or processes');
  const usual = values.quick ? QUICK : FULL;
  return {
    parts: wantedParts(values.only),
    topology,
    mails: positive('mails', values.mails) ?? usual.mails,
    rounds: positive('rounds', values.rounds) ?? usual.rounds,
    latencyMails: positive('latency-mails', values['latency-mails']) ?? usual.latencyMails,
    mailboxes: positive('mailboxes', values.mailboxes) ?? usual.mailboxes,
    announcedMails: usual.announcedMails,
    restSeconds: usual.restSeconds,
    heldJobs: usual.heldJobs,
    codeChecks: usual.codeChecks,
    json: values.json,
    withoutClassic: values['without-classic'],
    profileFolder: values.profile,
  };
}

function wantedParts(only: string | undefined): readonly BenchPart[] {
  if (only === undefined) return PARTS;
  const part = PARTS.find((name) => name === only);
  if (!part) throw new Error(`--only is ${PARTS.join(' or ')}`);
  return [part];
}

function positive(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} is a whole number from 1, not "${text}"`);
  return number;
}
