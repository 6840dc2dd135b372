import { describe, expect, it } from 'vitest';
import { decidePart, type PartFacts, statusText } from './decide-part.js';

const part = (own: Partial<PartFacts>): PartFacts => ({ mediaType: 'application/octet-stream', disposition: '', fileName: '', within: 'mixed', isPdf: false, ...own });

describe('a part', () => {
  it.each([
    { mediaType: 'application/pdf' },
    { mediaType: 'application/octet-stream', fileName: 'no-ending' },
    { mediaType: 'image/jpeg', fileName: 'photo.jpg', disposition: 'inline' },
    { mediaType: 'text/plain', fileName: 'wrong.txt' },
    { mediaType: 'text/html', disposition: 'attachment' },
    { mediaType: 'text/calendar' },
  ])('with the signature of a PDF is a document, whatever it is called: %j', (own) => expect(decidePart(part({ ...own, isPdf: true }))).toEqual({ fate: 'document' }));

  it('that is the text of the mail is none, even when it speaks of "%PDF-"', () => {
    for (const mediaType of ['text/plain', 'text/html']) expect(decidePart(part({ mediaType, isPdf: true }))).toEqual({ fate: 'ignored', reason: 'text' });
  });

  it.each([{ mediaType: 'application/pdf' }, { mediaType: 'application/x-pdf', fileName: 'x' }, { fileName: 'Report.PDF', disposition: 'attachment' }])(
    'that only claims to be a PDF is refused as such: %j', (own) => expect(decidePart(part(own))).toEqual({ fate: 'refused', reason: 'not-a-pdf' }));

  it.each([
    [{ fileName: 'encrypted.asc', within: 'encrypted' }, 'encrypted-mail', 'Job [7] is in an encrypted mail, which can\'t be read here: send it without encryption'],
    [{ mediaType: 'message/partial', isPdf: true }, 'partial-mail', 'Job [7] is a piece of a mail that was sent in several: send it in one'],
  ] as const)('that can\'t be read here is refused with a word about it: %j', (own, reason, text) => {
    expect(decidePart(part(own))).toEqual({ fate: 'refused', reason });
    expect(statusText(reason, '7')).toBe(text);
  });

  it.each([
    { mediaType: 'application/msword', fileName: 'letter.doc' },
    { mediaType: 'image/png', disposition: 'attachment', fileName: 'scan.png' },
    { mediaType: 'text/plain', disposition: 'attachment' },
    { mediaType: 'text/csv' },
    { mediaType: 'application/pkcs7-mime', fileName: 'smime.p7m' },
    { mediaType: 'application/ms-tnef', fileName: 'winmail.dat' },
    { mediaType: 'message/external-body' },
    {},
  ])('of another format is refused: %j', (own) => expect(decidePart(part(own))).toEqual({ fate: 'refused', reason: 'unsupported-format' }));

  it.each([
    [{ mediaType: 'image/png', disposition: 'inline', fileName: 'logo.png' }, 'inline-image'],
    [{ mediaType: 'image/gif', disposition: 'attachment', within: 'related' }, 'inline-image'],
    [{ mediaType: 'application/pkcs7-signature', disposition: 'attachment', fileName: 'smime.p7s' }, 'signature'],
    [{ mediaType: 'application/pgp-signature', fileName: 'signature.asc' }, 'signature'],
    [{ mediaType: 'application/octet-stream', fileName: 'smime.p7s' }, 'signature'],
    [{ mediaType: 'application/pkcs7-mime', fileName: 'smime.p7c' }, 'signature'],
    [{ mediaType: 'application/applefile', fileName: 'report.pdf', within: 'appledouble' }, 'mac-metadata'],
    [{ mediaType: 'application/octet-stream', fileName: '._report.pdf' }, 'mac-metadata'],
    [{ mediaType: 'application/ms-tnef', fileName: 'winmail.dat', within: 'ms-tnef' }, 'rich-text'],
    [{ mediaType: 'image/png', disposition: 'inline', within: 'ms-tnef' }, 'inline-image'],
    [{ disposition: 'inline', fileName: 'logo.png', within: 'ms-tnef' }, 'inline-image'],
    [{ mediaType: 'application/pgp-encrypted', within: 'encrypted' }, 'signature'],
    [{ mediaType: 'text/calendar', fileName: 'invite.ics' }, 'calendar'],
    [{ mediaType: 'text/vcard', fileName: 'me.vcf' }, 'contact'],
    [{ mediaType: 'message/delivery-status' }, 'report'],
  ])('that belongs to the mail is ignored: %j', (own, reason) => expect(decidePart(part(own))).toEqual({ fate: 'ignored', reason }));
});

it('has the status text of the manual when its format is not supported', () => {
  for (const reason of ['unsupported-format', 'not-a-pdf'] as const) expect(statusText(reason, 'some-id')).toBe('Job [some-id] has an invalid/unsupported mime type');
});
