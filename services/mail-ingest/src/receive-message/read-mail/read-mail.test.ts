import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { PARTS_MAX } from '../../limits.js';
import { readMail } from './read-mail.js';
import { attachedFile, writeTnef } from './write-tnef.harness.js';

/** A mail in pieces of this size. */
async function* inPieces(mail: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let from = 0; from < mail.length; from += size) yield mail.subarray(from, from + size);
}

interface ReadPart {
  readonly mediaType: string;
  readonly within: string;
  readonly body: string;
}

async function read(mail: string | Buffer, pieceBytes = 65_536): Promise<{ parts: ReadPart[]; stopped: string | undefined; subject: string }> {
  const { header, parts, stopped } = await readMail(inPieces(Buffer.from(mail as string, 'latin1'), pieceBytes));
  const found: ReadPart[] = [];
  for await (const { label, body } of parts) {
    const content = (await buffer(body)).toString('latin1');
    const { mediaType, within } = label();
    found.push({ mediaType, within, body: content });
  }
  return { parts: found, stopped: stopped(), subject: header.first('subject') };
}

const bodies = async (mail: string) => (await read(mail)).parts.map(({ body }) => body);

function multipart(boundary: string, ...parts: string[]): string {
  return `Content-Type: multipart/mixed; boundary="${boundary}"\n\n${parts.map((part) => `--${boundary}\n${part}\n`).join('')}--${boundary}--\n`;
}

describe('a mail', () => {
  const binary = randomBytes(700);
  const lines = binary.toString('base64').replaceAll(/.{76}/g, '$&\r\n');
  const rich = [
    'Subject: rich', 'Content-Type: multipart/mixed; boundary=outer', '', 'preamble with --outer in it', '--outer', 'Content-Type: multipart/alternative; boundary="outer-inner"', '',
    '--outer-inner', 'Content-Type: text/plain', '', 'hello', '', '--outer-innermost is not a delimiter', '--outer-inner', 'Content-Type: text/html', 'Content-Transfer-Encoding: quoted-printable', '', '<p>caf=E9</p>=', '', '--outer-inner--', 'epilogue',
    '--outer  ', 'Content-Type: application/pdf', 'Content-Transfer-Encoding: base64', '', lines, '--outer', 'Content-Type: message/rfc822', '', 'Subject: forwarded', 'Content-Type: multipart/mixed; boundary=third', '', '--third', '', 'inner text', '--third--', '--outer--', 'epilogue', '--outer', '', 'not a part',
  ].join('\r\n');
  const expected = [
    { mediaType: 'text/plain', within: 'alternative', body: 'hello\r\n\r\n--outer-innermost is not a delimiter' },
    { mediaType: 'text/html', within: 'alternative', body: '<p>caf\xe9</p>' },
    { mediaType: 'application/pdf', within: 'mixed', body: binary.toString('latin1') },
    { mediaType: 'text/plain', within: 'mixed', body: 'inner text' },
  ];

  it('is read the same wherever its transfer cuts it', async () => {
    for (let size = 1; size <= rich.length; size += size < 100 ? 1 : 17) expect((await read(rich, size)).parts, `in pieces of ${size}`).toEqual(expected);
  });

  it('is read the same with line feeds alone', async () => {
    const unix = rich.replaceAll('\r\n', '\n');
    for (let size = 1; size <= 100; size += 1) expect((await read(unix, size)).parts.map(({ body }) => body.replaceAll('\r\n', '\n'))).toEqual(expected.map(({ body }) => body.replaceAll('\r\n', '\n')));
  });

  it('without MIME is one text', async () => {
    expect((await read('Subject: plain\n\nhello\nworld')).parts).toEqual([{ mediaType: 'text/plain', within: '', body: 'hello\nworld' }]);
  });

  it('may be a document as a whole', async () => {
    expect((await read('Content-Type: application/pdf\n\n%PDF-1.7')).parts).toEqual([{ mediaType: 'application/pdf', within: '', body: '%PDF-1.7' }]);
  });

  it('goes on after a part that nobody reads', async () => {
    const { parts } = await readMail(inPieces(Buffer.from(multipart('b', `\n${'x'.repeat(5_000)}`, 'Content-Type: text/csv\n\nsecond')), 100));
    const second: string[] = [];
    for await (const { label, body } of parts) if (label().mediaType === 'text/csv') second.push((await buffer(body)).toString());
    expect(second).toEqual(['second']);
  });

  it('has empty parts, and parts without a header', async () => {
    expect(await bodies('Content-Type: multipart/mixed; boundary=b\n\n--b\n--b\n\n--b\n\ntext\n--b--')).toEqual(['', '', 'text']);
  });

  it('that is cut off ends with its last bytes', async () => {
    expect(await bodies('Content-Type: multipart/mixed; boundary=b\n\n--b\n\nfirst\n--b\n\nsecond half')).toEqual(['first', 'second half']);
    expect(await bodies('Content-Type: multipart/mixed; boundary=b\n\n--b\n\nfirst\n--b-')).toEqual(['first\n--b-']);
    expect(await bodies('Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain')).toEqual(['']);
  });

  it('keeps apart boundaries that begin alike', async () => {
    expect(await bodies(multipart('b', multipart('bb', '\ninner'), '\nouter'))).toEqual(['inner', 'outer']);
  });

  it('is looked into when it is attached, encoded or not, and within another attached one', async () => {
    const innermost = 'Content-Type: message/rfc822\n\nSubject: c\nContent-Type: application/pdf\n\n%PDF-c';
    const encoded = `Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment\n\n${Buffer.from(`Subject: b\n${multipart('inner', innermost)}`).toString('base64')}`;
    expect(await bodies(multipart('b', encoded, '\nend'))).toEqual(['%PDF-c', 'end']);
  });
});

