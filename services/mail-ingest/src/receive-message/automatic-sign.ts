import type { Header } from './read-mail/header.js';

/** What shows that a mail was sent by a program (RFC 3834, RFC 2919); such a mail is never answered. */
export type AutomaticSign = 'auto-submitted' | 'precedence' | 'list-id' | 'empty-return-path';

/** @param envelopeSender of SMTP; undefined where the mail comes from a mailbox. */
export function automaticSign(header: Header, envelopeSender: string | undefined): AutomaticSign | undefined {
  const submitted = keyword(header.first('auto-submitted'));
  if (submitted !== '' && submitted !== 'no') return 'auto-submitted';
  if (['bulk', 'list', 'junk'].includes(keyword(header.first('precedence')))) return 'precedence';
  if (header.has('list-id')) return 'list-id';
  if (envelopeSender === '' || /^<\s*>$/.test(header.first('return-path'))) return 'empty-return-path';
  return undefined;
}

/** The word before parameters and comments. */
function keyword(value: string): string {
  return (/^[^\s;(]*/.exec(value)?.[0] ?? '').toLowerCase();
}
