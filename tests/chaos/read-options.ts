import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

export interface ChaosOptions {
  readonly seed: number;
  /** Documents that are mailed. */
  readonly jobs: number;
  /** `all`: every fault at every moment. */
  readonly faults: number | 'all';
  /** Of all faults only each `of`-th, beginning with this one (from 1): so several runs share them out. */
  readonly part: { readonly number: number; readonly of: number };
  readonly json: boolean;
}

export const USAGE = `npm run chaos                       200 jobs and 20 faults, drawn anew each time; a few minutes
npm run chaos -- --seed N           the same faults again
npm run chaos -- --json             ends with one line of JSON on standard output
npm run chaos -- --jobs N --faults N
npm run chaos -- --full             every fault at every moment, with three jobs for each; about two hours
npm run chaos -- --full --seed N --part 1/3   a third of that: three such runs, side by side or one after the other, are the whole`;

const SEED_MAX = 2 ** 32 - 1;
const USUAL = { jobs: 200, faults: 20 };

/** @throws Error that names the wrong option. */
export function readOptions(args: readonly string[]): ChaosOptions {
  const { values } = parseArgs({
    args: [...args],
    options: { seed: { type: 'string' }, jobs: { type: 'string' }, faults: { type: 'string' }, full: { type: 'boolean', default: false }, part: { type: 'string' }, json: { type: 'boolean', default: false } },
  });
  if (values.full && (values.faults !== undefined || values.jobs !== undefined)) throw new Error('--full says how many jobs and faults there are: leave --jobs and --faults out');
  if (values.part !== undefined && (!values.full || values.seed === undefined)) throw new Error('--part is of --full and goes with --seed, the same for all parts');
  return {
    seed: wholeNumber('seed', values.seed, 0, SEED_MAX) ?? randomInt(SEED_MAX),
    jobs: wholeNumber('jobs', values.jobs, 1, 100_000) ?? USUAL.jobs,
    faults: values.full ? 'all' : (wholeNumber('faults', values.faults, 0, 10_000) ?? USUAL.faults),
    part: partOf(values.part ?? '1/1'),
    json: values.json,
  };
}

function partOf(text: string): ChaosOptions['part'] {
  const [number = 0, of = 0] = /^(\d{1,3})\/(\d{1,3})$/.exec(text)?.slice(1).map(Number) ?? [];
  if (number < 1 || number > of) throw new Error(`--part is such as 1/3, 2/3 or 3/3, not "${text}"`);
  return { number, of };
}

function wholeNumber(name: string, text: string | undefined, min: number, max: number): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < min || number > max) throw new Error(`--${name} is a whole number from ${min} to ${max}, not "${text}"`);
  return number;
}