describe('an envelope', () => {
  const pdf = Buffer.from('%PDF-1.7 in an envelope');
  const coded = (head: string, content: Buffer) => `${head}\nContent-Transfer-Encoding: base64\n\n${content.toString('base64').replaceAll(/.{76}/g, '$&\n')}`;
  const winmail = (tnef: Buffer, type = 'application/ms-tnef') => coded(`Content-Type: ${type}; name=winmail.dat\nContent-Disposition: attachment`, tnef);
  async function labels(mail: string, pieceBytes?: number) {
    const { parts, stopped } = await readMail(inPieces(Buffer.from(mail, 'latin1'), pieceBytes ?? 65_536));
    const found: { label: () => unknown; body: string }[] = [];
    for await (const { label, body } of parts) found.push({ label, body: (await buffer(body)).toString('latin1') });
    return { parts: found.map(({ label, body }) => ({ ...(label() as object), body })), stopped: stopped() };
  }

  it('of Outlook (TNEF) gives what is attached in it, in attached messages too, whatever type it has', async () => {
    const message = writeTnef([attachedFile('inner.pdf', pdf)]);
    const tnef = writeTnef([attachedFile('outer.pdf', pdf), { properties: [[0x3701, { message }]] }, attachedFile('logo.png', pdf, [[0x3714, 4]])]);
    for (const type of ['application/ms-tnef', 'application/octet-stream']) {
      const { parts, stopped } = await labels(multipart('b', '\ntext', winmail(tnef, type), '\nend'));
      expect(stopped).toBe(undefined);
      expect(parts).toMatchObject([
        { mediaType: 'text/plain' }, { fileName: 'outer.pdf', mediaType: 'application/octet-stream', disposition: 'attachment', within: 'ms-tnef', body: pdf.toString() },
        { fileName: 'inner.pdf', body: pdf.toString() }, { fileName: 'logo.png', disposition: 'inline' }, { body: 'end' },
      ]);
    }
  });

  it('of Outlook that holds nothing is said to, and a damaged one to be what it was sent as', async () => {
    expect(await labels(winmail(writeTnef([])))).toMatchObject({ parts: [{ fileName: 'winmail.dat', mediaType: 'application/ms-tnef', disposition: '', within: 'ms-tnef' }], stopped: undefined });
    expect(await labels(winmail(writeTnef([attachedFile('a.pdf', pdf)]).subarray(0, 60)))).toMatchObject({ parts: [{ fileName: 'winmail.dat', disposition: 'attachment', within: '' }], stopped: 'damaged-envelope' });
    expect(await labels(winmail(Buffer.from('no TNEF')))).toMatchObject({ parts: [{ fileName: 'winmail.dat', body: 'no TNEF' }], stopped: undefined });
  });

  it('of Outlook inside each other is opened to the level that may be', async () => {
    const deep = Array.from({ length: 30 }).reduce<Buffer>((message) => writeTnef([{ properties: [[0x3701, { message }]] }]), writeTnef([attachedFile('a.pdf', pdf)]));
    expect(await labels(winmail(deep))).toMatchObject({ parts: [], stopped: 'nested-too-deep' });
    const many = writeTnef(Array.from({ length: PARTS_MAX + 10 }, (_, index) => attachedFile(`${index}.pdf`, pdf)));
    expect(await labels(winmail(many))).toMatchObject({ parts: { length: PARTS_MAX }, stopped: 'too-many-parts' });
  });

  it('of S/MIME that can not be opened is given as it is', async () => {
    const enveloped = Buffer.from('308006092a864886f70d010703a080', 'hex');
    const smime = (content: Buffer, name = 'smime.p7m', type = 'application/pkcs7-mime') => labels(coded(`Content-Type: ${type}; name=${name}`, content));
    expect((await smime(enveloped)).parts).toMatchObject([{ fileName: 'smime.p7m', within: 'encrypted' }]);
    expect((await smime(enveloped, 'smime.p7m', 'application/octet-stream')).parts).toMatchObject([{ within: 'encrypted' }]);
    const signature = Buffer.from('308006092a864886f70d010702a080', 'hex');
    expect(await smime(signature, 'smime.p7s', 'application/octet-stream')).toMatchObject({ parts: [{ fileName: 'smime.p7s', within: '' }], stopped: undefined });
    expect(await smime(signature)).toMatchObject({ parts: [{ fileName: 'smime.p7m', within: '' }], stopped: 'damaged-envelope' });
  });

  it('of PGP is known to be one', async () => {
    expect((await labels(multipart('b', 'Content-Type: application/pgp-encrypted\n\nVersion: 1', 'Content-Type: application/octet-stream\n\nx').replace('mixed', 'encrypted'))).parts).toMatchObject([{ within: 'encrypted' }, { within: 'encrypted' }]);
  });

  it('of a digest (RFC 2046, 5.1.5) is made of mails', async () => {
    const digest = multipart('b', '\nSubject: one\nContent-Type: application/pdf\n\n%PDF-1', 'Content-Type: text/plain\n\nSubject: two').replace('mixed', 'digest');
    expect((await read(digest)).parts).toEqual([{ mediaType: 'application/pdf', within: '', body: '%PDF-1' }, { mediaType: 'text/plain', within: 'digest', body: 'Subject: two' }]);
  });

  it('for a piece of a mail is not opened', async () => {
    expect((await read('Content-Type: message/partial; id=x; number=1; total=2\n\nContent-Type: application/pdf\n\n%PDF-')).parts).toMatchObject([{ mediaType: 'message/partial' }]);
  });

  it('that is an attached mail in quoted-printable is opened too', async () => {
    const quoted = 'Content-Type: message/rfc822\nContent-Transfer-Encoding: quoted-printable\n\nContent-Type=3A application/pdf\n\n%PDF=2D1';
    expect((await read(multipart('b', quoted))).parts).toMatchObject([{ mediaType: 'application/pdf', body: '%PDF-1' }]);
  });
});

