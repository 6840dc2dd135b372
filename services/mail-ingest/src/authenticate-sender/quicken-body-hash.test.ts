import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { KNOWN_MAILAUTH, quickenBodyHash } from './quicken-body-hash.js';

interface Parser {
  ensureLinebreaks(input: Buffer): Generator<Buffer>;
}
interface Hasher {
  readonly byteLength: number;
  readonly canonicalizedLength: number;
  readonly bodyHashedBytes: number;
  update(chunk: Buffer): void;
  digest(encoding: 'base64'): string;
}

/** mailauth's classes of its own, loaded once more for each call. */
function loadAnew(): NodeJS.Require {
  const require = createRequire(import.meta.url);
  for (const name of ['dkim/body/relaxed.js', 'dkim/message-parser.js']) Reflect.deleteProperty(require.cache, require.resolve(`mailauth/lib/${name}`));
  return require;
}

function classesOf(load: NodeJS.Require) {
  const { RelaxedHash } = load('mailauth/lib/dkim/body/relaxed.js') as { RelaxedHash: new (algorithm: string, lengthMax: number | '') => Hasher };
  const { MessageParser } = load('mailauth/lib/dkim/message-parser.js') as { MessageParser: new () => Parser };
  return { RelaxedHash, MessageParser };
}

const usual = classesOf(loadAnew());
/** Bytes that went the usual way. */
let usualBytes = 0;
const load = loadAnew();
const { prototype } = classesOf(load).RelaxedHash;
const usualUpdate = prototype.update;
prototype.update = function (chunk: Buffer, ...rest: []) {
  usualBytes += (chunk as Buffer | null)?.length ?? 0;
  usualUpdate.call(this, chunk, ...rest);
};
const isQuick = quickenBodyHash(load);
const quick = classesOf(load);

/** What a body comes to, in pieces that end where `cuts` says. */
function hash({ RelaxedHash, MessageParser }: typeof usual, body: Buffer, cuts: readonly number[], lengthMax: number | '') {
  const [parser, hasher] = [new MessageParser(), new RelaxedHash('sha256', lengthMax)];
  for (const [index, end] of [...cuts, body.length].entries()) for (const piece of parser.ensureLinebreaks(body.subarray(cuts[index - 1] ?? 0, end))) hasher.update(piece);
  return { digest: hasher.digest('base64'), hashed: hasher.bodyHashedBytes, canonicalized: hasher.canonicalizedLength, seen: hasher.byteLength };
}

/** Random but the same each time. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

const PARTS = ['\r\n', '\r\n', '\r\n', '\n', '\r', ' ', '  ', '\t', ' \r\n', '\t\r\n', '\r\n\r\n\r\n', 'QUJDREVG', 'a', 'a b', '--b1', '\r\r\n', '\n\n', '\u00e9'];

describe('the quick hash of a body', () => {
  it('is made of the mailauth that is installed', () => {
    expect(isQuick).toBe(true);
    expect((load('mailauth/package.json') as { version: string }).version).toBe(KNOWN_MAILAUTH);
    expect(quick.RelaxedHash.prototype.update).not.toBe(usual.RelaxedHash.prototype.update);
    expect(usual.RelaxedHash.prototype.update.name).toBe('update');
  });

  it('is the usual one for 5,000 bodies of all that matters, however they are cut and whatever length is signed', () => {
    for (let seed = 1; seed <= 5_000; seed += 1) {
      const roll = dice(seed);
      const body = Buffer.from(Array.from({ length: roll(14) }, () => PARTS[roll(roll(2) === 0 ? PARTS.length : 12)]).join(''), 'latin1');
      const cuts = Array.from({ length: roll(5) }, () => roll(body.length + 1)).sort((a, b) => a - b);
      const lengthMax = roll(3) === 0 ? roll(body.length + 1) : '';
      expect(hash(quick, body, cuts, lengthMax), JSON.stringify([seed, body.toString('latin1'), cuts, lengthMax])).toEqual(hash(usual, body, cuts, lengthMax));
    }
  });

  it('is the usual one for an attachment, in pieces as a socket gives them', () => {
    const roll = dice(7);
    const lines = Array.from({ length: 8_000 }, () => Buffer.from(Array.from({ length: 57 }, () => roll(256))).toString('base64')).join('\r\n');
    const body = Buffer.from(`--b1\r\nContent-Type: text/plain\r\n\r\nHello  there \r\n--b1\r\n\r\n${lines}\r\n--b1--\r\n\r\n`);
    const cuts = Array.from({ length: Math.floor(body.length / 16_384) }, (_, index) => (index + 1) * 16_384 - roll(80));
    usualBytes = 0;
    expect(hash(quick, body, cuts, '')).toEqual(hash(usual, body, cuts, ''));
    // The pieces with the text, and the lines that are cut.
    expect(usualBytes).toBeLessThan(body.length / 10);
  });
});
