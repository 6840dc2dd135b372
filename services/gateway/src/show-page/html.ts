import type { Language } from '../answer-route/browser.js';

/** Markup that is safe to send: what was put into it is text. Made by {@link html} alone. */
export class Html {
  constructor(readonly markup: string) {}
}

type Piece = Html | string | number | false | undefined | readonly Piece[];

/** HTML in which everything but other HTML is escaped; lists follow each other, false and undefined leave nothing. */
export function html(texts: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  return new Html(texts.map((text, index) => text + markupOf(pieces[index])).join(''));
}

function markupOf(piece: Piece): string {
  if (piece instanceof Html) return piece.markup;
  if (piece === undefined || piece === false) return '';
  return typeof piece === 'object' ? piece.map((each) => markupOf(each)).join('') : escaped(String(piece));
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\'': '&#39;' };

export function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign] ?? '');
}

/** What more words follow. */
export function withColon(text: string, language: Language): string {
  return typeset(language === 'fr' ? `${text} :` : `${text}:`, language);
}

/** French sets a no-break space inside « » and before : ; ! ? so that none of them begins a line. */
export function typeset(text: string, language: Language): string {
  return language === 'fr' ? text.replaceAll(/ (?=[:;!?»])|(?<=«) /gu, '\u00a0') : text;
}
