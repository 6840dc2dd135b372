import { create } from '@bufbuild/protobuf';
import { MessageReceivedSchema } from '@inkpost/contracts/flow/v1/mail_pb.js';
import { DocumentSchema, RefusedPartSchema } from '@inkpost/contracts/flow/v1/document_pb.js';
import type { Payload, PayloadInit } from '@inkpost/flow/payload.js';
import { describe, expect, it } from 'vitest';
import type { ExaminedDocument } from '../examine-document/examine-documents.js';
import { examinationRefusal } from '../examine-document/refusal-texts.js';
import { decideDocuments, type DecidedSender, refuseSender, refuseUnauthenticated } from './decide-message.js';

const received = (more: PayloadInit<'mail.message-received.v1'> = {}) =>
  create(MessageReceivedSchema, { sender: { address: 'a@example.org' }, senderAuthentication: 'none', ...more } as never) as Payload<'mail.message-received.v1'>;
const document = (documentId: string) => create(DocumentSchema, { documentId, fileName: `${documentId}.pdf`, documentFormat: 'application/pdf' });
const printable = (documentId: string, pages: number): ExaminedDocument => ({
  document: document(documentId),
  examination: { verdict: 'printable', pages, pageSizes: [{ widthPt: 595, heightPt: 842, count: pages }], pdfVersion: '1.7', active: ['javascript'], notes: [] },
});
const refused = (documentId: string): ExaminedDocument => ({ document: document(documentId), refusal: examinationRefusal('encrypted', documentId), detail: 'needs a password' });
const text = create(RefusedPartSchema, { fileName: 'note.txt', reason: 'unsupported-format', statusText: 'Job [x] has an invalid/unsupported mime type' });

const accepted: DecidedSender = { accepted: true, rule: 'accepted domain example.org', conditions: 'general' };
const forbidden: DecidedSender = { accepted: false, rule: '', conditions: 'mailbox' };

describe('a message of a sender who may print', () => {
  it('goes on with what can be printed, its pages filled in, and says what can not and why', () => {
    const decision = decideDocuments(received({ refusedParts: [text] }), accepted, [printable('one', 3), refused('two')]);
    expect(decision).toMatchObject({
      verdict: 'accepted', mayBeTold: { senderMayBeTold: false, knownSenderMayBeTold: true }, documents: [{ documentId: 'one', pages: 3 }],
      refusedParts: [{ fileName: 'note.txt' }, { documentId: 'two', fileName: 'two.pdf', mediaType: 'application/pdf', reason: 'encrypted', statusText: 'The document opens only with a password; send it without one.' }],
    });
    expect(decision.entries).toEqual([
      { step: 'sender-accepted', evidence: { address: 'a@example.org', rule: 'accepted domain example.org', conditions: 'general', senderAuthentication: 'none' } },
      { step: 'document-accepted', document: 'one', evidence: { fileName: 'one.pdf', pages: 3, pageSizes: [{ widthPt: 595, heightPt: 842, pages: 3 }], pdfVersion: '1.7', active: ['javascript'] } },
      { step: 'document-refused', document: 'two', evidence: { fileName: 'two.pdf', reason: 'encrypted', statusText: 'The document opens only with a password; send it without one.', detail: 'needs a password' } },
    ]);
  });

  it.each([
    ['without any part', [], [], 'The mail has no document to print: attach a PDF.'],
    ['with one part of another kind', [text], [], "The mail's attachment can't be printed."],
    ['with nothing but refused documents', [text], [refused('one')], "None of the mail's 2 attachments can be printed."],
  ])('is refused %s', (_, refusedParts, examined, statusText) => {
    const decision = decideDocuments(received({ refusedParts }), accepted, examined);
    expect(decision).toMatchObject({ verdict: 'refused', reason: 'nothing-to-print', statusText, mayBeTold: { senderMayBeTold: false, knownSenderMayBeTold: true } });
    expect(decision.refusedParts).toHaveLength(refusedParts.length + examined.length);
    expect(decision.entries.at(-1)).toMatchObject({ step: 'message-refused', evidence: { statusText, parts: decision.refusedParts.map((part) => part.statusText) } });
  });

  it.each([
    ['nobody by an automatic mail', { automatic: true }, false, false],
    ['nobody by an automatic mail, however authentic', { automatic: true, senderAuthentication: 'pass' }, false, false],
    ['nobody by a mail whose authentication failed', { senderAuthentication: 'fail' }, false, false],
    ['the sender of an authentic mail', { senderAuthentication: 'pass' }, true, false],
    ['a known sender of a mail that nobody authenticated', { senderAuthentication: 'none' }, false, true],
    ['a known sender of a mail that could not be authenticated', { senderAuthentication: 'temperror' }, false, true],
  ])('may have told: %s', (_, more, senderMayBeTold, knownSenderMayBeTold) => {
    const mayBeTold = { senderMayBeTold, knownSenderMayBeTold };
    expect(decideDocuments(received(more), accepted, [])).toMatchObject({ mayBeTold });
    expect(decideDocuments(received(more), accepted, [printable('one', 1)])).toMatchObject({ mayBeTold });
    expect(refuseSender(received(more), forbidden)).toMatchObject({ mayBeTold });
  });

  it('calls a document that is no PDF what the manual calls it (SKY-125)', () => {
    expect(examinationRefusal('not-a-pdf', 'JOB')).toEqual({ reason: 'unsupported-format', statusText: 'Job [JOB] has an invalid/unsupported mime type' });
  });
});

describe('a message of a sender who may not print', () => {
  it('is refused with the sentence of SKY-120 and the rule as evidence', () => {
    const statusText = 'The job was submitted with a forbidden e-mail address: a@example.org';
    const decision = refuseSender(received({ refusedParts: [text] }), forbidden);
    expect(decision).toEqual({
      verdict: 'refused', reason: 'sender-not-allowed', statusText, refusedParts: [], mayBeTold: { senderMayBeTold: false, knownSenderMayBeTold: true },
      entries: [{
        step: 'sender-refused',
        evidence: { address: 'a@example.org', rule: 'no condition accepts this address', conditions: 'mailbox', senderAuthentication: 'none', statusText, senderMayBeTold: false, knownSenderMayBeTold: true },
      }],
    });
  });
});

describe('a message of a sender who may be somebody else', () => {
  it.each([
    ['fail', { senderMayBeTold: false, knownSenderMayBeTold: false }],
    ['none', { senderMayBeTold: false, knownSenderMayBeTold: true }],
  ])('is refused with its reason and rule, and tells a forged address nothing: %s', (senderAuthentication, mayBeTold) => {
    const refusal = { reason: 'sender-unauthenticated', rule: 'sender authentication is required', statusText: 'Not authenticated: a@example.org' } as const;
    expect(refuseUnauthenticated(received({ senderAuthentication }), 'require', refusal)).toEqual({
      verdict: 'refused', reason: refusal.reason, statusText: refusal.statusText, refusedParts: [], mayBeTold,
      entries: [{ step: 'sender-unauthenticated', evidence: { address: 'a@example.org', ...refusal, mode: 'require', senderAuthentication, ...mayBeTold } }],
    });
  });
});
