import { FIELD_CHARACTERS_MAX, FILE_NAME_BYTES_MAX, FILE_NAME_CHARACTERS_MAX } from '../limits.js';

/**
 * Controls (NUL too, which Postgres can't store), and what can't be seen but makes a text look as if it read otherwise (Unicode TR 36):
 * marks of direction, invisible signs, tags. Joiners stay: scripts and emoji need them.
 */
const UNSHOWABLE = /[\p{Cc}\u00AD\u061C\u180E\u200B\u200E\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB\u{E0000}-\u{E007F}]+/gu;

/** A text from outside, fit to be stored and shown on one line. */
export function safeText(text: string, charactersMax: number): string {
  // Through bytes: half signs become whole ones, and the header that it was cut from isn't kept in memory by it.
  const own = Buffer.from(text).toString();
  return cut(own.replaceAll(UNSHOWABLE, ' ').replaceAll(/\s+/g, ' ').trim(), charactersMax);
}

/** Names that Windows takes for devices, whatever their ending. */
const DEVICE_NAME = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?=\.|$)/i;

/**
 * The name of an attached file without a path, without what any file system forbids, and not too long. Its ending stays.
 * Empty where nothing is left.
 */
export function safeFileName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? '';
  const allowed = trimDots(safeText(last.normalize('NFC'), FIELD_CHARACTERS_MAX).replaceAll(/[<>:"|?*]/g, '_')).replace(DEVICE_NAME, '_$&');
  const ending = /\.[^.]{1,10}$/.exec(allowed)?.[0] ?? '';
  let kept = allowed.slice(0, allowed.length - ending.length);
  if (allowed.length > FILE_NAME_CHARACTERS_MAX) kept = cut(kept, FILE_NAME_CHARACTERS_MAX - ending.length);
  for (let bytes = Buffer.byteLength(kept + ending); bytes > FILE_NAME_BYTES_MAX; bytes = Buffer.byteLength(kept + ending)) kept = cut(kept, kept.length - Math.ceil((bytes - FILE_NAME_BYTES_MAX) / 4));
  return kept.trimEnd() + ending;
}

/** A leading dot hides a file, a closing one Windows drops. */
function trimDots(name: string): string {
  return name.replaceAll(/^[. ]+|[. ]+$/g, '');
}

/** Never within a surrogate pair. */
function cut(text: string, charactersMax: number): string {
  return text.length <= charactersMax ? text : text.slice(0, charactersMax).replace(/[\uD800-\uDBFF]$/, '');
}
