import { describe, expect, it } from 'vitest';
import { groupTag, type IppAttribute, type IppMessage } from '../codec/message.js';
import { answerLine, countDocument, requestLine } from './trace-exchange.js';

const message = (attributes: readonly IppAttribute[], code = 0): IppMessage => ({ version: { major: 2, minor: 0 }, code, requestId: 7, groups: [{ tag: groupTag.operation, attributes }] });

describe('a line of a conversation', () => {
  it('says the operation, and each attribute as people write it', () => {
    const line = requestLine('Create-Job', message([
      { name: 'attributes-charset', values: [{ syntax: 'charset', value: 'utf-8' }] },
      { name: 'job-name', values: [{ syntax: 'name', value: 'two words' }] },
      { name: 'copies', values: [{ syntax: 'integer', value: 2 }] },
      { name: 'page-ranges', values: [{ syntax: 'rangeOfInteger', lower: 1, upper: 3 }, { syntax: 'rangeOfInteger', lower: 5, upper: 5 }] },
      { name: 'printer-resolution', values: [{ syntax: 'resolution', crossFeed: 300, feed: 300, units: 3 }] },
      { name: 'media-col', values: [{ syntax: 'collection', members: [{ name: 'media-type', values: [{ syntax: 'keyword', value: 'stationery' }] }] }] },
      { name: 'job-hold-until', values: [{ syntax: 'no-value' }] },
      { name: 'date-time-at-creation', values: [{ syntax: 'dateTime', value: { year: 2026, month: 7, day: 1, hour: 9, minute: 5, second: 0, deciSecond: 0, utcDirection: '+', utcHours: 2, utcMinutes: 0 } }] },
      { name: 'x-acme', values: [{ syntax: 'octetString', value: Buffer.from([1, 255]) }, { syntax: 'octetString', value: Buffer.alloc(900) }] },
    ]));
    expect(line).toBe('C: Create-Job 2.0 #7 operation: job-name="two words" copies=2 page-ranges=1-3,5-5 printer-resolution=300x300dpi '
      + 'media-col={media-type=stationery} job-hold-until=no-value date-time-at-creation=2026-07-01T09:05:00+02:00 x-acme=0x01ff,(900 octets)');
  });

  it('hides what people type at the printer', () => {
    const secrets = ['job-password', 'document-password', 'x-release-pin'].map((name): IppAttribute => ({ name, values: [{ syntax: 'octetString', value: Buffer.from('1234') }] }));
    expect(requestLine('Create-Job', message(secrets))).toBe('C: Create-Job 2.0 #7 operation: job-password=(hidden) document-password=(hidden) x-release-pin=(hidden)');
  });

  it('says the printer\'s answer by its name', () => {
    expect(answerLine(message([], 0x0507))).toBe('S: server-error-busy #7');
  });

  it('counts a document, whole or broken off, and shows nothing of it', async () => {
    const lines: string[] = [];
    const chunks = [Buffer.from('secret'), Buffer.from('text')];
    const passed: Uint8Array[] = [];
    for await (const chunk of countDocument((async function* () { yield* chunks; })(), (line) => lines.push(line))) passed.push(chunk);
    expect(Buffer.concat(passed).toString()).toBe('secrettext');
    for await (const _ of countDocument((async function* () { yield* chunks; })(), (line) => lines.push(line))) break;
    expect(lines).toEqual(['C: 10 bytes of the document, the whole of it', 'C: 6 bytes of the document, and there it ended']);
  });
});
