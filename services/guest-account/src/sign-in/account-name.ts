import { ACCOUNT_LENGTH_MAX } from '../limits.js';

/** What somebody signs in as. */
export interface AccountName {
  /** The name or an alias of a directory, as it was typed; undefined: the directories are asked in their order. */
  readonly directory: string | undefined;
  readonly login: string;
}

/** `DIRECTORY\login`, or a login alone. */
export function parseAccountName(text: string): AccountName {
  const name = text.trim();
  const separator = name.indexOf('\\');
  if (separator < 0) return { directory: undefined, login: name };
  return { directory: name.slice(0, separator).trim(), login: name.slice(separator + 1).trim() };
}

/**
 * One text for all the ways to write a login that a directory may take for the same (RFC 4518: case, spaces, forms of letters, characters
 * that can't be seen): so that nobody has more guesses by writing it differently. No longer than a login can be, though a letter may become eighteen.
 */
export function loginKey(login: string): string {
  return login.normalize('NFKC').toLowerCase().replaceAll(/[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu, '').replaceAll(/\s+/gu, ' ').trim().slice(0, ACCOUNT_LENGTH_MAX).toWellFormed();
}
