import addressParser from 'nodemailer/lib/addressparser';
import { parseMailAddress } from '@inkpost/mail-address/mail-address.js';
import { NAME_CHARACTERS_MAX } from '../limits.js';
import { decodeWords } from './read-mail/decode-words.js';
import type { Header } from './read-mail/header.js';
import { safeText } from './safe-text.js';

/** Why a mail has no sender who could be answered. */
export type SenderProblem = 'from-missing' | 'from-ambiguous' | 'from-invalid';

export interface MailSender {
  /** Lower case, domain in ASCII; empty when there is a problem. */
  readonly address: string;
  readonly displayName: string;
  readonly problem?: SenderProblem;
}

/**
 * Who sent a mail: its From (RFC 5322, 3.6.2). Several are allowed there but nobody could say whose rights count, and what is
 * checked elsewhere might be another one than what is read here: then there is no sender.
 */
export function readSender(header: Header): MailSender {
  const from = header.all('from');
  if (from.length === 0) return nobody('from-missing');
  if (from.length > 1 || countAngles(from[0] ?? '') > 1) return nobody('from-ambiguous');
  const addresses = addressParser(from[0], { flatten: true }).filter(({ address }) => address !== '');
  if (addresses.length > 1) return nobody('from-ambiguous');
  const [found] = addresses;
  const address = found && parseMailAddress(found.address)?.text;
  if (!address) return nobody('from-invalid');
  return { address, displayName: safeText(decodeWords(found.name), NAME_CHARACTERS_MAX) };
}

function nobody(problem: SenderProblem): MailSender {
  return { address: '', displayName: '', problem };
}

/** `Name <a@x> <b@y>`: some read the first, some the last. Quoted text and comments don't count. */
function countAngles(field: string): number {
  return field.replaceAll(/"(?:[^"\\]|\\.)*"|\([^()]*\)/g, '').split('<').length - 1;
}
