import { describe, expect, it } from 'vitest';
import { ippLimits } from '../limits.js';
import { decodeMessage } from './decode-message.js';
import { encodeMessage } from './encode-message.js';
import { MessageBoundary } from './message-boundary.js';
import { outOfBandTag, stringTag, type IppAttribute, type IppMessage, type IppValue } from './message.js';

/** A small generator with a seed (mulberry32), so that a failing case can be run again. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

type Random = ReturnType<typeof randomNumbers>;

const integers = [0, 1, -1, 7, 2_147_483_647, -2_147_483_648] as const;
const texts = ['', 'a', 'Überschrift', '文書.pdf', 'x'.repeat(1_023), '\u{1f5a8}', '\ufeffwith a mark'] as const;

function pick<T>(random: Random, from: readonly T[]): T {
  const chosen = from[random(from.length)];
  if (chosen === undefined) throw new Error('nothing to pick from');
  return chosen;
}

function randomBytes(random: Random): Uint8Array {
  return Uint8Array.from({ length: random(40) }, () => random(256));
}

function randomValue(random: Random, depth: number): IppValue {
  const makers: (() => IppValue)[] = [
    () => ({ syntax: pick(random, ['integer', 'enum']), value: pick(random, integers) }),
    () => ({ syntax: 'boolean', value: random(2) === 1 }),
    () => ({ syntax: pick(random, ['text', 'name', 'keyword', 'uri', 'uriScheme', 'charset', 'naturalLanguage', 'mimeMediaType']), value: pick(random, texts) }),
    () => ({ syntax: pick(random, ['textWithLanguage', 'nameWithLanguage']), language: pick(random, ['en', 'fr-ca', '']), value: pick(random, texts) }),
    () => ({ syntax: 'octetString', value: randomBytes(random) }),
    () => ({ syntax: 'dateTime', value: { year: random(65_536), month: 1 + random(12), day: 1 + random(31), hour: random(24), minute: random(60), second: random(61), deciSecond: random(10), utcDirection: pick(random, ['+', '-']), utcHours: random(14), utcMinutes: random(60) } }),
    () => ({ syntax: 'resolution', crossFeed: pick(random, integers), feed: pick(random, integers), units: pick(random, [3, 4]) }),
    () => ({ syntax: 'rangeOfInteger', lower: pick(random, integers), upper: pick(random, integers) }),
    () => ({ syntax: pick(random, ['unsupported', 'default', 'unknown', 'no-value', 'not-settable', 'delete-attribute', 'admin-define']) }),
    // 0x7f is the extension tag (RFC 8010 section 3.5.2), 0x4b and 0x5a belong to nobody, 0x14 is reserved.
    () => ({ syntax: 'verbatim', tag: pick(random, [0x14, 0x38, 0x4b, 0x5a, 0x7f]), bytes: randomBytes(random) }),
  ];
  if (depth < 4) makers.push(() => ({ syntax: 'collection', members: randomAttributes(random, depth + 1) }));
  return pick(random, makers)();
}

function randomAttributes(random: Random, depth: number): IppAttribute[] {
  return Array.from({ length: random(5) }, (_, index) => ({
    name: `${pick(random, ['media', 'x-acme-tray', 'job-name'])}-${index}`,
    values: Array.from({ length: 1 + random(3) }, () => randomValue(random, depth)),
  }));
}

function randomMessage(seed: number): IppMessage {
  const random = randomNumbers(seed);
  return {
    version: { major: 2, minor: random(3) },
    code: random(0x10000),
    requestId: pick(random, integers),
    groups: Array.from({ length: random(5) }, () => ({ tag: pick(random, [1, 2, 4, 5, 6, 9, 0x0f]), attributes: randomAttributes(random, 0) })),
  };
}

describe('encoding and decoding', () => {
  it('gives back every message as it was, whatever its values and nesting', () => {
    for (let seed = 1; seed <= 2_000; seed += 1) {
      const message = randomMessage(seed);
      const bytes = encodeMessage(message);
      const decoded = decodeMessage(bytes);
      expect(decoded, `seed ${seed}`).toEqual({ message, documentOffset: bytes.length });
      expect(encodeMessage(decoded.message).equals(bytes), `seed ${seed}`).toBe(true);
    }
  });

  it('finds the end of the attributes when they arrive in chunks of any size', () => {
    for (let seed = 1; seed <= 300; seed += 1) {
      const bytes = encodeMessage(randomMessage(seed));
      const document = Buffer.from([3, 3, 0, 0x37]);
      const stream = Buffer.concat([bytes, document]);
      const chunkBytes = 1 + (seed % 7);
      const boundary = new MessageBoundary();
      for (let offset = 0; ; offset += chunkBytes) {
        expect(offset, `seed ${seed}`).toBeLessThan(stream.length);
        const split = boundary.push(stream.subarray(offset, offset + chunkBytes));
        if (!split) continue;
        expect(split.attributes.equals(bytes), `seed ${seed}`).toBe(true);
        expect(split.rest.equals(document.subarray(0, split.rest.length))).toBe(true);
        break;
      }
    }
  });

  it('reads the Print-Job request of RFC 8010 appendix A.1', () => {
    const request = Buffer.concat([
      Buffer.from('010100020000000101', 'hex'),
      rawValue(0x47, 'attributes-charset', 'utf-8'),
      rawValue(0x48, 'attributes-natural-language', 'en-us'),
      rawValue(0x45, 'printer-uri', 'ipp://printer.example.com/ipp/print/pinetree'),
      rawValue(0x42, 'job-name', 'foobar'),
      rawValue(0x22, 'ipp-attribute-fidelity', Buffer.of(1)),
      Buffer.of(2),
      rawValue(0x21, 'copies', Buffer.from('00000014', 'hex')),
      rawValue(0x44, 'sides', 'two-sided-long-edge'),
      Buffer.of(3),
      Buffer.from('%!PDF...'),
    ]);
    const { message, documentOffset } = decodeMessage(request);
    expect(message).toMatchObject({ version: { major: 1, minor: 1 }, code: 2, requestId: 1 });
    expect(message.groups[1]?.attributes).toEqual([
      { name: 'copies', values: [{ syntax: 'integer', value: 20 }] },
      { name: 'sides', values: [{ syntax: 'keyword', value: 'two-sided-long-edge' }] },
    ]);
    expect(request.subarray(documentOffset).toString()).toBe('%!PDF...');
  });

  it.each([
    ['a text that is not UTF-8', stringTag.text, Buffer.from([0xc3, 0x28])],
    ['an integer of three octets', 0x21, Buffer.of(1, 2, 3)],
    ['a boolean that is neither true nor false', 0x22, Buffer.of(7)],
    ['a dateTime without a direction', 0x31, Buffer.alloc(11)],
    ['a range of one number', 0x33, Buffer.alloc(4)],
    ['a resolution cut short', 0x32, Buffer.alloc(8)],
    ['a text with language whose inner lengths lie', 0x35, Buffer.from('00ff656e00026162', 'hex')],
    ['a no-value with a value', outOfBandTag['no-value'], Buffer.of(1)],
    ['a tag of a vendor', 0x7f, Buffer.from('0000a001cafe', 'hex')],
  ])('keeps %s as it came and sends it again octet by octet', (_name, tag, bytes) => {
    const message = Buffer.concat([Buffer.from('020000000000000104', 'hex'), rawValue(tag, 'x-acme', bytes), Buffer.of(3)]);
    const decoded = decodeMessage(message).message;
    expect(decoded.groups[0]?.attributes[0]?.values).toEqual([{ syntax: 'verbatim', tag, bytes: Uint8Array.from(bytes) }]);
    expect(encodeMessage(decoded).equals(message)).toBe(true);
  });

  it('refuses to encode what no printer could read', () => {
    const withAttribute = (attribute: IppAttribute): IppMessage => ({ version: { major: 2, minor: 0 }, code: 2, requestId: 1, groups: [{ tag: 1, attributes: [attribute] }] });
    const long = { syntax: 'text', value: 'x'.repeat(ippLimits.valueBytesMax + 1) } as const;
    expect(() => encodeMessage(withAttribute({ name: 'job-name', values: [long] }))).toThrow("'job-name' cannot be encoded");
    expect(() => encodeMessage(withAttribute({ name: 'job-name', values: [] }))).toThrow('it has no value');
    expect(() => encodeMessage(withAttribute({ name: '', values: [{ syntax: 'no-value' }] }))).toThrow('its name is empty');
  });
});

const header = Buffer.from('0200000000000001', 'hex');

describe('hostile bytes', () => {
  const nested = (depth: number): Buffer =>
    Buffer.concat([Buffer.of(4), rawValue(0x34, 'c', ''), ...Array.from({ length: depth }, () => [rawValue(0x4a, '', 'm'), rawValue(0x34, '', '')]).flat()]);
  const cases: [string, Buffer, string][] = [
    ['nothing at all', Buffer.alloc(0), 'the message ends too early'],
    ['a header cut short', header.subarray(0, 7), 'the message ends too early'],
    ['no end tag', header, 'the message ends too early'],
    ['a value before any group', Buffer.concat([header, rawValue(0x44, 'a', 'b'), Buffer.of(3)]), 'a value outside of a group'],
    ['the reserved delimiter 0', Buffer.concat([header, Buffer.of(0, 3)]), 'a value outside of a group'],
    ['a negative name length', Buffer.concat([header, Buffer.from('0444ffff6161', 'hex')]), 'an attribute name too long'],
    ['a name of 256 octets', Buffer.concat([header, Buffer.of(4), rawValue(0x44, 'n'.repeat(256), 'v'), Buffer.of(3)]), 'an attribute name too long'],
    ['a name past the end', Buffer.concat([header, Buffer.from('044400ff6161', 'hex')]), 'the message ends too early'],
    ['a negative value length', Buffer.concat([header, Buffer.from('0444000161ffff', 'hex')]), 'a negative value length'],
    ['a value past the end', Buffer.concat([header, Buffer.from('04440001617fff61', 'hex')]), 'the message ends too early'],
    ['an additional value without an attribute', Buffer.concat([header, Buffer.of(4), rawValue(0x44, '', 'v'), Buffer.of(3)]), 'an additional value without an attribute'],
    ['a collection that does not end', Buffer.concat([header, Buffer.of(4), rawValue(0x34, 'c', ''), Buffer.of(3)]), 'a collection that does not end'],
    ['the end of no collection', Buffer.concat([header, Buffer.of(4), rawValue(0x37, 'c', ''), Buffer.of(3)]), 'the end of a collection that was not begun'],
    ['a member name outside', Buffer.concat([header, Buffer.of(4), rawValue(0x4a, 'c', 'm'), Buffer.of(3)]), 'a member name outside of a collection'],
    ['a member without a value', Buffer.concat([header, Buffer.of(4), rawValue(0x34, 'c', ''), rawValue(0x4a, '', 'm'), rawValue(0x37, '', ''), Buffer.of(3)]), 'a collection member without a value'],
    ['a member without a name', Buffer.concat([header, Buffer.of(4), rawValue(0x34, 'c', ''), rawValue(0x4a, '', ''), Buffer.of(3)]), 'a collection member without a name'],
    ['a value without a member', Buffer.concat([header, Buffer.of(4), rawValue(0x34, 'c', ''), rawValue(0x44, '', 'v'), Buffer.of(3)]), 'a collection value without a member name'],
    ['a named value in a collection', Buffer.concat([header, Buffer.of(4), rawValue(0x34, 'c', ''), rawValue(0x44, 'n', 'v'), Buffer.of(3)]), 'a named value inside a collection'],
    ['collections a thousand deep', Buffer.concat([header, nested(1_000), Buffer.of(3)]), 'collections nested too deeply'],
    ['groups without end', Buffer.concat([header, Buffer.alloc(ippLimits.groupsMax + 1, 4), Buffer.of(3)]), 'too many attribute groups'],
    ['values without end', Buffer.concat([header, Buffer.of(4), rawValue(0x13, 'a', ''), Buffer.alloc((ippLimits.valuesMax + 1) * 5, rawValue(0x13, '', '')), Buffer.of(3)]), 'too many values'],
  ];

  it.each(cases)('refuses %s', (_name, bytes, reason) => {
    expect(() => decodeMessage(bytes)).toThrow(expect.objectContaining({ name: 'PermanentFailure', code: 'ipp.malformed-message', fields: expect.objectContaining({ reason }) }));
  });

  it('never fails otherwise on bytes changed or cut at random', () => {
    for (let seed = 1; seed <= 3_000; seed += 1) {
      const random = randomNumbers(seed);
      const bytes = encodeMessage(randomMessage(seed));
      for (let change = random(4); change >= 0; change -= 1) bytes[random(bytes.length)] = random(256);
      const cut = bytes.subarray(0, random(2) === 0 ? bytes.length : random(bytes.length + 1));
      const outcome = attempt(() => decodeMessage(cut).message);
      if (outcome instanceof Error) expect(outcome, `seed ${seed}`).toMatchObject({ code: 'ipp.malformed-message' });
      else expect(decodeMessage(encodeMessage(outcome)).message, `seed ${seed}`).toEqual(outcome);
    }
  });

  it('stops gathering attributes that never end', () => {
    const boundary = new MessageBoundary();
    boundary.push(Buffer.concat([header, Buffer.of(4)]));
    const value = Buffer.alloc(1024 * 1024, rawValue(0x13, '', ''));
    const gatherAll = (): void => {
      for (let count = 0; count < 10; count += 1) boundary.push(value);
    };
    expect(gatherAll).toThrow('attributes larger than the limit');
  });
});

function attempt<T>(act: () => T): T | Error {
  try {
    return act();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** One value as on the wire: tag, name with its length, value with its length. */
function rawValue(tag: number, name: string, value: string | Buffer): Buffer {
  const nameBytes = Buffer.from(name);
  const valueBytes = Buffer.from(value);
  const head = Buffer.alloc(3);
  head.writeUInt8(tag, 0);
  head.writeUInt16BE(nameBytes.length, 1);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(valueBytes.length, 0);
  return Buffer.concat([head, nameBytes, length, valueBytes]);
}