describe('a hostile mail', () => {
  it('of a million parts is read as far as parts may be', async () => {
    const { parts, stopped } = await read(`Content-Type: multipart/mixed; boundary=b\n\n${'--b\n\nx\n'.repeat(1_000_000)}`);
    expect([parts.length, stopped]).toEqual([PARTS_MAX, 'too-many-parts']);
  });

  it('of ten thousand levels is read to the level that may be', async () => {
    const opening = Array.from({ length: 10_000 }, (_, level) => `Content-Type: multipart/mixed; boundary=b${level}\n\n--b${level}\n`).join('');
    expect(await read(`${opening}\nhidden`)).toMatchObject({ parts: [], stopped: 'nested-too-deep' });
    const attached = 'Content-Type: message/rfc822\n\n'.repeat(10_000);
    expect(await read(`${attached}\nhidden`)).toMatchObject({ parts: [], stopped: 'nested-too-deep' });
  });

  it('with a header of megabytes is read behind it', async () => {
    const long = `Subject: kept\nX-Long: ${'x'.repeat(5_000_000)}\nX-Many: y${'\nX-Many: y'.repeat(100_000)}\nContent-Type: application/pdf\n\nbody`;
    for (const size of [1_000, 65_536]) expect(await read(long, size)).toMatchObject({ subject: 'kept', parts: [{ body: 'body' }] });
  });

  it('of any bytes is read the same wherever its transfer cuts it, and never stops the reader', async () => {
    const pdf = Buffer.from('%PDF-1.7 in an envelope');
    const seeds = [
      multipart('b', multipart('bb', 'Content-Type: text/plain\n\ninner'), 'Content-Type: application/pdf; name*0*=utf-8\'\'a%E2; name*1*=%82%AC\nContent-Transfer-Encoding: base64\n\nJVBERi0xLjcK\n', 'Content-Type: message/rfc822\n\nSubject: x\n\n=?utf-8?q?=C3=A9?='),
      `Content-Type: application/ms-tnef\n\n${writeTnef([attachedFile('a.pdf', pdf), { properties: [[0x3701, { message: writeTnef([attachedFile('b.pdf', pdf)]) }]] }]).toString('latin1')}`,
      'Content-Type: application/pkcs7-mime; name=smime.p7m\n\n0\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80\x30\x80\x02\x01\x01\x31\x00\x30\x80\x06\x01\x01\xa0\x80\x24\x80\x04\x05\n%PDF\x04\x01-\x00\x00',
      'Content-Type: application/pdf\nContent-Transfer-Encoding: quoted-printable\n\n%PDF=2D =\n  x=\r\n=3',
      'Content-Type: application/pdf\nContent-Transfer-Encoding: x-uuencode\n\nbegin 644 a\n%)5!$1BT\n`\nend\n',
    ].map((text) => Buffer.from(text, 'latin1'));
    // Always the same mails: xorshift32.
    let state = 2_463_534_242;
    const random = (below: number): number => {
      for (const shift of [13, -17, 5]) state = (state ^ (shift > 0 ? state << shift : state >>> -shift)) >>> 0;
      return state % below;
    };
    for (let round = 0; round < 600; round += 1) {
      const mail = Buffer.from(seeds[round % seeds.length] ?? '');
      for (let change = 0; change <= round % 7; change += 1) mail[random(mail.length)] = change % 2 === 0 ? random(256) : ('\r\n-=: ;"0'.charCodeAt(random(9)));
      const whole = await read(mail);
      for (const size of [1, 1 + random(40)]) expect(await read(mail, size), JSON.stringify(mail.toString('latin1'))).toEqual(whole);
    }
  });

  it.each([
    ['a multipart without a boundary', 'Content-Type: multipart/mixed\n\n--b\n\nx\n--b--', 'multipart/mixed'],
    ['a boundary that never comes', 'Content-Type: multipart/mixed; boundary=never\n\nx', undefined],
    ['an empty mail', '', 'text/plain'],
    ['NUL bytes', '\0Content-Type: application/pdf\0\n\n\0\0', 'text/plain'],
    ['two types', 'Content-Type: application/pdf\nContent-Type: text/html\n\nx', 'application/pdf'],
    ['a type like no other', 'Content-Type: ;;;=\x01=";\n\nx', 'text/plain'],
    ['a header without an end', `Content-Type: application/pdf\nX: ${'x'.repeat(10_000)}`, 'application/pdf'],
  ])('with %s does not stop the reader', async (_what, mail, mediaType) => {
    const { parts } = await read(mail);
    expect(parts[0]?.mediaType).toBe(mediaType);
  });

  it('whose lines nearly are delimiters is read in linear time', async () => {
    const body = '--b \x01\n'.repeat(500_000);
    const startedAt = performance.now();
    const { parts } = await read(multipart('b', `\n${body}`));
    expect(parts[0]?.body.length).toBe(body.length);
    expect(performance.now() - startedAt).toBeLessThan(20_000);
  });
});
