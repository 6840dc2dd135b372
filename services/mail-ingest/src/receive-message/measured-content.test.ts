import { expect, it } from 'vitest';
import { HEADER_BYTES_MAX, MAIL_BYTES_MAX } from '../limits.js';
import { MeasuredContent } from './measured-content.js';
import { drain } from './read-mail/byte-reader.js';
import { readMail } from './read-mail/read-mail.js';

async function measure(mail: string, pieceBytes = 65_536): Promise<{ sizeBytes: number; sha256: string }> {
  const bytes = Buffer.from(mail, 'latin1');
  async function* pieces() {
    for (let from = 0; from < bytes.length; from += pieceBytes) yield bytes.subarray(from, from + pieceBytes);
  }
  const content = new MeasuredContent(pieces());
  const { header, parts } = await readMail(content.bytes());
  content.knowBy(header);
  for await (const { body } of parts) await drain(body);
  return { sizeBytes: content.sizeBytes, sha256: content.sha256() };
}

const sign = async (mail: string) => (await measure(mail)).sha256;

const trace = (host: string) => `Return-Path: <a@example.org>\r\nDelivered-To: ${host}@example.org\r\nReceived: from ${host} by mx; Tue, 22 Nov 2022 06:00:0${host.length} +0100\r\nAuthentication-Results: ${host}; dkim=pass\r\nX-Spam-Score: 0.${host.length}\r\n`;
const authored = 'From: a@example.org\r\nTo: print@example.org\r\nDate: Tue, 22 Nov 2022 06:00:00 +0100\r\nSubject: a long\r\n subject\r\nMessage-ID: <one@example.org>\r\nContent-Type: text/plain\r\n';
const body = '\r\nReceived: hello\r\n';
const mail = trace('a') + authored + body;

it('knows a mail again that other servers delivered, wherever its transfer cuts it', async () => {
  const first = await sign(mail);
  expect(await sign(trace('another') + authored + body)).toBe(first);
  expect(await sign(authored + trace('behind') + body)).toBe(first);
  for (let size = 1; size < mail.length; size += 7) expect((await measure(mail, size)).sha256).toBe(first);
});

it.each([
  ['another body', mail.replace('hello', 'hallo')],
  ['a body that is longer', `${mail}.`],
  ['another Message-ID', mail.replace('<one@', '<two@')],
  ['another date', mail.replace('Date: Tue, 22', 'Date: Wed, 23')],
  ['another subject', mail.replace('a long', 'a short')],
  ['another type', mail.replace('text/plain', 'text/html')],
  ['a second From', mail.replace('To:', 'From: b@example.org\r\nTo:')],
  ['fields that show that it was redirected', `Resent-Date: Wed, 23 Nov 2022 06:00:00 +0100\r\nResent-From: b@example.org\r\n${mail}`],
])('takes a mail with %s for another one, although its Message-ID may be the same', async (_what, other) => {
  expect(await sign(other)).not.toBe(await sign(mail));
});

it('knows a mail without Message-ID by all its bytes: a device may well send the same report each day', async () => {
  const nameless = mail.replace(/Message-ID:.*\r\n/, '');
  expect(await sign(nameless)).toBe(await sign(nameless));
  expect(await sign(nameless.replace('from a by', 'from b by'))).not.toBe(await sign(nameless));
  expect(await sign(mail.replace(/Message-ID:.*\r\n/, 'Message-ID: \r\n').replace('from a by', 'from b by'))).not.toBe(await sign(mail.replace(/Message-ID:.*\r\n/, 'Message-ID: \r\n')));
});

it('knows a mail whose header is longer than may be by all its bytes', async () => {
  const long = (host: string, bytes: number) => `${authored}${trace(host)}X-Long: ${'x'.repeat(bytes)}\r\n${body}`;
  for (const bytes of [HEADER_BYTES_MAX, 4 * HEADER_BYTES_MAX]) {
    expect(await sign(long('a', bytes))).toBe(await sign(long('a', bytes)));
    expect(await sign(long('a', bytes))).not.toBe(await sign(long('b', bytes)));
  }
});

it('measures a mail that is longer than may be, and hands nothing of the rest on', async () => {
  let given = 0;
  const content = new MeasuredContent((async function* () {
    for (let sent = 0; sent < MAIL_BYTES_MAX + 3_000_000; sent += 1_000_000) yield Buffer.alloc(1_000_000);
  })());
  for await (const chunk of content.bytes()) given += chunk.length;
  expect(content.sizeBytes).toBeGreaterThan(MAIL_BYTES_MAX + 2_000_000);
  expect(given).toBeLessThanOrEqual(MAIL_BYTES_MAX);
});
