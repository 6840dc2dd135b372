import type { Document, RefusedPart } from '@inkpost/contracts/flow/v1/document_pb.js';
import type { JourneyEntry } from '@inkpost/journey/journey-entry.js';
import type { Payload } from '@inkpost/flow/payload.js';
import type { ExaminedDocument } from '../examine-document/examine-documents.js';
import { PAGE_SIZES_SHOWN_MAX } from '../limits.js';
import type { AuthenticationMode } from '../sender-authentication/authentication-settings.js';
import { type AuthenticationRefusal, type MayBeTold, whoMayBeTold } from '../sender-authentication/decide-authentication.js';
import { forbiddenSenderText, type SenderDecision } from '../sender-rules/decide-sender.js';

type Received = Payload<'mail.message-received.v1'>;
/** A part without the protobuf type's own fields: what a fact is made from. */
export type Part = Omit<RefusedPart, '$typeName' | '$unknown'>;

export interface Refused {
  readonly verdict: 'refused';
  readonly reason: 'sender-not-allowed' | 'nothing-to-print' | AuthenticationRefusal['reason'];
  readonly statusText: string;
  readonly refusedParts: readonly Part[];
  readonly mayBeTold: MayBeTold;
}

export interface Accepted {
  readonly verdict: 'accepted';
  /** With their pages. */
  readonly documents: readonly Document[];
  readonly refusedParts: readonly Part[];
  readonly mayBeTold: MayBeTold;
}

/** What becomes of a message, and why, for its journey. */
export type MessageDecision = (Accepted | Refused) & { readonly entries: readonly JourneyEntry[] };

/** Whose rules decided about the sender. */
export type DecidedSender = SenderDecision & { readonly conditions: 'general' | 'mailbox' };

/** A sender who may not print. */
export function refuseSender({ sender: { address }, automatic, senderAuthentication }: Received, decided: DecidedSender): MessageDecision {
  const mayBeTold = whoMayBeTold(automatic, senderAuthentication);
  const statusText = forbiddenSenderText(address);
  const rule = decided.rule === '' ? 'no condition accepts this address' : decided.rule;
  const evidence = { address, rule, conditions: decided.conditions, senderAuthentication, statusText, ...mayBeTold };
  return { verdict: 'refused', reason: 'sender-not-allowed', statusText, refusedParts: [], mayBeTold, entries: [{ step: 'sender-refused', evidence }] };
}

/** A sender who might print, but who may be somebody else: neither an account nor a code, and no notice to a forged address. */
export function refuseUnauthenticated({ sender: { address }, automatic, senderAuthentication }: Received, mode: AuthenticationMode, refusal: AuthenticationRefusal): MessageDecision {
  const mayBeTold = whoMayBeTold(automatic, senderAuthentication);
  const { reason, rule, statusText } = refusal;
  const evidence = { address, reason, rule, mode, senderAuthentication, statusText, ...mayBeTold };
  return { verdict: 'refused', reason, statusText, refusedParts: [], mayBeTold, entries: [{ step: 'sender-unauthenticated', evidence }] };
}

/** A sender who may print: what can be printed of the mail goes on; if nothing can, the message is refused. */
export function decideDocuments(message: Received, decided: DecidedSender, examined: readonly ExaminedDocument[]): MessageDecision {
  const { sender: { address }, automatic, senderAuthentication } = message;
  const documents: Document[] = [];
  const refusedParts: Part[] = [...message.refusedParts];
  const entries: JourneyEntry[] = [{ step: 'sender-accepted', evidence: { address, rule: decided.rule, conditions: decided.conditions, senderAuthentication } }];
  for (const result of examined) {
    if ('examination' in result) documents.push({ ...result.document, pages: result.examination.pages });
    else refusedParts.push(refusedPart(result));
    entries.push(documentEntry(result));
  }
  const mayBeTold = whoMayBeTold(automatic, senderAuthentication);
  if (documents.length > 0) return { verdict: 'accepted', documents, refusedParts, mayBeTold, entries };
  const reason = 'nothing-to-print';
  const statusText = nothingToPrintText(refusedParts.length);
  entries.push({ step: 'message-refused', evidence: { reason, statusText, parts: refusedParts.map((part) => part.statusText), ...mayBeTold } });
  return { verdict: 'refused', reason, statusText, refusedParts, mayBeTold, entries };
}

function nothingToPrintText(refusedParts: number): string {
  if (refusedParts === 0) return 'The mail has no document to print: attach a PDF.';
  return refusedParts === 1 ? "The mail's attachment can't be printed." : `None of the mail's ${refusedParts} attachments can be printed.`;
}

function refusedPart({ document, refusal }: Exclude<ExaminedDocument, { examination: unknown }>): Part {
  const { documentId, fileName, documentFormat } = document;
  return { documentId, fileName, mediaType: documentFormat, reason: refusal.reason, statusText: refusal.statusText };
}

/** What was found of a document, for its journey. */
export function documentEntry(result: ExaminedDocument): JourneyEntry {
  const { documentId, fileName } = result.document;
  if (!('examination' in result)) {
    const { refusal, detail } = result;
    return { step: 'document-refused', document: documentId, evidence: { fileName, ...refusal, detail } };
  }
  const { pages, pageSizes, pdfVersion, notes, active } = result.examination;
  const sizes = pageSizes.slice(0, PAGE_SIZES_SHOWN_MAX).map(({ widthPt, heightPt, count }) => ({ widthPt, heightPt, pages: count }));
  return {
    step: 'document-accepted', document: documentId,
    evidence: { fileName, pages, pageSizes: sizes, pdfVersion, ...(notes.length > 0 && { notes: [...notes] }), ...(active.length > 0 && { active: [...active] }) },
  };
}
