import { describe, expect, it } from 'vitest';
import { DEFAULT_TEMPLATES } from '../notification-events/default-templates.js';
import { documentValues, failedValues, refusalValues, waitingValues } from '../notification-events/macro-values.js';
import type { EventName } from '../notification-events/notification-event.js';
import { type MacroValues, renderTemplate } from '../notification-events/render-template.js';
import { type ConfirmationMail, renderConfirmationMail, renderSponsorMail } from './confirmation-mail.js';
import { foreignText } from './foreign-text.js';
import { chooseLanguage, counted, type Language, MomentWriter } from './language.js';
import type { RenderedMail } from './letter.js';
import { readableCode } from './readable-code.js';
import { renderPinLinkMail } from './pin-link-mail.js';
import { renderTestMail } from './test-mail.js';

const moments = new MomentWriter('Europe/Paris');
const heldUntil = new Date('2026-11-25T13:05:00Z');
const until = (language: Language) => moments.write(heldUntil, language);
const renderEvent = (event: EventName, language: Language, values: MacroValues) => renderTemplate(DEFAULT_TEMPLATES[event][language], values, language);
const renderRefusal = (refusal: Parameters<typeof refusalValues>[0] & { readonly sender: string }, language: Language) =>
  renderEvent('refused', language, { $ADDRESS: foreignText(refusal.sender), ...refusalValues(refusal, language) });
const documents = [{ fileName: 'Rapport été.pdf', pages: 12 }, { fileName: '', pages: 1 }];
const refused = [{ fileName: 'photo.jpg', reason: 'unsupported-format', statusText: 'Job [x] has an invalid/unsupported mime type' }, { fileName: 'odd.pdf', reason: 'of-a-later-version', statusText: 'Too odd.' }];

const code = (language: Language, more = {}) =>
  renderEvent('document-waiting', language, waitingValues({ code: 'ABCDEFGH', queueName: 'Hall', subject: 'Réunion', documents, refused, heldUntil, ...more }, moments, language));

describe('the code mail', () => {
  it('says in English what is needed, the code first', () => {
    expect(code('en')).toMatchObject({ subject: 'Your code to print 2 documents – Réunion' });
    expect(code('en').text).toBe(`Your documents are waiting for you

Enter this code at a release point of “Hall” to print:

    ABCD-EFGH

Waiting
- Rapport été.pdf (12 pages)
- unnamed document (1 page)

Not printed
- photo.jpg (not a PDF)
- odd.pdf (Too odd.)

The code is valid until Wednesday, 25 November 2026 at 14:05 CET. Documents that were not fetched by then will be erased.

Capitals and the dash do not matter. Keep this code to yourself: it is all it takes to print your documents.
`);
  });

  it('says the same in French, with the spaces of French', () => {
    const { subject, text } = code('fr', { documents: documents.slice(0, 1), refused: [] });
    expect(subject).toBe('Votre code pour imprimer 1 document – Réunion');
    expect(text).toBe(`Vos documents vous attendent

Saisissez ce code à un point de retrait de «\u00a0Hall\u00a0» pour imprimer\u00a0:

    ABCD-EFGH

En attente
- Rapport été.pdf (12 pages)

Le code est valable jusqu’au mercredi 25 novembre 2026 à 14:05 UTC+1. Les documents non retirés d’ici là seront effacés.

Majuscules et tiret sont sans importance. Gardez ce code pour vous\u00a0: il suffit pour imprimer vos documents.
`);
  });

  it('has the code in both parts and never in the subject, where a locked screen would show it', () => {
    const { subject, text, html } = code('en', { subject: '' });
    expect(subject).toBe('Your code to print 2 documents');
    expect([text, html].map((part) => part.split('ABCD-EFGH').length)).toEqual([2, 2]);
    expect(code('en').subject).not.toMatch(/ABCD/u);
  });

  it.each([['ABCDEFGH', 'ABCD-EFGH'], ['ABCD', 'ABCD'], ['ABCDEF', 'ABCD-EF'], ['', '']])('writes the code %s as %s', (puk, readable) => expect(readableCode(puk)).toBe(readable));

  it('names thirty documents and counts the others', () => {
    const { text, html } = code('en', { documents: Array.from({ length: 33 }, (_, index) => ({ fileName: `${index}.pdf`, pages: 1 })), refused: [] });
    expect(text).toContain('- 29.pdf (1 page)\n- … and 3 more\n');
    expect(html).toContain('… and 3 more');
    expect(text).not.toContain('30.pdf');
  });
});

const all: Record<string, (language: Language, foreign: string) => RenderedMail> = {
  code: (language, foreign) =>
    renderEvent('document-waiting', language, { $QUEUESUPPORT: foreignText(foreign), ...waitingValues({ code: 'ABCDEFGH', queueName: foreign, subject: foreign, documents: [{ fileName: foreign, pages: 2 }], refused: [{ fileName: foreign, reason: foreign, statusText: foreign }], heldUntil }, moments, language) }),
  pin: (language, foreign) => renderEvent('document-waiting-pin', language, waitingValues({ code: '', queueName: foreign, subject: foreign, documents: [{ fileName: foreign, pages: 2 }], refused: [], heldUntil }, moments, language)),
  newCode: (language, foreign) => renderEvent('code-requested', language, waitingValues({ code: 'ABCDEFGH', queueName: foreign, subject: '', documents: [{ fileName: foreign, pages: 2 }], refused: [], heldUntil }, moments, language)),
  refusal: (language, foreign) => renderRefusal({ sender: foreign, subject: foreign, reason: foreign, statusText: foreign, refusedParts: [{ fileName: foreign, reason: 'encrypted', statusText: foreign }] }, language),
  aborted: (language, foreign) => renderEvent('failed', language, failedValues({ fileName: foreign, pages: 0 }, foreign, { reason: foreign, statusText: foreign }, language)),
  expiring: (language, foreign) => renderEvent('expiring', language, { ...documentValues([{ fileName: foreign, pages: 1 }], foreign, language), $UNTIL: until(language) }),
  expired: (language, foreign) => renderEvent('expired', language, documentValues([{ fileName: foreign, pages: 1 }], foreign, language)),
  completed: (language, foreign) => renderEvent('printed', language, { ...documentValues([{ fileName: foreign, pages: 1 }], foreign, language), $WHEN: until(language) }),
  pinLink: (language) => renderPinLinkMail({ link: 'https://print.test/pin/a/b', until: until(language) }, language),
  test: (language) => renderTestMail(language),
};

