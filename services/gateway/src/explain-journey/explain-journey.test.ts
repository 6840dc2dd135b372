import { describe, expect, it } from 'vitest';
import { answerWhy } from './answer-why.js';
import { describeStep } from './describe-step.js';
import { SENTENCES } from './sentences.js';
import type { Evidence, Step } from './step.js';

let clock = 0;

function step(service: string, keyword: string, evidence: Evidence = {}, documentId?: string): Step {
  clock += 1_000;
  return { at: new Date(clock), service, step: keyword, evidence, documentId };
}

const received = () => step('mail-ingest', 'received', { source: 'smtp', mailbox: 'print@inkpost.test', sender: 'ada@example.org', documents: 1, refusedParts: 0 });
const lobby = { fileName: 'letter.pdf', queueId: 'lobby', queueName: 'Lobby' };
const held = (document = 'one', fileName = 'letter.pdf') => step('print-submit', 'held', { ...lobby, fileName, jobHoldUntil: '2026-07-31T18:00:00.000Z' }, document);

describe('a step', () => {
  it.each<[Step, string]>([
    [received(), 'A mail from ada@example.org came in for print@inkpost.test by SMTP, with 1 document.'],
    [
      step('mail-ingest', 'received', { source: 'imap', mailbox: 'a@b', sender: 'c@d', documents: 2, refusedParts: 1, automaticSign: 'Auto-Submitted: auto-replied' }),
      'A mail from c@d came in for a@b by IMAP, with 2 documents and 1 part that can\'t be printed; it is an automatic mail (Auto-Submitted: auto-replied), which is never answered.',
    ],
    [
      step('mail-ingest', 'received', { source: 'office365', protocol: 'graph', mailbox: 'a@b', documents: 1 }),
      'A mail came in for a@b from Office 365 by Microsoft Graph, with 1 document.',
    ],
    [step('mail-ingest', 'received', { source: 'google', protocol: 'imap', mailbox: 'a@b', documents: 0 }), 'A mail came in for a@b from Google Workspace by IMAP, with 0 documents.'],
    [step('mail-ingest', 'received', { source: 'smtp', protocol: 'LMTP', mailbox: 'a@b', documents: 1 }), 'A mail came in for a@b by LMTP, with 1 document.'],
    [step('mail-ingest', 'received-again', { source: 'smtp', protocol: 'LMTP', mailbox: 'a@b' }), 'The same mail came in again by LMTP; it is not processed twice.'],
    [step('mail-ingest', 'part-ignored', { fileName: 'logo.png', mediaType: 'image/png', reason: 'inline-image' }), 'logo.png (image/png) was left out: it is an image that is shown in the text.'],
    [step('mail-ingest', 'part-ignored', { fileName: '', mediaType: 'x/y', reason: 'of-a-later-version' }), 'A part (x/y) was left out: of-a-later-version.'],
    [step('mail-ingest', 'reading-stopped', { reason: 'damaged-envelope' }), 'The mail was not read to its end: what it came wrapped in (winmail.dat, or an S/MIME signature) is damaged.'],
    [
      step('acceptance', 'sender-refused', { address: 'eve@example.org', rule: 'refused address eve@example.org', statusText: 'The job was submitted with a forbidden e-mail address: eve@example.org' }),
      'The job was submitted with a forbidden e-mail address: eve@example.org (refused address eve@example.org).',
    ],
    [step('guest-account', 'owner-found', { directory: 'guests', address: 'ada@example.org' }), 'It is printed for ada@example.org, known in the directory guests.'],
    [
      step('guest-account', 'owner-found', { directory: 'AD_ORGA', address: 'ada@example.org', askedBefore: ['CARDS', 'STAFF'], answerAgeSeconds: 42 }),
      'It is printed for ada@example.org, known in the directory AD_ORGA (not in CARDS; STAFF), as it said 42 s before.',
    ],
    [step('guest-account', 'owner-found', { directory: 'guests', server: 'wsc.example.org:5756', address: 'ada@example.org' }), 'It is printed for ada@example.org, known in the directory guests of wsc.example.org:5756.'],
    [step('guest-account', 'owner-created', { server: 'wsc.example.org:5756', address: 'ada@example.org', validDays: 30 }), 'It is printed for ada@example.org, who became a guest on wsc.example.org:5756 for 30 days after the last use.'],
    [
      step('guest-account', 'owner-refused', { statusText: 'Failed to create a new user with e-mail address: ada@example.org', cause: 'The account does not have the necessary rights: it lacks guests.add.' }),
      'Failed to create a new user with e-mail address: ada@example.org. The account does not have the necessary rights: it lacks guests.add.',
    ],
    [
      step('guest-account', 'owner-refused', { statusText: 'No user found with e-mail address: eve@example.org', notIn: ['AD_ORGA', 'guests'] }),
      'No user found with e-mail address: eve@example.org (looked for in AD_ORGA; guests).',
    ],
    [
      step('guest-account', 'owner-refused', { statusText: 'The account of this e-mail address is not valid yet: ada@example.org', validFrom: '2030-05-01T06:00:00.000Z' }),
      'The account of this e-mail address is not valid yet: ada@example.org (valid from 2030-05-01T06:00:00.000Z).',
    ],
    [
      step('guest-account', 'owner-refused', { statusText: 'The account of this e-mail address has expired: ada@example.org', validUntil: '2030-05-03T22:00:00.000Z' }),
      'The account of this e-mail address has expired: ada@example.org (valid until 2030-05-03T22:00:00.000Z).',
    ],
    [
      step('guest-account', 'owner-refused', { statusText: 'Several users of the directory AD_ORGA have this e-mail address: ada@example.org', directory: 'AD_ORGA', logins: ['ada', 'ada2'] }),
      'Several users of the directory AD_ORGA have this e-mail address: ada@example.org (ada; ada2).',
    ],
    [
      step('guest-account', 'sender-awaited', { address: 'ada@example.org', policy: 'confirm', waitsUntil: '2026-07-31T18:00:00.000Z', alreadyAsked: false, notIn: ['AD_ORGA', 'guests'] }),
      'No valid account has the address ada@example.org (looked for in AD_ORGA; guests): the sender is asked by mail to confirm, until 2026-07-31 18:00 UTC.',
    ],
    [
      step('guest-account', 'sender-awaited', { address: 'ada@example.org', policy: 'sponsor', waitsUntil: '2026-07-31T18:00:00.000Z', alreadyAsked: true, sponsors: ['grace@example.org', 'alan@example.org'] }),
      'No valid account has the address ada@example.org: a sponsor (grace@example.org; alan@example.org) was asked before to vouch for the sender, until 2026-07-31 18:00 UTC.',
    ],
    [
      step('guest-account', 'sender-awaited', { address: 'ada@example.org', policy: 'hold', waitsUntil: '2026-07-31T18:00:00.000Z', alreadyAsked: false }),
      'No valid account has the address ada@example.org: it waits until an administrator lets the sender in, until 2026-07-31 18:00 UTC.',
    ],
    [step('guest-account', 'sender-approved', { address: 'ada@example.org', by: 'sender' }), 'ada@example.org confirmed that the mail is theirs; the mail goes on.'],
    [step('guest-account', 'sender-approved', { address: 'ada@example.org', by: 'sponsor', name: 'grace@example.org' }), 'grace@example.org vouched for ada@example.org; the mail goes on.'],
    [step('guest-account', 'sender-approved', { address: 'ada@example.org', by: 'administrator', name: 'maintenance' }), 'maintenance let ada@example.org in; the mail goes on.'],
    [
      step('guest-account', 'owner-refused', { statusText: 'Nobody vouched for this e-mail address: ada@example.org', address: 'ada@example.org', by: 'sponsor', name: 'grace@example.org' }),
      'Nobody vouched for this e-mail address: ada@example.org (decided by grace@example.org).',
    ],
    [step('notification', 'confirmation-mailed', { to: 'ada@example.org' }), 'ada@example.org was asked by mail to confirm.'],
    [step('notification', 'sponsor-request-mailed', { to: 'grace@example.org' }), 'grace@example.org was asked by mail to vouch for the sender.'],
    [step('acceptance', 'document-accepted', { fileName: 'letter.pdf', pages: 3 }, 'one'), 'letter.pdf can be printed, 3 pages.'],
    [held(), 'letter.pdf is held on Lobby until its code is given, at the latest until 2026-07-31 18:00 UTC.'],
    [step('print-submit', 'released', { ...lobby, by: 'code', releasePoint: '192.0.2.7' }, 'one'), 'letter.pdf was released on Lobby: its code was given at 192.0.2.7.'],
    [step('print-submit', 'released', { ...lobby, by: 'queue-without-validation' }, 'one'), 'letter.pdf was released on Lobby: the queue asks for no code.'],
    [
      step('print-submit', 'held', { ...lobby, jobHoldUntil: '2026-07-31T18:00:00.000Z', colorMode: 'color', sides: 'two-sided-short-edge', finishingDecidedBy: 'mailbox' }, 'one'),
      'letter.pdf is held on Lobby until its code is given, at the latest until 2026-07-31 18:00 UTC; it is to be printed in colour and on both sides, turned on the short edge.',
    ],
    [
      step('print-submit', 'released', { ...lobby, by: 'queue-without-validation', colorMode: 'monochrome', sides: 'one-sided' }, 'one'),
      'letter.pdf was released on Lobby: the queue asks for no code; it is to be printed in monochrome and on one side.',
    ],
    [
      step('print-submit', 'sent-to-printer', { ...lobby, bytes: 1200, printerJobId: 7, colorMode: 'color', sides: 'two-sided-long-edge', notApplied: ['sides'] }, 'one'),
      "letter.pdf went to the printer on Lobby, 1200 bytes, as its job 7, though the printer can't print on both sides, turned on the long edge.",
    ],
    [step('print-submit', 'sent-to-printer', { ...lobby, bytes: 1200, printerJobId: 7, colorMode: 'color', sides: 'one-sided' }, 'one'), 'letter.pdf went to the printer on Lobby, 1200 bytes, as its job 7.'],
    [
      step('print-submit', 'finishing-changed', { ...lobby, by: 'administrator', actor: 'ada', colorMode: 'color', sides: 'one-sided', copies: 3, media: 'iso_a5_148x210mm', pageRanges: '1-2' }, 'one'),
      'letter.pdf is to be printed in colour and on one side and in 3 copies and on iso_a5_148x210mm and only pages 1-2 on Lobby: ada changed that.',
    ],
    [step('print-submit', 'sent-to-printer', { ...lobby, bytes: 1200, printerJobId: 7, convertedTo: 'image/pwg-raster' }, 'one'), 'letter.pdf went to the printer on Lobby, 1200 bytes, as its job 7, made image/pwg-raster for it since it takes no PDF.'],
    [step('print-submit', 'printed', { ...lobby, impressions: 9, sheets: 6, countedBy: 'pages' }, 'one'), 'letter.pdf was printed on Lobby, 9 pages on 6 sheets.'],
    [step('print-submit', 'printed', { ...lobby, colorMode: 'color', sides: 'one-sided', notApplied: ['colorMode'] }, 'one'), "letter.pdf was printed on Lobby, though the printer can't print in colour."],
    [step('print-submit', 'code-requested', { documents: 2 }), 'A new code was asked for; it opens 2 documents.'],
    [step('notification', 'waiting-mailed', { to: 'ada@example.org', documents: 1, answer: '250 OK' }), 'ada@example.org was told by mail that 1 document can be fetched with the PIN; the mail server said: 250 OK.'],
    [step('notification', 'not-told', { kind: 'aborted', to: 'ada@example.org', reason: 'event-off' }), 'ada@example.org was not told by mail: mails about this are switched off, in general or for this group of queues.'],
    [step('notification', 'code-mailed', { to: 'ada@example.org', documents: 2, answer: '250 OK' }), 'The code for 2 documents was mailed to ada@example.org; the mail server said: 250 OK.'],
    [step('notification', 'not-told', { reason: 'the mail is automatic' }), 'Nobody was told by mail: the mail is automatic.'],
    [
      step('notification', 'not-told', { kind: 'refusal', to: 'eve@example.org', reason: 'sender-may-not-be-told' }),
      'eve@example.org was not told by mail: the mail came from a program, or its sender may be forged.',
    ],
    [step('print-submit', 'waiting', { reason: 'print.queue-unknown: There is no queue "hall": create it.' }), 'It waits, and goes on by itself: There is no queue "hall": create it.'],
  ])('is told in a sentence: $step', (given, sentence) => {
    expect(describeStep(given)).toBe(sentence);
  });

  it('that nobody has a sentence for is told with its evidence', () => {
    expect(describeStep(step('acceptance', 'sky-has-fallen', { where: 'here', pieces: [1, 2], nothing: null }))).toBe('acceptance: sky has fallen (where here, pieces 1; 2).');
    expect(describeStep(step('acceptance', 'toString'))).toBe('acceptance: toString.');
  });

  it.each(Object.keys(SENTENCES))('reads well without any evidence: %s', (keyword) => {
    const sentence = describeStep(step('service', keyword));
    expect(sentence).toMatch(/^[A-Z].*\.$/);
    expect(sentence).not.toMatch(/undefined|null|NaN|\(\)|""|\[object|: \.| {2}| \.| ,/);
  });

  it('is cut where a server was talkative', () => {
    expect(describeStep(step('notification', 'mail-not-delivered', { kind: 'code', to: 'a@b', answer: 'no '.repeat(1_000) })).length).toBeLessThan(400);
  });
});

describe('the answer to "why was my mail (not) printed?"', () => {
  const flow = [received(), step('acceptance', 'sender-accepted'), step('acceptance', 'document-accepted', { fileName: 'letter.pdf', pages: 1 }, 'one')];

  it('names the printer when it was printed, whatever happened on the way', () => {
    const steps = [...flow, held(), step('print-submit', 'waiting-for-printer', { ...lobby, problem: 'busy' }, 'one'), step('print-submit', 'printed', lobby, 'one'), step('domain-sync', 'counted', { pages: 1 }, 'one')];
    expect(answerWhy(steps)).toBe('Printed: letter.pdf on Lobby.');
  });

  it('says what of the finishing options the printer could not do', () => {
    const options = { colorMode: 'monochrome', sides: 'two-sided-long-edge' };
    expect(answerWhy([...flow, held(), step('print-submit', 'printed', { ...lobby, ...options }, 'one')])).toBe('Printed: letter.pdf on Lobby.');
    expect(answerWhy([...flow, held(), step('print-submit', 'printed', { ...lobby, ...options, notApplied: ['colorMode', 'sides'] }, 'one')])).toBe(
      "Printed: letter.pdf on Lobby (the printer can't print in monochrome and on both sides, turned on the long edge).",
    );
  });

  it.each<[string, Step[], string]>([
    ['a held job waits for', [...flow, held()], 'Not printed yet, the code was not given: letter.pdf on Lobby, held until 2026-07-31 18:00 UTC.'],
    ['a released one is doing', [...flow, held(), step('print-submit', 'released', lobby, 'one')], 'Not printed yet, it is on its way to the printer: letter.pdf on Lobby.'],
    [
      'a printer lacks', [...flow, step('print-submit', 'waiting-for-printer', { ...lobby, reason: 'printer-unreachable', problem: 'The printer does not answer.' }, 'one')],
      'Not printed yet, the printer is waited for: letter.pdf on Lobby (The printer does not answer).',
    ],
    ['nobody did in time', [...flow, held(), step('print-submit', 'expired', { fileName: 'letter.pdf' }, 'one')], 'Not printed, the code was not given in time: letter.pdf.'],
    ['must be looked at', [...flow, step('print-submit', 'uncertain', { ...lobby, problem: 'It never answered.' }, 'one')], 'Perhaps printed, a person has to look: letter.pdf on Lobby (It never answered).'],
    ['a forged sender did', [received(), step('mail-ingest', 'sender-authenticated', { verdict: 'fail', basis: 'dmarc', measuredBy: 'inkpost' }), step('acceptance', 'sender-unauthenticated', { statusText: 'Disowned: ada', rule: 'sender authentication: DMARC says fail' })], 'Not printed: Disowned: ada (sender authentication: DMARC says fail).'],
    ['a refused sender did', [received(), step('acceptance', 'sender-refused', { statusText: 'Forbidden: eve', rule: 'refused address eve' })], 'Not printed: Forbidden: eve (refused address eve).'],
    ['has just begun', [received()], 'Not printed yet: the mail is being examined.'],
    ['has not begun', [], 'Nothing is written down about this mail yet.'],
  ])('says what %s', (_name, steps, answer) => {
    expect(answerWhy(steps)).toBe(answer);
  });

  it('tells documents of one mail apart', () => {
    const steps = [
      received(), step('mail-ingest', 'part-refused', { fileName: 'notes.docx', statusText: 'Job [3] has an invalid/unsupported mime type' }, 'three'),
      held('one'), held('two', 'plan.pdf'), step('print-submit', 'printed', { ...lobby }, 'one'),
    ];
    expect(answerWhy(steps)).toBe('Printed: letter.pdf on Lobby; Not printed yet, the code was not given: plan.pdf on Lobby, held until 2026-07-31 18:00 UTC; Not printed: notes.docx (Job [3] has an invalid/unsupported mime type).');
  });

  it('names five documents at most and counts the others', () => {
    const steps = Array.from({ length: 8 }, (_, index) => step('print-submit', 'printed', { ...lobby, fileName: `${index}.pdf` }, String(index)));
    expect(answerWhy(steps)).toContain('4.pdf on Lobby and 3 more.');
  });

  it('says first why the code was not mailed yet, until it is or nobody needs it', () => {
    const waits = step('notification', 'waiting', { subject: 'print.job-held.v1', reason: 'notification.not-configured: No outgoing mail server is configured yet.' });
    expect(answerWhy([...flow, held(), waits])).toBe(
      'The code was not mailed yet because no outgoing mail server is configured yet; Not printed yet, the code was not given: letter.pdf on Lobby, held until 2026-07-31 18:00 UTC.',
    );
    const reminder = step('notification', 'waiting', { subject: 'print.job-expiring.v1', reason: 'notification.not-configured: No outgoing mail server is configured yet.' });
    expect(answerWhy([...flow, held(), waits, reminder])).toMatch(/^The code was not mailed yet because no outgoing/);
    expect(answerWhy([...flow, held(), waits, step('notification', 'code-mailed', { to: 'ada@example.org' })])).not.toContain('not mailed');
    expect(answerWhy([...flow, held(), waits, step('print-submit', 'printed', lobby, 'one')])).toMatch(/^Printed: letter\.pdf on Lobby;/);
  });

  it('says what a service waits for or gave up, until it went on or was sent again', () => {
    const waits = step('print-submit', 'waiting', { subject: 's', reason: 'print.queue-unknown: There is no queue "hall".' });
    expect(answerWhy([...flow, waits])).toBe('print-submit: It waits, and goes on by itself: There is no queue "hall".');
    expect(answerWhy([...flow, waits, held()])).not.toContain('waits');
    const gaveUp = step('notification', 'gave-up', { subject: 'print.job-held.v1', attempt: 8, reason: 'unexpected: oh' });
    expect(answerWhy([...flow, held(), gaveUp])).toMatch(/^Not printed yet, the code was not given: letter\.pdf.*; notification: Given up after 8 attempts: oh\./);
    expect(answerWhy([...flow, held(), gaveUp, step('gateway', 'sent-again', { subject: 'print.job-held.v1', by: 'ada' })])).not.toContain('Given up');
  });

  it('says who is waited for before an unknown sender may print, and no more once somebody decided', () => {
    const awaited = step('guest-account', 'sender-awaited', { address: 'ada@example.org', policy: 'confirm', alreadyAsked: false });
    expect(answerWhy([received(), awaited])).toBe('Not printed yet. No valid account has the address ada@example.org: the sender is asked by mail to confirm.');
    const down = step('notification', 'waiting', { subject: 'account.confirmation-wanted.v1', reason: 'notification.not-configured: No outgoing mail server is set.' });
    expect(answerWhy([received(), awaited, down])).toContain('the sender is asked by mail to confirm; notification: It waits');
    const approved = step('guest-account', 'sender-approved', { address: 'ada@example.org', by: 'sender' });
    expect(answerWhy([received(), awaited, approved])).toBe('Not printed yet: the mail is being examined.');
    expect(answerWhy([received(), awaited, approved, step('guest-account', 'owner-created', { address: 'ada@example.org' }), held()])).toMatch(/^Not printed yet, the code was not given/);
    expect(answerWhy([received(), awaited, step('guest-account', 'owner-refused', { statusText: 'Too late.' })])).toBe('Not printed: Too late.');
  });

  it('says of a canary mail how far it came, and that it is never printed', () => {
    const steps = [step('mail-ingest', 'canary-requested', { mailbox: 'print@inkpost.test', by: '' })];
    expect(answerWhy(steps)).toBe('A canary mail of Inkpost\'s own, which is never printed. A canary mail to print@inkpost.test was asked for by the schedule.');
    steps.push(step('mail-ingest', 'canary-received', { source: 'smtp', mailbox: 'print@inkpost.test' }));
    steps.push(step('notification', 'canary-mailed', { to: 'print@inkpost.test', answer: '250 queued' }));
    expect(answerWhy(steps)).toBe('A canary mail of Inkpost\'s own, which is never printed. It came in for print@inkpost.test by SMTP.');
    expect(answerWhy([steps[0] ?? step('', ''), step('notification', 'canary-not-mailed', { answer: 'The mail server smtp.example.org:587 refuses: 535' })])).toContain('It was not sent: The mail server smtp.example.org:587 refuses: 535.');
  });
});
