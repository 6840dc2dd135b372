import { FIELD_CHARACTERS_MAX, FILE_NAME_CHARACTERS_MAX } from '../limits.js';

/** Controls (NUL too, which Postgres can't store), and the marks that make a text look as if it read otherwise (Unicode TR 36). */
const UNSHOWABLE = /[\p{Cc}\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]+/gu;

/** A text from outside, fit to be stored and shown on one line. */
export function safeText(text: string, charactersMax: number): string {
  return cut(text.toWellFormed().replaceAll(UNSHOWABLE, ' ').replaceAll(/\s+/g, ' ').trim(), charactersMax);
}

/**
 * The name of an attached file without a path, without what any file system forbids, and not too long. Its ending stays.
 * Empty where nothing is left.
 */
export function safeFileName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? '';
  const allowed = safeText(last.normalize('NFC'), FIELD_CHARACTERS_MAX).replaceAll(/[<>:"|?*]/g, '_').replaceAll(/^[. ]+|[. ]+$/g, '');
  if (allowed.length <= FILE_NAME_CHARACTERS_MAX) return allowed;
  const ending = /\.[^.]{1,10}$/.exec(allowed)?.[0] ?? '';
  return cut(allowed, FILE_NAME_CHARACTERS_MAX - ending.length).trimEnd() + ending;
}

/** Never within a surrogate pair. */
function cut(text: string, charactersMax: number): string {
  return text.length <= charactersMax ? text : text.slice(0, charactersMax).replace(/[\uD800-\uDBFF]$/, '');
}
