import { documentLimits } from '@inkpost/document/limits.js';
import type { RefusalReason } from '@inkpost/document/examination.js';

/** Why a document isn't printed: a stable keyword, and the sentence shown to people. */
export interface Refusal {
  readonly reason: string;
  readonly statusText: string;
}

const MEGABYTE = 1024 * 1024;

/** SKY-125, the exact status of a job whose document is not a PDF. */
function unsupportedFormat(documentId: string): Refusal {
  return { reason: 'unsupported-format', statusText: `Job [${documentId}] has an invalid/unsupported mime type` };
}

const TEXTS: Readonly<Record<Exclude<RefusalReason, 'not-a-pdf'>, string>> = {
  encrypted: 'The document opens only with a password; send it without one.',
  'printing-forbidden': "The document's author does not allow it to be printed.",
  broken: 'The document is damaged or incomplete.',
  'no-pages': 'The document has no pages.',
  'too-large': `The document is larger than ${documentLimits.sizeBytesMax / MEGABYTE} MB.`,
  'too-many-pages': `The document has more than ${documentLimits.pagesMax.toLocaleString('en')} pages.`,
  'page-too-large': 'A page of the document is larger than any printer can print.',
  'too-slow': 'The document took too long to examine; print it to a new PDF and send that.',
  'too-much-memory': 'The document needs too much memory to examine; print it to a new PDF and send that.',
};

/** What the examination of a document says, in words for people. */
export function examinationRefusal(reason: RefusalReason, documentId: string): Refusal {
  return reason === 'not-a-pdf' ? unsupportedFormat(documentId) : { reason, statusText: TEXTS[reason] };
}

/** The spool's failures that are final: such a document can't be printed, ever. By the failure's code. */
const SPOOL_REFUSALS: Readonly<Record<string, Refusal>> = {
  'spool.document-damaged': { reason: 'stored-damaged', statusText: 'The stored document was damaged; please send it again.' },
  'spool.document-missing': { reason: 'stored-missing', statusText: 'The stored document was lost; please send it again.' },
  'spool.document-erased': { reason: 'no-longer-kept', statusText: 'The document waited too long and is no longer kept; please send it again.' },
};

export function spoolRefusal(code: string): Refusal | undefined {
  return SPOOL_REFUSALS[code];
}