describe.each(Object.entries(all))('the mail "%s"', (_, render) => {
  it.each(['fr', 'en'] as const)('lets nobody write HTML or start a header in it (%s)', (language) => {
    const { subject, html, text } = render(language, 'a<script>alert(1)</script>&"\'\r\nBcc: victim@example.org\u202Efdp.exe');
    expect(html).not.toMatch(/<script|<\/script|[\u202e\r]/u);
    expect(subject).not.toMatch(/[\p{Cc}\u2028\u2029\u202e]/u);
    expect(text).not.toMatch(/^Bcc:|[\r\u202e]/mu);
  });

  it.each(['fr', 'en'] as const)('stays short when others write much (%s)', (language) => {
    const { subject, html, text } = render(language, '€<'.repeat(50_000));
    expect(subject.length).toBeLessThan(200);
    expect([text.length, html.length].every((length) => length < 5_000)).toBe(true);
  });

  it('says its language, has one heading, and is written in each language on its own', () => {
    const [french, english] = [render('fr', 'x'), render('en', 'x')];
    expect(french.html).toContain('<html lang="fr">');
    expect(english.html).toContain('<html lang="en">');
    expect(english.html.match(/<h1/gu)).toHaveLength(1);
    expect(french.subject).not.toBe(english.subject);
    expect(french.text).not.toBe(english.text);
  });
});

describe('the refusal mail', () => {
  it('says what to do in the reader\'s language, and gives the exact status text to whoever is asked for help', () => {
    const statusText = 'The job was submitted with a forbidden e-mail address: a@example.org';
    const refusal = { sender: 'a@example.org', subject: 'Plan', reason: 'sender-not-allowed', statusText, refusedParts: [] };
    expect(renderRefusal(refusal, 'fr')).toMatchObject({ subject: 'Non imprimé\u00a0: Plan', text: expect.stringContaining('Cette adresse n’est pas autorisée à imprimer ici.') as string });
    expect(renderRefusal(refusal, 'en')).toMatchObject({ subject: 'Not printed: Plan', text: expect.stringContaining(statusText) as string });
  });

  it('shows the status text where the reason is one that it doesn\'t know', () => {
    const { text } = renderRefusal({ sender: 'a@example.org', subject: '', reason: 'later', statusText: 'No user found with e-mail address: a@example.org', refusedParts: [] }, 'en');
    expect(text).toMatch(/^Your mail was not printed\n\nNo user found with e-mail address: a@example\.org\n/u);
  });
});

describe('the words', () => {
  it.each([[['fr-CA'], 'fr'], [['de', 'en-GB'], 'en'], [['', 'FR'], 'fr'], [['zh', ''], 'en'], [['french'], 'en']] as const)('are in the first language of %j that we have: %s', (wanted, language) => expect(chooseLanguage(wanted, 'en')).toBe(language));

  it('count zero as French and as English do', () => {
    expect([counted('fr', 0, 'page', 'pages'), counted('en', 0, 'page', 'pages'), counted('fr', 2, 'page', 'pages')]).toEqual(['0 page', '0 pages', '2 pages']);
  });

  it('keep no letter in half when they cut a name', () => expect(foreignText('😀'.repeat(200))).toBe(`${'😀'.repeat(119)}…`));
});

describe('a mail with a link', () => {
  const mail: ConfirmationMail = { address: 'ada@example.org', displayName: 'Ada', subject: 'Plans', documents: documents.slice(0, 1), link: 'https://print.test/confirm/a/b', until: 'noon' };

  it('asks the sender in both languages, with the link on a line of its own', () => {
    expect(renderConfirmationMail(mail, 'en').text).toBe(`Did you send these documents?

We received documents to print from the address ada@example.org, which we do not know yet. If you sent them, please confirm it:

https://print.test/confirm/a/b

Subject of the mail: Plans

Waiting
- Rapport été.pdf (12 pages)

The link is valid until noon. Without an answer the documents will be erased then.

If it was not you, ignore this mail or say so on the same page: nothing will be printed, and no account will be created.
`);
    expect(renderConfirmationMail(mail, 'fr').text).toContain('Avez-vous envoyé ces documents\u00a0?');
    expect(renderConfirmationMail({ ...mail, subject: '' }, 'en').text).not.toContain('Subject of the mail');
  });

  it('asks a sponsor by the sender\'s name and address, whatever is in them', () => {
    const { subject, html } = renderSponsorMail({ ...mail, displayName: '<b>Ada</b>\r\nBcc: x', link: 'https://print.test/?a="b"' }, 'en');
    expect(subject).toBe('Do you vouch for ada@example.org?');
    expect(html).toContain('&lt;b&gt;Ada&lt;/b&gt; Bcc: x (ada@example.org)');
    expect(html).toContain('href="https://print.test/?a=&quot;b&quot;"');
  });
});
