import { describe, expect, it } from 'vitest';
import { pendingState, type Standing, type Unanswered, type UnderWay } from './pending-document.js';

const since = new Date('2026-03-01T12:00:00Z');
const dueAt = new Date('2026-03-01T12:01:00Z');
const documents = [{ documentId: 'one', fileName: 'letter.pdf' }];
const underWay: UnderWay = { kind: 'under-way', id: '1', messageId: 'm', subject: 'account.owner-resolved.v1', attempts: 0, waits: 0, reason: null, since, dueAt, documents };
const standing = (step: string, evidence: Standing['evidence'], documentId?: string): Standing => ({ kind: 'standing', id: '7', messageId: 'm', service: 'acceptance', step, evidence, documentId, since, documents });

describe('a document on its way', () => {
  it('is being sent to the print server, in the words of the manual', () => {
    expect(pendingState(underWay)).toEqual({ state: 'under-way', status: 'SendingPrintApi', problem: null, tries: 0, nextTryAt: null, deletable: false });
  });

  it('that was tried in vain says why, how often, and when it is tried again', () => {
    expect(pendingState({ ...underWay, attempts: 2, waits: 1, reason: 'print.queue-unknown: There is no queue "lobby".' })).toEqual({
      state: 'waiting', status: 'SendingPrintApi', problem: 'There is no queue "lobby".', tries: 3, nextTryAt: dueAt, deletable: false,
    });
  });

  it.each([['mail.message-received.v1', 'Being examined'], ['acceptance.message-accepted.v1', 'Looking for the owner'], ['account.sender-approved.v1', 'Looking for the owner']])('%s: %s', (subject, status) => {
    expect(pendingState({ ...underWay, subject })).toMatchObject({ status });
  });
});

describe('a document that another server is to print', () => {
  const job: Unanswered = { kind: 'unanswered', id: 'j', messageId: 'm', jobState: 'processing', problem: '', attempts: 1, since, nextTryAt: dueAt, documents };

  it('is being sent there until its final answer', () => {
    expect(pendingState(job)).toEqual({ state: 'under-way', status: 'SendingPrintApi', problem: null, tries: 1, nextTryAt: null, deletable: false });
  });

  it('waits for it, and says why and until when', () => {
    expect(pendingState({ ...job, jobState: 'pending', problem: 'Unknown location: World/Oz', attempts: 3 })).toEqual({ state: 'waiting', status: 'SendingPrintApi', problem: 'Unknown location: World/Oz', tries: 3, nextTryAt: dueAt, deletable: false });
    expect(pendingState({ ...job, jobState: 'processing-stopped', problem: 'Nobody knows.' })).toMatchObject({ state: 'waiting', nextTryAt: null });
  });
});

describe('a document in error', () => {
  it.each([
    ['sender-refused', 'The job was submitted with a forbidden e-mail address: eve@example.org'],
    ['owner-refused', 'No user found with e-mail address: eve@example.org'],
    ['owner-refused', 'Failed to create a new user with e-mail address: eve@example.org'],
    ['part-refused', 'Job [one] has an invalid/unsupported mime type'],
  ])('after %s has the exact text: %s', (step, statusText) => {
    expect(pendingState(standing(step, { statusText, reason: 'x' }, 'one'))).toMatchObject({ state: 'error', status: statusText, deletable: true, nextTryAt: null });
  });

  it('that was given up says after how many tries and why', () => {
    expect(pendingState(standing('gave-up', { subject: 'account.owner-resolved.v1', attempt: 8, reason: 'print.settings-changing: The queue changed.' }))).toEqual({
      state: 'error', status: 'Given up after 8 attempts: The queue changed. An administrator can send it again.', problem: null, tries: 8, nextTryAt: null, deletable: true,
    });
  });

  it('never stays without a word, also where erasure took its text', () => {
    expect(pendingState(standing('sender-refused', {})).status).toBe('The sender may not print.');
  });
});

it('a mail of somebody who is asked first waits, and is not deleted but decided', () => {
  expect(pendingState(standing('sender-awaited', { address: 'eve@example.org', policy: 'hold' }))).toMatchObject({ state: 'waiting', status: expect.stringContaining('eve@example.org') as string, deletable: false });
});
