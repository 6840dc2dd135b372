/** A text from outside as a person would write it: no control characters, single spaces, not endless. */
export function visibleLine(text: string, lengthMax: number): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim().slice(0, lengthMax).toWellFormed().trim();
}
