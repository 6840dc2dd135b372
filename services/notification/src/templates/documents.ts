import { foreignText } from './foreign-text.js';
import { counted, type Language } from './language.js';
import type { ListItem } from './letter.js';
import { partReason } from './reasons.js';

/** A document as a mail names it. */
export interface NamedDocument {
  readonly fileName: string;
  /** 0: unknown. */
  readonly pages: number;
}

export interface RefusedDocument {
  readonly fileName: string;
  readonly reason: string;
  readonly statusText: string;
}

const UNNAMED: Readonly<Record<Language, string>> = { fr: 'document sans nom', en: 'unnamed document' };

function documentName(fileName: string, language: Language): string {
  return foreignText(fileName) || UNNAMED[language];
}

export function countedDocuments(count: number, language: Language): string {
  return counted(language, count, 'document', 'documents');
}

export function documentItems(documents: readonly NamedDocument[], language: Language): ListItem[] {
  return documents.map(({ fileName, pages }) => ({ name: documentName(fileName, language), detail: pages > 0 ? counted(language, pages, 'page', 'pages') : '' }));
}

/** The parts that are not printed and why. */
export function refusedItems(refused: readonly RefusedDocument[], language: Language): ListItem[] {
  return refused.map(({ fileName, reason, statusText }) => ({ name: documentName(fileName, language), detail: partReason(reason, statusText, language) }));
}
