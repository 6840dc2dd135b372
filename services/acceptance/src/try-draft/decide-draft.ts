import type { AuthenticationMode } from '../sender-authentication/authentication-settings.js';
import { decideAuthentication, type MeasuredAuthentication } from '../sender-authentication/decide-authentication.js';
import { decideSender, forbiddenSenderText, type SenderRules } from '../sender-rules/decide-sender.js';

/** What a draft is: rules, and whether senders must be who they say. */
export interface Draft {
  readonly rules: SenderRules;
  readonly authentication: AuthenticationMode;
}

export interface DraftDecision {
  readonly accepted: boolean;
  /** The rule that decides; empty: none matched. */
  readonly rule: string;
  /** Empty when accepted. */
  readonly statusText: string;
}

/** What a draft would make of a mail, as far as its sender decides. */
export function decideDraft({ rules, authentication }: Draft, sender: string, measured: MeasuredAuthentication): DraftDecision {
  const { accepted, rule } = decideSender(rules, sender);
  if (!accepted) return { accepted, rule, statusText: forbiddenSenderText(sender) };
  const refusal = decideAuthentication(authentication, measured, sender);
  return refusal ? { accepted: false, rule: refusal.rule, statusText: refusal.statusText } : { accepted: true, rule, statusText: '' };
}

/** Mails of one sender that were decided for one reason. */
export interface PastMails extends MeasuredAuthentication {
  readonly sender: string;
  readonly mails: number;
  readonly lastMessageId: string;
  readonly lastAt: Date;
  readonly rule: string;
  /** Whether the sender was accepted then. That a mail had nothing to print is not the sender's fault. */
  readonly accepted: boolean;
}

export interface ChangedSender extends Pick<PastMails, 'sender' | 'mails' | 'lastMessageId' | 'lastAt'> {
  readonly ruleThen: string;
  readonly now: DraftDecision;
}

export interface DraftComparison {
  readonly mails: number;
  readonly nowRefused: number;
  readonly nowAccepted: number;
  /** Those with most mails first. */
  readonly changed: readonly ChangedSender[];
}

/** What would have become of mails of the past: "14 of 412 would now be refused". */
export function compareDraft(draft: Draft, past: readonly PastMails[]): DraftComparison {
  const changed: ChangedSender[] = [];
  let [mails, nowRefused, nowAccepted] = [0, 0, 0];
  for (const { sender, rule, accepted, lastMessageId, lastAt, ...each } of past) {
    mails += each.mails;
    const now = decideDraft(draft, sender, each);
    if (now.accepted === accepted) continue;
    if (now.accepted) nowAccepted += each.mails;
    else nowRefused += each.mails;
    changed.push({ sender, mails: each.mails, lastMessageId, lastAt, ruleThen: rule, now });
  }
  return { mails, nowRefused, nowAccepted, changed: changed.toSorted((one, other) => other.mails - one.mails) };
}
