import type { Header } from './read-mail/header.js';

/** BCP 47 language of the mail as far as Inkpost speaks it: fr, en or empty (RFC 3282). */
export function mailLanguage(header: Header): string {
  const language = /^(?:fr|en)(?=[-\s,;(]|$)/i.exec(header.first('content-language'))?.[0];
  return language?.toLowerCase() ?? '';
}
