import { parseMailAddress } from '@inkpost/mail-address/mail-address.js';
import { forbiddenSenderText, SENDER_CHECKS, type SenderRules } from './decide-sender.js';

const CONDITIONS = { draft: 'the conditions as they would be saved', mailbox: "the mailbox's own conditions", general: 'the general conditions' } as const;

/** What happens to a mail of this sender, check by check up to the one that decides (SKY-072, SKY-073); for people. */
export function reportSender(rules: SenderRules, sender: string, from: keyof typeof CONDITIONS): string[] {
  const report = [`${sender} is tried against ${CONDITIONS[from]}.`];
  const address = parseMailAddress(sender);
  for (const { kind, accepts, entries, match } of address ? SENDER_CHECKS : []) {
    const list = entries(rules);
    const entry = address && match(list, address);
    report.push(`Is it ${withArticle(kind)}? ${entry === undefined ? `No: ${list.size === 0 ? 'there is none' : `none of ${list.size} matches`}.` : `Yes: ${entry}.`}`);
    if (entry === undefined) continue;
    return [...report, ...(accepts ? accepted(rules) : refused(sender))];
  }
  return [...report, 'Nothing accepts it.', ...refused(sender)];
}

function accepted({ userCreationAllowed }: SenderRules): string[] {
  const otherwise = userCreationAllowed ? 'without one, a guest is created' : 'without one, the mail is refused, since the creation of users is not allowed';
  return ['The sender is accepted.', `Then an account with this address is looked for in the directories and among the guests; ${otherwise}.`];
}

function refused(sender: string): string[] {
  return [`Refused: ${forbiddenSenderText(sender)}`];
}

function withArticle(kind: string): string {
  return `${kind.startsWith('a') ? 'an' : 'a'} ${kind}`;
}
