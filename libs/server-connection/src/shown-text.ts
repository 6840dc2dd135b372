/** Controls, and the marks that make a text look as if it read otherwise (Unicode TR 36). */
const UNSHOWABLE = /[\p{Cc}\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]+/gu;

/** What a server said, fit to be shown on one line. */
export function shownText(text: string, charactersMax: number): string {
  const line = text.toWellFormed().replaceAll(UNSHOWABLE, ' ').replaceAll(/\s+/g, ' ').trim();
  // Never within a surrogate pair.
  return line.length <= charactersMax ? line : line.slice(0, charactersMax).replace(/[\uD800-\uDBFF]$/, '');
}
