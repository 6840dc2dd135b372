import { parseMailAddress } from '@inkpost/mail-address/mail-address.js';
import type { AuthenticationMode } from '../sender-authentication/authentication-settings.js';
import { forbiddenSenderText, SENDER_CHECKS, type SenderRules } from './decide-sender.js';
import type { UnknownSender } from './unknown-sender.js';

const CONDITIONS = { draft: 'the conditions as they would be saved', mailbox: "the mailbox's own conditions", general: 'the general conditions' } as const;

export interface ReportedRules {
  readonly rules: SenderRules;
  readonly from: keyof typeof CONDITIONS;
  readonly authentication: AuthenticationMode;
}

/** What is asked of the mail itself: an address alone proves nothing. */
const AUTHENTICITY: Readonly<Record<AuthenticationMode, string>> = {
  off: 'Whether a mail really comes from this address is not looked at.',
  report: 'A mail that the domain of this address disowns (DMARC) is refused all the same.',
  require: 'A mail is refused all the same unless SPF, DKIM, DMARC or a trusted server shows that it comes from this address.',
};

/** What happens to a mail of this sender, check by check up to the one that decides (SKY-072, SKY-073); for people. */
export function reportSender({ rules, from, authentication }: ReportedRules, sender: string): string[] {
  const report = [`${sender} is tried against ${CONDITIONS[from]}.`];
  const address = parseMailAddress(sender);
  for (const { kind, accepts, entries, match } of address ? SENDER_CHECKS : []) {
    const list = entries(rules);
    const entry = address && match(list, address);
    report.push(`Is it ${withArticle(kind)}? ${entry === undefined ? `No: ${list.size === 0 ? 'there is none' : `none of ${list.size} matches`}.` : `Yes: ${entry}.`}`);
    if (entry === undefined) continue;
    return [...report, ...(accepts ? accepted(rules, authentication) : refused(sender))];
  }
  return [...report, 'Nothing accepts it.', ...refused(sender)];
}

/** What becomes of the mail where nobody has the address. */
const OTHERWISE: Readonly<Record<UnknownSender, string>> = {
  refuse: 'the mail is refused, since unknown senders are',
  create: 'a guest is created',
  confirm: 'the sender is asked to confirm by a link, and then a guest is created',
  sponsor: 'the sponsors are asked, and once one of them has vouched for the sender a guest is created',
  hold: 'the mail waits until an administrator has let the sender in',
};

function accepted({ unknownSender }: SenderRules, authentication: AuthenticationMode): string[] {
  return ['The sender is accepted.', AUTHENTICITY[authentication], `Then an account with this address is looked for in the directories and among the guests; without one, ${OTHERWISE[unknownSender]}.`];
}

function refused(sender: string): string[] {
  return [`Refused: ${forbiddenSenderText(sender)}`];
}

function withArticle(kind: string): string {
  return `${kind.startsWith('a') ? 'an' : 'a'} ${kind}`;
}
