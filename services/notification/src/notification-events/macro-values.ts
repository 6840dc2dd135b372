import { readableCode } from '../templates/readable-code.js';
import { countedDocuments, documentItems, type NamedDocument, refusedItems, type RefusedDocument } from '../templates/documents.js';
import { foreignText } from '../templates/foreign-text.js';
import type { Language, MomentWriter } from '../templates/language.js';
import { messageReason, partReason } from '../templates/reasons.js';
import type { MacroValues } from './render-template.js';

/** What all mails about documents say. */
export function documentValues(documents: readonly NamedDocument[], queueName: string, language: Language): MacroValues {
  return { $DOCUMENTS: documentItems(documents, language), $COUNT: countedDocuments(documents.length, language), $QUEUE: foreignText(queueName) };
}

/** … where they wait. `code`: empty where none is mailed. */
export interface WaitingDocuments {
  readonly code: string;
  readonly queueName: string;
  /** Of the mail that brought them. */
  readonly subject: string;
  readonly documents: readonly NamedDocument[];
  readonly refused: readonly RefusedDocument[];
  readonly heldUntil: Date;
}

export function waitingValues({ code, queueName, subject, documents, refused, heldUntil }: WaitingDocuments, moments: MomentWriter, language: Language): MacroValues {
  return {
    ...documentValues(documents, queueName, language), $CODE: readableCode(code), $SUBJECT: foreignText(subject), $REFUSED: refusedItems(refused, language), $UNTIL: moments.write(heldUntil, language),
  };
}

/** … where one won't be printed. */
export function failedValues(document: NamedDocument, queueName: string, failure: { readonly reason: string; readonly statusText: string }, language: Language): MacroValues {
  return { ...documentValues([document], queueName, language), $REASON: partReason(failure.reason, failure.statusText, language), $DETAIL: foreignText(failure.statusText) };
}

const NO_SUBJECT: Readonly<Record<Language, string>> = { fr: 'votre mail', en: 'your mail' };

/** … where nothing of a mail is printed. */
export function refusalValues(refusal: { readonly subject: string; readonly reason: string; readonly statusText: string; readonly refusedParts: readonly RefusedDocument[] }, language: Language): MacroValues {
  const { subject, reason, statusText, refusedParts } = refusal;
  return {
    $SUBJECT: foreignText(subject) || NO_SUBJECT[language], $REFUSED: refusedItems(refusedParts, language), $REASON: messageReason(reason, statusText, language), $DETAIL: foreignText(statusText),
  };
}
