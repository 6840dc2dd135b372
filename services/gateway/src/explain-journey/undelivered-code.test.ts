import { expect, it } from 'vitest';
import { answerWhy } from './answer-why.js';
import type { Step } from './step.js';

const held: Step = { at: new Date(1_000), service: 'print-submit', step: 'held', evidence: { fileName: 'letter.pdf', queueName: 'Lobby', jobHoldUntil: '2026-07-31T18:00:00.000Z' }, documentId: 'one' };
const refused: Step = { at: new Date(2_000), service: 'notification', step: 'mail-not-delivered', evidence: { kind: 'code', to: 'ada@example.org', answer: '550 No such mailbox here' }, documentId: undefined };
const released: Step = { at: new Date(3_000), service: 'print-submit', step: 'released', evidence: { fileName: 'letter.pdf', queueName: 'Lobby' }, documentId: 'one' };

it('says first that the code never reached anybody', () => {
  expect(answerWhy([held, refused])).toBe('The code mail to ada@example.org was not delivered: 550 No such mailbox here; Not printed yet, the code was not given: letter.pdf on Lobby, held until 2026-07-31 18:00 UTC.');
});

it('does not speak of the code any more once the document was released', () => {
  expect(answerWhy([held, refused, released])).toBe('Not printed yet, it is on its way to the printer: letter.pdf on Lobby.');
});
