import { describe, expect, it } from 'vitest';
import { MomentWriter } from '../templates/language.js';
import { targetsProblem, templateProblem } from './check-template.js';
import { DEFAULT_TEMPLATES } from './default-templates.js';
import { EVENT_RULES, EVENTS, type Template } from './notification-event.js';
import { renderTemplate } from './render-template.js';
import { sampleValues } from './sample-values.js';

const good: Template = { subject: 'Yours', title: 'Title', text: 'Your code:\n\n$CODE' };
const items = (count: number) => Array.from({ length: count }, (_, index) => ({ name: `${index}.pdf`, detail: '' }));

describe('the words that Inkpost brings along', () => {
  it.each(EVENTS.flatMap((event) => (['fr', 'en'] as const).map((language) => [event, language] as const)))('for %s in %s are as good as any that an administrator writes', (event, language) => {
    const template = DEFAULT_TEMPLATES[event][language];
    expect(templateProblem(event, template)).toBeUndefined();
    expect(targetsProblem(event, EVENT_RULES[event])).toBeUndefined();
    const { subject, text, html } = renderTemplate(template, sampleValues(new MomentWriter('Europe/Paris'), language, new Date()), language);
    expect([subject, text, html].join('\n')).not.toMatch(/\$[A-Z]/u);
  });
});

describe('a template', () => {
  it('is written paragraph by paragraph: the code large, lists as lists, what may be skipped small', () => {
    const text = 'Dear $USER,\nhere it is:\n\n$CODE\n\nWaiting at $QUEUE\n$DOCUMENTS\n\n> Small';
    const mail = renderTemplate({ ...good, text }, { $USER: 'Ada', $CODE: 'ABCD-EFGH', $QUEUE: 'Hall', $DOCUMENTS: [{ name: 'a.pdf', detail: '2 pages' }] }, 'en');
    expect(mail.text).toBe('Title\n\nDear Ada, here it is:\n\n    ABCD-EFGH\n\nWaiting at Hall\n- a.pdf (2 pages)\n\nSmall\n');
    expect(mail.html).toMatch(/<p style="font:bold[^>]*>ABCD-EFGH<\/p>/u);
    expect(mail.html).toMatch(/<p style="color[^>]*>Small<\/p>/u);
  });

  it('leaves out a paragraph whose macro has nothing to say, and a list without items', () => {
    const mail = renderTemplate({ ...good, subject: 'About – $SUBJECT', text: 'Stays\n\nHelp: $QUEUESUPPORT\n\nNot printed\n$REFUSED' }, { $SUBJECT: '', $QUEUESUPPORT: '', $REFUSED: [] }, 'en');
    expect(mail).toMatchObject({ subject: 'About', text: 'Title\n\nStays\n' });
  });

  it('takes nothing that others wrote for a macro, nor for HTML', () => {
    const mail = renderTemplate({ ...good, subject: '$SUBJECT', text: '$CODE\n\nAbout $SUBJECT' }, { $CODE: 'ABCD', $SUBJECT: '$CODE <b>' }, 'en');
    expect(mail.subject).toBe('$CODE <b>');
    expect(mail.html.split('ABCD')).toHaveLength(2);
    expect(mail.html).toContain('About $CODE &lt;b&gt;');
  });

  it('names a few documents within a line', () => {
    const subjectOf = (count: number) => renderTemplate({ ...good, subject: 'Printed: $DOCUMENTS' }, { $DOCUMENTS: items(count) }, 'en').subject;
    expect([subjectOf(1), subjectOf(3), subjectOf(4)]).toEqual(['Printed: 0.pdf', 'Printed: 0.pdf, 1.pdf, 2.pdf', 'Printed: 0.pdf, 1.pdf, 2.pdf, …']);
  });
});

describe('words that can\'t be kept', () => {
  it.each([
    ['text', { text: 'No code' }, /^must have \$CODE/u], ['subject', { subject: 'Your code is $CODE' }, /^must not have \$CODE/u], ['title', { title: '$CODE' }, /^must not have \$CODE/u],
    ['text', { text: '$CODE for $USERS' }, /^must not have \$USERS: this event knows \$USER, /u], ['text', { text: '$CODE: $REASON' }, /^must not have \$REASON/u],
    ['subject', { subject: 'a\r\nBcc: b@example.org' }, /one line/u], ['subject', { subject: ' ' }, /one line/u], ['text', { text: `$CODE${'a'.repeat(5_000)}` }, /1 to 5000/u], ['text', { text: '$CODE\u0007' }, /1 to 5000/u],
    ['text', { text: '$CODEX' }, /^must not have \$CODEX/u],
  ])('are named by the field %s: %j', (field, more, reason) => {
    expect(templateProblem('document-waiting', { ...good, ...more })).toMatchObject({ field, reason: expect.stringMatching(reason) as string });
  });

  it('nor does a code go to anybody but its owner', () => {
    expect(targetsProblem('document-waiting', { enabled: true, targets: ['$USER', '$QUEUEADMIN'] })?.reason).toMatch(/^must be \$USER alone/u);
    expect(targetsProblem('failed', { enabled: true, targets: ['$USER', '$QUEUEADMIN', 'desk@example.org'] })).toBeUndefined();
    expect(targetsProblem('failed', { enabled: true, targets: ['$QUEUEQUOTA'] })?.reason).toMatch(/must each be/u);
    expect(targetsProblem('failed', { enabled: true, targets: [] })?.field).toBe('targets');
    expect(targetsProblem('certificate-expired', { enabled: true, targets: ['$USER'] })?.reason).toMatch(/^must be mail addresses/u);
    expect(targetsProblem('certificate-expired', { enabled: true, targets: [] })?.field).toBe('targets');
    expect(targetsProblem('refused', { enabled: true, targets: ['$QUEUEADMIN'] })?.field).toBe('targets');
  });
});
